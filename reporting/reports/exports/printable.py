"""Whether the report font can show a text: asked of the printer itself before anybody signs words it cannot print."""

from __future__ import annotations

import re
import unicodedata

import typst
from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reports.exports.pdf import FAMILY, FontsMissing, report_fonts

# Latin, general punctuation, CJK punctuation, the common Chinese characters, full-width forms: always there.
_COMMON = re.compile(r"[\n\x20-\x7e\xa0-\xac\xae-\xff\u2013-\u201d\u2026\u3000-\u3002\u4e00-\u9fa5\uff01-\uff5e]*")
_PROBE = b"#text(font: sys.inputs.font, sys.inputs.words)"
_NAMED = re.compile(r'the text `"(.+?)"` could not be displayed')


def unprintable_character(text: str) -> str | None:
    """The first character the report font lacks, as ``U+1F600 GRINNING FACE``; ``None`` if none, or without font."""
    if _COMMON.fullmatch(text):
        return None
    try:
        fonts = report_fonts()
    except FontsMissing:
        return None
    header = b'#set document(title: "x", date: datetime(year: 2000, month: 1, day: 1))\n'
    inputs = {"font": FAMILY, "words": text}
    try:
        typst.compile(
            header + _PROBE,
            format="pdf",
            font_paths=fonts,
            sys_inputs=inputs,
            pdf_standards=["a-2a"],
        )
    except typst.TypstError as error:
        named = _NAMED.search(str(error))
        if named is None:
            raise
        character = named[1][0]
        return f"U+{ord(character):04X} {unicodedata.name(character, 'UNNAMED')}"
    return None


def require_printable(text: str) -> str:
    """Return ``text``. Raises :class:`InvalidInput` naming the character that would not be seen on paper."""
    missing = unprintable_character(text)
    if missing is not None:
        raise InvalidInput(_("The report font cannot print this character: %(name)s") % {"name": missing})
    return text
