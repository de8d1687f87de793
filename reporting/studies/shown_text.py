"""Text from outside, fit to be shown beside ours. Pure."""

from __future__ import annotations

import re

# Controls, line breaks, lone surrogates, and what turns the direction of the text that follows.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def without_hidden(text: str) -> str:
    """One line in which every character that acts instead of being seen is replaced by ``�``."""
    return _HIDDEN.sub("\ufffd", text)
