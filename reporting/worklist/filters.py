"""What a reader asked to see. It stands in the address, so it can be kept, sent and gone back to; words searched for do
not, because they name patients: the address holds a token, the session the words.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from reporting.worklist.models import MachineState

MAX_SEARCH_CHARACTERS = 64
_Choice = TypeVar("_Choice", bound=StrEnum)


class Status(StrEnum):
    OPEN = "open"
    UNREPORTED = "unreported"
    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    WITHDRAWN = "withdrawn"
    ALL = "all"


class Assigned(StrEnum):
    ANYONE = ""
    ME = "me"
    NOBODY = "nobody"
    AUTHOR = "author"


class Machine(StrEnum):
    ANY = ""
    WAITING = "waiting"
    NONE = "none"
    ANALYSED = "analysed"
    WITHHELD = "withheld"
    FAILED = "failed"


MACHINE_STATES = {
    Machine.WAITING: (MachineState.QUEUED, MachineState.RUNNING),
    Machine.NONE: (MachineState.NONE, MachineState.CANCELLED),
    Machine.ANALYSED: (MachineState.ANALYSED,),
    Machine.WITHHELD: (MachineState.PARTIAL, MachineState.WITHHELD),
    Machine.FAILED: (MachineState.FAILED,),
}
DAYS = ("1", "3", "7", "30", "365")


@dataclass(frozen=True)
class WorklistFilter:
    status: Status = Status.OPEN
    assigned: Assigned = Assigned.ANYONE
    machine: Machine = Machine.ANY
    section: str = ""
    referrer: str = ""
    days: str = ""  # received within so many days
    since: date | None = None  # examined from … until …
    until: date | None = None
    overdue: bool = False  # a critical finding that nobody was told in time
    asked: bool = False  # a colleague's words that wait for this reader
    search: str = ""  # the token of what is searched for

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> WorklistFilter:
        """Lenient: whatever cannot be read is left out."""
        token = query.get("search", "")
        return cls(
            status=_choice(Status, query.get("status", ""), Status.OPEN),
            assigned=_choice(Assigned, query.get("assigned", ""), Assigned.ANYONE),
            machine=_choice(Machine, query.get("machine", ""), Machine.ANY),
            section=_words(query.get("section", ""), 64),
            referrer=_words(query.get("referrer", ""), 128),
            days=query.get("days", "") if query.get("days", "") in DAYS else "",
            since=_date(query.get("since", "")),
            until=_date(query.get("until", "")),
            overdue=query.get("overdue", "") in ("1", "on"),
            asked=query.get("asked", "") in ("1", "on"),
            search=token if len(token) <= 32 and token.isalnum() and token.isascii() else "",
        )

    def to_query(self) -> str:
        """The address' query: what differs from the default, in a fixed order."""
        pairs = {
            "status": self.status.value,
            "assigned": self.assigned.value,
            "machine": self.machine.value,
            "section": self.section,
            "referrer": self.referrer,
            "days": self.days,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "overdue": "1" if self.overdue else "",
            "asked": "1" if self.asked else "",
            "search": self.search,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def to_form(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def without_search(self) -> WorklistFilter:
        return replace(self, search="")


def _choice(kind: type[_Choice], value: str, default: _Choice) -> _Choice:
    return kind(value) if value in [each.value for each in kind] else default


def _words(value: str, most: int) -> str:
    return "".join(c for c in value if c.isprintable()).strip()[:most]


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def new_token() -> str:
    return uuid.uuid4().hex[:16]
