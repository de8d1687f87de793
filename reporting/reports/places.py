"""Where in a report a statement stands: field, level, side, instance; and how that is written as one key."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(
    r"(?P<field>[a-z][a-z0-9_]*)(@(?P<level>[CT][0-9](/[CT]?[0-9])?))?(:(?P<side>left|right))?(#(?P<n>[1-9]\d?))?"
)


@dataclass(frozen=True, order=True)
class Place:
    """One place of the report, such as ``lf@C5/6:left`` or ``cord_signal#2``; instance 1 is not written."""

    field: str
    level: str = ""
    side: str = ""
    instance: int = 1

    def __str__(self) -> str:
        level = f"@{self.level}" if self.level else ""
        side = f":{self.side}" if self.side else ""
        return f"{self.field}{level}{side}" + (f"#{self.instance}" if self.instance > 1 else "")

    @classmethod
    def parse(cls, key: str) -> Place:
        """Read a key back. Raises ``ValueError`` for text that is no key."""
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError("not a place in a report")
        return cls(match["field"], match["level"] or "", match["side"] or "", int(match["n"] or 1))
