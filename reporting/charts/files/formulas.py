"""What a spreadsheet would take for a formula (OWASP, CSV injection): a cell must never be run."""

from __future__ import annotations

# The full-width signs do the same in East Asian versions of spreadsheets.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet that opens ``text`` could run it, also behind spaces."""
    return text.startswith(_STARTS) or text.lstrip().startswith(_STARTS)


def defused(text: str) -> str:
    """The text behind an apostrophe where it looks like a formula; a spreadsheet shows it as text then."""
    return f"'{text}" if looks_like_formula(text) else text
