"""Groups of reads alike in month and in everything that figures are broken down by; and places, as numbers.

Both tables only grow, one writer at a time: a process keeps what it has read and asks for what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from reporting.department_audit.filters import PLACE_DIMENSIONS, READ_DIMENSIONS, Dimension, Filter, month_text
from reporting.department_audit.models import SummaryGroup, SummaryPlace
from reporting.department_audit.rows import Place, Reads, month_number, month_of
from reporting.statistics.arrays import Bools, Ints

_DIMENSIONS = tuple(d.value for d in READ_DIMENSIONS)
_GROUPS = SummaryGroup._meta.db_table
_PLACES = SummaryPlace._meta.db_table
_NAMES = {_GROUPS: ("month", *_DIMENSIONS), _PLACES: tuple(d.value for d in PLACE_DIMENSIONS)}
Key = tuple[str | int, ...]


def numbers_of(table: str, keys: Sequence[Key]) -> dict[Key, int]:
    """Number of each key; new ones are given. Call with the lock of the summaries held."""
    if not keys:
        return {}
    names = _NAMES[table]
    wanted = "unnest(" + ", ".join("%s::int[]" if name == "month" else "%s::text[]" for name in names) + ")"
    columns, parameters = ", ".join(names), [list(column) for column in zip(*keys, strict=True)]
    matched = " AND ".join(f"t.{name} = w.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT w.* FROM {wanted} AS w ({columns})"
            f" WHERE NOT EXISTS (SELECT FROM {table} t WHERE {matched}) ON CONFLICT DO NOTHING",
            parameters,
        )
        cursor.execute(
            f"SELECT t.id, {', '.join(f't.{name}' for name in names)} FROM {table} t"
            f" JOIN {wanted} AS w ({columns}) ON {matched}",
            parameters,
        )
        return {tuple(key): number for number, *key in cursor.fetchall()}


def groups_of(reads: Reads) -> Ints:
    """The group of each read."""
    columns = [reads.month.tolist(), *(reads.dimensions[name].tolist() for name in _DIMENSIONS)]
    keys: list[Key] = list(zip(*columns, strict=True))
    numbers = numbers_of(_GROUPS, sorted(set(keys)))
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def places_numbered(places: Iterable[Place]) -> dict[Place, int]:
    return {(str(key[0]), str(key[1]), str(key[2])): n for key, n in numbers_of(_PLACES, sorted(set(places))).items()}


@dataclass(frozen=True)
class Groups:
    """All groups, by number: ``month`` and a code in ``names`` for each dimension; −1 where a number names none."""

    month: Ints
    codes: dict[str, Ints]
    names: dict[str, list[str]]

    def asked_for(self, chosen: Filter) -> Bools:
        """Whether a filter takes each group in."""
        kept = self.month >= 0
        if chosen.month_from:
            kept &= self.month >= month_number(chosen.month_from)
        if chosen.month_to:
            kept &= self.month <= month_number(chosen.month_to)
        for dimension, value in chosen.conditions().items():
            names = self.names[dimension.value]
            kept &= self.codes[dimension.value] == (names.index(value) if value in names else -2)
        return kept

    def with_reads(self, chosen: Ints) -> Groups:
        """Of all groups those with these numbers."""
        return Groups(self.month[chosen], {name: codes[chosen] for name, codes in self.codes.items()}, self.names)

    def offered(self, dimension: Dimension) -> list[str]:
        """Values that occur, in order."""
        codes, names = self.values(dimension)
        return sorted(names[code] for code in np.unique(codes).tolist())

    def values(self, by: Dimension) -> tuple[Ints, list[str]]:
        """The value of each group, as a place in a list of names."""
        if by is not Dimension.MONTH:
            return self.codes[by.value], self.names[by.value]
        months, code = np.unique(self.month, return_inverse=True)
        return code.reshape(-1), ["" if month < 0 else month_text(month_of(int(month))) for month in months]


_known: dict[str, tuple[int, Groups]] = {}


def all_groups() -> Groups:
    """Every group there is."""
    database = str(connection.settings_dict["NAME"])
    nobody = np.full(1, -1, dtype=np.int64)
    nothing = Groups(nobody, dict.fromkeys(_DIMENSIONS, nobody), {name: [] for name in _DIMENSIONS})
    last, known = _known.get(database, (0, nothing))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, month, {', '.join(_DIMENSIONS)} FROM {_GROUPS} WHERE id > %s ORDER BY id", [last])
        rows = cursor.fetchall()
    if rows:
        last, known = rows[-1][0], _with(known, rows)
        _known[database] = last, known
    return known


def _with(known: Groups, rows: list[tuple[int | str, ...]]) -> Groups:
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    size = int(numbers[-1]) + 1
    month = _longer(known.month, size)
    month[numbers] = [row[1] for row in rows]
    codes, names = {}, {}
    for place, name in enumerate(_DIMENSIONS, start=2):
        words = list(known.names[name])
        words += sorted({str(row[place]) for row in rows} - set(words))
        code = {word: number for number, word in enumerate(words)}
        codes[name] = _longer(known.codes[name], size)
        codes[name][numbers] = [code[str(row[place])] for row in rows]
        names[name] = words
    return Groups(month, codes, names)


def _longer(column: Ints, size: int) -> Ints:
    found = np.full(size, -1, dtype=np.int64)
    found[: len(column)] = column
    return found


def places_asked_for(chosen: Filter, by: Dimension | None) -> dict[int, str]:
    """Numbers of the places that answer → the value of ``by``, where that is a place's."""
    at = PLACE_DIMENSIONS.index(by) if by in PLACE_DIMENSIONS and by is not None else None
    named = [getattr(chosen, d.value) for d in PLACE_DIMENSIONS]
    found = {}
    for number, place in all_places().items():
        same = [value == wanted for value, wanted in zip(place, named, strict=True)]
        if at is not None and not named[at]:
            same[at] = place[at] != ""
        if all(same):
            found[number] = "" if at is None else place[at]
    return found


_known_places: dict[str, dict[int, Place]] = {}


def all_places() -> dict[int, Place]:
    """Every numbered place."""
    known = _known_places.get(str(connection.settings_dict["NAME"]), {})
    new = SummaryPlace.objects.filter(pk__gt=max(known, default=0)).order_by("pk")
    if fresh := {number: (finding, level, side) for number, finding, level, side in new.values_list()}:
        known = known | fresh
        _known_places[str(connection.settings_dict["NAME"])] = known
    return known
