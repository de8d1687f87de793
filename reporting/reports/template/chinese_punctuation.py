"""Chinese marks in Chinese words: full-width brackets, commas and colons beside a Chinese character."""

from __future__ import annotations

import re

_MARKS = {",": "，", ":": "：", ";": "；"}
_HAN = "[\u4e00-\u9fff]"
_BRACKETS = re.compile(r"\(([^()]*)\)")
_BESIDE_HAN = re.compile(rf"(?<={_HAN})[,:;]|[,:;](?={_HAN})|(?<=%)[,:;](?={_HAN})")


def full_width(text: str) -> str:
    """``text`` with full-width marks where it is Chinese; brackets turn together, whatever stands in them.

    A bracket inside English words ("CT(A)") stays as it is: nothing Chinese touches it.
    """

    def turned(match: re.Match[str]) -> str:
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        beside = re.search(_HAN, f"{before}{match[1]}{after}")
        return f"（{match[1]}）" if beside else match[0]

    return _BESIDE_HAN.sub(lambda match: _MARKS[match[0]], _BRACKETS.sub(turned, text))
