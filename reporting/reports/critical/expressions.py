"""When a critical finding is there: expressions over the fields, computed from human values only. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.reports.places import Place
from reporting.reports.sheet import Sheet, Value
from reporting.reports.template.spec import Scope
from reporting.vocabulary import DiscLevel

_KNOWN = ("unchanged", "improved", "progressed")


@dataclass(frozen=True)
class Is:
    """Some place of ``field`` holds one of ``values``."""

    field: str
    values: tuple[str, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        """Where it is so; empty means no. A field that the report's template does not have is nowhere."""
        found: list[Place] = []
        if self.field not in sheet.template.by_key:
            return found
        for place in sheet.places(sheet.template[self.field]):
            value = sheet.human(place)
            held = value if isinstance(value, list) else [value]
            if any(v in self.values for v in held) and sheet.applicable(place, human_only=True):
                found.append(place)
        return found

    def __str__(self) -> str:
        return f"{self.field} in ({', '.join(self.values)})"


@dataclass(frozen=True)
class FirstTime:
    """As ``what``, unless it was as grave before: by the last signed report, or by the reader's word for the level.

    Values of ``what`` have an order, the template's. A reader's "new" is always new.
    """

    what: Is

    def places(self, sheet: Sheet) -> list[Place]:
        return [place for place in self.what.places(sheet) if self._is_new(sheet, place)]

    def _is_new(self, sheet: Sheet, place: Place) -> bool:
        change = sheet.code("change", disc_of(place.level))
        if change == "new":
            return True
        before = sheet.facts.before.get(place)
        if before is not None:
            return not self._as_grave(sheet, before)
        return change not in _KNOWN

    def _as_grave(self, sheet: Sheet, before: Value) -> bool:
        order = [choice.code for choice in sheet.template[self.what.field].choices]
        least = min(order.index(value) for value in self.what.values)
        return before in order and order.index(str(before)) >= least

    def __str__(self) -> str:
        return f"new {self.what}"


def disc_of(level: str) -> str:
    """The disc at which a reader says what changed: of a vertebra the one below it, where its slip is."""
    return next((disc.value for disc in DiscLevel if disc.upper_vertebra.value == level), level)


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Expression, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        return [p for part in self.parts for p in part.places(sheet)]

    def __str__(self) -> str:
        return f"({' or '.join(str(p) for p in self.parts)})"


@dataclass(frozen=True)
class AllOf:
    parts: tuple[Expression, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        each = [part.places(sheet) for part in self.parts]
        return [p for places in each for p in places] if all(each) else []

    def __str__(self) -> str:
        return f"({' and '.join(str(p) for p in self.parts)})"


@dataclass(frozen=True)
class Together:
    """All hold at the same level, or in the same lesion."""

    parts: tuple[Is, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        each = [part.places(sheet) for part in self.parts]
        if not all(each):
            return []
        lesion = sheet.template[self.parts[0].field].scope is Scope.LESION
        keys = [{p.instance if lesion else p.level for p in places} for places in each]
        shared = set.intersection(*keys)
        return [p for places in each for p in places if (p.instance if lesion else p.level) in shared]

    def __str__(self) -> str:
        return f"({' with '.join(str(p) for p in self.parts)})"


Expression = Is | FirstTime | AnyOf | AllOf | Together
