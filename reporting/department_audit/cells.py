"""Facts → summary cells: for each group of reads, kind and truth, what its reads add at every place, read by read.

A cell knows nothing of patients: what several reads of one patient have in common stands in ``repeats``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reporting.department_audit.kinds import AGREEMENT, CONFUSION, OUTCOME, PROCESS, SCORE, SIZE, SWITCH, Kind
from reporting.department_audit.measures import PREPARED, TRUTHS, Measured, measured
from reporting.department_audit.rows import Facts, Place, Reads
from reporting.department_audit.words import Truth
from reporting.statistics.arrays import Ints

WIDTH = 1024
"""A number of a cell is kept under ``WIDTH`` · place + its place in the vector of its kind."""
TALLIES: tuple[tuple[Kind, str], ...] = (
    *((CONFUSION, truth) for truth in TRUTHS),
    (OUTCOME, Truth.FINAL.value),
    *((SCORE, truth) for truth in TRUTHS),
    (AGREEMENT, PREPARED),
    (AGREEMENT, Truth.BLIND.value),
    *((SWITCH, truth) for truth in TRUTHS if truth != Truth.BLIND.value),
    (SIZE, Truth.FINAL.value),
    (PROCESS, Truth.FINAL.value),
)
"""Every kind with every truth that it is asked for."""
WHOLE, LEVELS = "whole", "levels"
CellKey = tuple[str, str, str, int]
"""Kind, truth, sheet, group."""


def places_of(place: Place) -> list[Place]:
    """Every place that a row at one place belongs to."""
    finding, level, side = place
    return sorted({(f, v, s) for f in (finding, "") for v in (level, "") for s in (side, "")})


def sheet_of(kind: Kind, place: Place) -> str:
    """Places that are asked for together lie together; vectors of scores are long, so each lies alone."""
    if kind is SCORE:
        return "|".join(place)
    finding, level, side = place
    return WHOLE if not level + side else finding or LEVELS


@dataclass(frozen=True)
class Member:
    """Rows of one kind spread over the places they belong to.

    ``counts`` (reads, places, n) of the reads that have some; ``gather`` turns rows into (read, place).
    """

    reads: Ints
    places: tuple[Place, ...]
    counts: Ints
    has: np.ndarray
    of_row: Ints
    at_place: Ints


def membership(rows: Measured) -> Member:
    """Which read has how many of what, at every place."""
    wider = [places_of(place) for place in rows.places]
    places = tuple(sorted({place for each in wider for place in each}))
    number = {place: n for n, place in enumerate(places)}
    sizes = np.array([len(each) for each in wider], dtype=np.int64)[rows.place]
    longest = max((len(each) for each in wider), default=0)
    table = np.full((len(wider), longest), -1, dtype=np.int64)
    for n, each in enumerate(wider):
        table[n, : len(each)] = [number[place] for place in each]
    spread = table[rows.place]
    at_place = spread[spread >= 0]
    of_row = np.repeat(np.arange(len(rows.read)), sizes)
    reads, read = np.unique(rows.read, return_inverse=True)
    shape = (len(reads) * len(places), len(rows.read))
    gather = sparse.csr_array(
        (np.ones(len(of_row), dtype=np.int64), (read.reshape(-1)[of_row] * len(places) + at_place, of_row)), shape=shape
    )
    counts = np.asarray(gather @ rows.counts).reshape(len(reads), len(places), -1)
    has = (np.diff(gather.indptr) > 0).reshape(len(reads), len(places))
    return Member(reads, places, counts, has, of_row, at_place)


def tallied(reads: Reads, facts: Facts) -> Iterator[tuple[str, Measured, Member]]:
    """Every kind and truth of which there is some."""
    for kind, truth in TALLIES:
        rows = measured(kind, reads, facts, truth)
        if len(rows.read):
            yield truth, rows, membership(rows)


Cell = tuple[Ints, Ints]
"""Where its numbers that are not 0 lie, in order, and the numbers."""


def cells_of(
    truth: str, rows: Measured, member: Member, groups: Ints, places: dict[Place, int]
) -> Iterator[tuple[CellKey, Cell]]:
    """Cells of one kind and truth; ``groups`` of all reads, ``places`` as they are numbered."""
    kind = rows.kind
    at, values = _sums(rows, member, groups)
    sheets = [sheet_of(kind, place) for place in member.places]
    names = sorted(set(sheets))
    numbered = np.array([places[place] for place in member.places], dtype=np.int64)
    sheet = np.array([names.index(one) for one in sheets], dtype=np.int64)
    rest, j = at % (len(sheets) * WIDTH), at % WIDTH
    place = rest // WIDTH
    cell = at // (len(sheets) * WIDTH) * len(names) + sheet[place]  # of a group and sheet
    where = numbered[place] * WIDTH + j
    order = np.lexsort((where, cell))
    cell, where, values = cell[order], where[order], values[order]
    starts = np.flatnonzero(np.append(True, cell[1:] != cell[:-1])) if len(cell) else np.zeros(0, dtype=np.int64)
    stops = np.append(starts[1:], len(cell))
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        group, n = divmod(int(cell[start]), len(names))
        yield (kind.name, truth, names[n], group), (where[start:stop], values[start:stop])


def _sums(rows: Measured, member: Member, groups: Ints) -> Cell:
    """Vectors summed over the reads of each group: (group, place, place in the vector) as one number, and the sums."""
    kind, k = rows.kind, len(member.places)
    of_read = groups[member.reads]
    order = np.argsort(of_read, kind="stable")
    counts, has = member.counts[order], member.has[order]
    numbers, starts = np.unique(of_read[order], return_index=True)
    base = ((numbers[:, None] * k + np.arange(k)) * WIDTH).ravel()
    parts: list[Cell] = []

    def add(j: int, per_read: np.ndarray) -> None:
        sums = np.add.reduceat(per_read, starts, axis=0, dtype=np.int64).ravel()
        there = np.flatnonzero(sums)
        parts.append((base[there] + j, sums[there]))

    add(0, has)
    n = len(kind.counts)
    columns = [np.ascontiguousarray(counts[:, :, i]) for i in range(n)]
    some = [bool(column.any()) for column in columns]
    for i in range(n):
        add(1 + i, columns[i])
    for j, (r, c) in enumerate(zip(*np.triu_indices(n), strict=True), start=1 + n):
        if some[r] and some[c]:
            add(j, columns[r] * columns[c])
    first = 1 + n + n * (n + 1) // 2
    held = kind.held(counts)
    for m in range(len(kind.masks)):
        add(first + m, held[:, :, m])
    if kind.extras:
        parts.append(_extras(rows, member, groups, kind.length - kind.extras))
    at, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return at, values


def _extras(rows: Measured, member: Member, groups: Ints, first: int) -> Cell:
    k = len(member.places)
    numbers, group = np.unique(groups[rows.read], return_inverse=True)
    cell = group.reshape(-1)[member.of_row] * k + member.at_place
    gather = sparse.csr_array(
        (np.ones(len(cell), dtype=np.int64), (cell, member.of_row)), shape=(len(numbers) * k, len(rows.read))
    )
    found = (gather @ rows.extras).tocoo()
    row, column = (index.astype(np.int64) for index in found.coords)
    there = found.data != 0
    at = ((numbers[row // k] * k + row % k) * WIDTH + first + column)[there]
    return at, found.data[there]
