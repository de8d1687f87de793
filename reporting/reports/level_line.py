"""Which structure the reader calls which level, as places on a line that goes on beyond C1 and T1. Pure.

A value belongs to the structure it was seen on, for ever; a relabel moves structures along the line and values with
them. A structure beyond the ends is kept with its place, and comes back when the line is moved back. Values given where
no structure lies (a level the machine missed) belong to a structure of the reader's own, named ``@version:level`` after
the level map in which it was first spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reporting.vocabulary import DiscLevel, Vertebra

VERTEBRAE: tuple[str, ...] = tuple(v.value for v in Vertebra)
DISCS: tuple[str, ...] = tuple(d.value for d in DiscLevel)
MACHINE_STRUCTURES: tuple[str, ...] = (*VERTEBRAE, *DISCS)
_OWN = re.compile(r"@(?P<version>\d+):(?P<level>.+)")


class NotALine(ValueError):
    """Structures would change their order, or two would share a level."""


def is_disc(structure: str) -> bool:
    return "/" in structure


def _names(structure: str) -> tuple[str, ...]:
    return DISCS if is_disc(structure) else VERTEBRAE


def own_structure(version: int, level: str) -> str:
    """The name of the reader's own structure at a level where the map of ``version`` has none."""
    return f"@{version}:{level}"


def _implied(structure: str, version: int) -> int | None:
    match = _OWN.fullmatch(structure)
    if match is None or int(match["version"]) != version or match["level"] not in MACHINE_STRUCTURES:
        return None
    return _names(structure).index(match["level"])


@dataclass(frozen=True)
class Line:
    """``places``: structure → place, 0 being C1 or C2/3. A structure without a place is no level of this spine."""

    places: Mapping[str, int] = field(default_factory=lambda: {s: _names(s).index(s) for s in MACHINE_STRUCTURES})

    def level_of(self, structure: str) -> str | None:
        place = self.places.get(structure, -1)
        names = _names(structure)
        return names[place] if 0 <= place < len(names) else None

    def mapping(self) -> dict[str, str | None]:
        """Every structure that is known → its level, ``None`` outside the report."""
        known = dict.fromkeys((*MACHINE_STRUCTURES, *self.places))
        return {structure: self.level_of(structure) for structure in known}

    def at(self, level: str) -> str | None:
        """The structure called ``level`` now, if there is one."""
        place = _names(level).index(level)
        of_kind = self._of_kind(is_disc(level))
        return next((structure for structure, where in of_kind.items() if where == place), None)

    def _of_kind(self, disc: bool) -> dict[str, int]:
        return {s: place for s, place in self.places.items() if is_disc(s) == disc}

    def with_own(self, structures: Iterable[str], version: int) -> Line:
        """With the reader's own structures that this map of ``version`` does not name yet."""
        found = {s: place for s in structures if s not in self.places and (place := _implied(s, version)) is not None}
        return Line({**self.places, **found})

    def shifted(self, by: int) -> Line:
        return Line({s: place + by for s, place in self.places.items()})

    def inserted(self, disc: str) -> Line:
        """A level was missed above the disc called ``disc``: it and everything below move down by one."""
        first = DISCS.index(disc)
        return self._from(first, _lower(first), lambda place: place + 1)

    def without(self, disc: str) -> Line:
        """What is called ``disc`` is no disc: it and the body below it go, and everything below moves up by one."""
        first = DISCS.index(disc)
        gone = (self.at(disc), self.at(VERTEBRAE[_lower(first)]))
        left = Line({s: place for s, place in self.places.items() if s not in gone})
        return left._from(first, _lower(first), lambda place: place - 1)

    def _from(self, disc: int, vertebra: int, moved: Callable[[int], int]) -> Line:
        return Line({s: moved(p) if p >= (disc if is_disc(s) else vertebra) else p for s, p in self.places.items()})

    def moved(self, structure: str, level: str) -> Line:
        """One structure gets another level; whatever would then be out of order is no level any more."""
        if is_disc(structure) != is_disc(level):
            raise NotALine
        before, after = self.places[structure], _names(level).index(level)
        low, high = min(before, after), max(before, after)
        between = [s for s, p in self._of_kind(is_disc(level)).items() if s != structure and low <= p <= high]
        places = {s: p for s, p in self.places.items() if s not in between}
        return Line({**places, structure: after})

    def set_to(self, mapping: Mapping[str, str | None]) -> Line:
        """The machine's structures exactly as ``mapping`` says; the reader's own move with their neighbours."""
        if set(mapping) - set(MACHINE_STRUCTURES):
            raise NotALine
        places: dict[str, int] = {}
        for names in (VERTEBRAE, DISCS):
            last = -1
            for structure in names:
                level = mapping.get(structure)
                if level is None:
                    continue
                if level not in names or names.index(level) <= last:
                    raise NotALine
                last = places[structure] = names.index(level)
        return Line(places).carrying(self)

    def carrying(self, other: Line) -> Line:
        """This line with the reader's own structures of ``other``, each beside the neighbours it had there."""
        places = dict(self.places)
        for structure, before in sorted(other.places.items(), key=lambda one: one[1]):
            if structure.startswith("@") and structure not in self.places:
                place = self._beside_neighbours(structure, before, other)
                if place is not None and place not in Line(places)._of_kind(is_disc(structure)).values():
                    places[structure] = place
        return Line(places)

    def _beside_neighbours(self, structure: str, before: int, other: Line) -> int | None:
        shared = {s: p for s, p in other._of_kind(is_disc(structure)).items() if s in self.places and s != structure}
        above = max((s for s in shared if shared[s] < before), key=lambda s: shared[s], default=None)
        below = min((s for s in shared if shared[s] > before), key=lambda s: shared[s], default=None)
        if above is not None:
            place = self.places[above] + before - shared[above]
            return place if below is None or place < self.places[below] else None
        return self.places[below] - (shared[below] - before) if below is not None else before


def _lower(disc: int) -> int:
    """Where the body below a disc stands among the vertebrae."""
    return VERTEBRAE.index(DiscLevel(DISCS[disc]).lower_vertebra.value)


def line_of(places: Mapping[str, int], mapping: Mapping[str, str | None]) -> Line:
    """A stored map; maps stored before lines were have a mapping only, which is a plain shift or set level by level."""
    if places:
        return Line(dict(places))
    found: dict[str, int] = {}
    for names in (VERTEBRAE, DISCS):
        known = {s: names.index(level) for s in names if (level := mapping.get(s)) is not None}
        offsets = {place - names.index(s) for s, place in known.items()}
        found.update(known)
        if len(offsets) == 1:
            offset = next(iter(offsets))
            found.update({s: names.index(s) + offset for s in names if s not in known})
    return Line(found)
