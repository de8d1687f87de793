"""Characters of HL7 v2: which bytes they are (MSH-18), and how delimiters in them are written (2.5 ch. 2.7).

Written by hand: the escape function of the usual library turns every Chinese character into a sequence that no receiver
reads (docs/decisions.md).
"""

from __future__ import annotations

import re
from enum import StrEnum


class Charset(StrEnum):
    """HL7 table 0211: what MSH-18 says, and what the bytes are."""

    UTF_8 = "UNICODE UTF-8"
    GB18030 = "GB 18030-2000"

    @property
    def codec(self) -> str:
        return "utf-8" if self is Charset.UTF_8 else "gb18030"


CODECS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GB 18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "BIG-5": "big5",
}
"""What senders write in MSH-18, whatever the case, and how it is read. GBK and GB 2312 are parts of GB 18030."""

# The delimiters of MSH-1 and MSH-2, and the line break of formatted text (2.7.1, 2.7.4).
_ESCAPES = str.maketrans({"|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\", "\\": "\\E\\", "\n": "\\.br\\"})
_UNPRINTABLE = dict.fromkeys((*range(10), *range(11, 32), 127))
_MEANT = {"F": "|", "S": "^", "R": "~", "T": "&", "E": "\\", ".br": "\n", ".sp": "\n"}
_ESCAPED = re.compile(r"\\([^\\]{1,64})\\")


def escaped(text: str) -> str:
    """Text for a field: delimiters escaped, other control characters left out."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNPRINTABLE).translate(_ESCAPES)


def unescaped(text: str, codec: str = "utf-8") -> str:
    """What a field says. Bytes in hexadecimal are read in the message's own character set; highlighting is left out."""

    def meant(found: re.Match[str]) -> str:
        code = found[1]
        if code in _MEANT:
            return _MEANT[code]
        if code[0] == "X":
            try:
                return bytes.fromhex(code[1:]).decode(codec, errors="replace")
            except ValueError:
                return ""
        return ""

    return _ESCAPED.sub(meant, text).translate(_UNPRINTABLE)
