"""Which characters may stand in a text that somebody signs. Anything accepted comes back byte for byte."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput

MAX_TEXT_LENGTH = 4000
# Invisible or reordering characters: a signed sentence must read on paper as it reads in the database.
_REFUSED = {
    *range(0x202A, 0x202F),  # bidirectional embedding and override
    *range(0x2066, 0x206A),  # bidirectional isolates
    0x061C,
    0x200E,
    0x200F,
    *range(0x200B, 0x200E),  # zero width space, joiners
    *range(0x2060, 0x2065),
    0xFEFF,
    0x00AD,
    0x2028,
    0x2029,
    0xFFFC,
}


def refused_character(text: str) -> str | None:
    """The first character that may not stand in signed text, as ``U+202E RIGHT-TO-LEFT OVERRIDE``, or ``None``."""
    for character in text:
        point = ord(character)
        category = unicodedata.category(character)
        control = category == "Cc" and character != "\n"
        if control or category == "Cs" or point in _REFUSED or 0xE0000 <= point <= 0xE007F or point & 0xFFFE == 0xFFFE:
            return f"U+{point:04X} {unicodedata.name(character, 'CONTROL CHARACTER')}"
    return None


def checked_text(text: str) -> str:
    """Return ``text`` unchanged. Raises :class:`InvalidInput` naming the character, or the length."""
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidInput(_("The text is longer than %(limit)d characters") % {"limit": MAX_TEXT_LENGTH})
    refused = refused_character(text)
    if refused is not None:
        raise InvalidInput(_("The text holds a character that cannot be signed: %(name)s") % {"name": refused})
    return text
