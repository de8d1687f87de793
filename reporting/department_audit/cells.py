"""Facts → summary cells: a sum over patients, so it can be added up in any order, kept up to date, and recounted.

A place (a finding, perhaps at a level and side) is crossed with none, one or two of a read's dimensions; two only where
no level or side is named. A patient with several reads adds, beside each read's own counts, what two of them have in
common, under both their months: so sums over patients are exact for every range of months.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from reporting.department_audit.filters import READ_DIMENSIONS
from reporting.department_audit.kinds import (
    AGREEMENT,
    CONFUSION,
    OUTCOME,
    PROCESS,
    SCORE,
    SIZE,
    SWITCH,
    Kind,
)
from reporting.department_audit.measures import PREPARED, TRUTHS, Measured, measured
from reporting.department_audit.rows import Facts, Reads
from reporting.department_audit.words import Truth
from reporting.statistics.arrays import Ints

CHUNK = 2000
"""Reads that are counted at once."""
_MONTHS = 1 << 15
_PLACES = 1 << 12
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
Place = tuple[str, str, str]
Slice = tuple[str, str, str, str]
EVERYTHING: Slice = ("", "", "", "")
NOWHERE: Place = ("", "", "")
SLICES: tuple[tuple[str, ...], ...] = tuple(
    names for n in range(3) for names in itertools.combinations([d.value for d in READ_DIMENSIONS], n)
)


def places_of(finding: str, level: str, side: str) -> list[Place]:
    """Every place that a row at one place belongs to."""
    wider = {(finding, level, side), (finding, level, ""), (finding, "", side), (finding, "", "")}
    return sorted(wider | {("", level, ""), NOWHERE})


@dataclass
class Names:
    """Places and slices as numbers."""

    places: dict[Place, int] = field(default_factory=dict)
    slices: dict[Slice, int] = field(default_factory=dict)

    def place(self, name: Place) -> int:
        return self.places.setdefault(name, len(self.places))

    def slice(self, name: Slice) -> int:
        return self.slices.setdefault(name, len(self.slices))


@dataclass
class Tally:
    """Cells of one kind and truth: sorted keys, and a row of the matrix for each."""

    kind: Kind
    keys: Ints
    matrix: sparse.csr_matrix

    @classmethod
    def empty(cls, kind: Kind) -> Tally:
        return cls(kind, np.zeros(0, dtype=np.int64), sparse.csr_matrix((0, kind.length), dtype=np.int64))

    def plus(self, parts: list[tuple[Ints, sparse.csr_matrix]]) -> Tally:
        """With other rows; rows of one key become their sum."""
        keys = np.concatenate([self.keys, *(part[0] for part in parts)])
        stacked = sparse.vstack([self.matrix, *(part[1] for part in parts)], format="csr", dtype=np.int64)
        found, row = np.unique(keys, return_inverse=True)
        gather = sparse.csr_matrix(
            (np.ones(len(keys), dtype=np.int64), (row, np.arange(len(keys)))), shape=(len(found), len(keys))
        )
        return Tally(self.kind, found, (gather @ stacked).tocsr())


@dataclass
class Cells:
    """What summary cells hold, by kind and truth."""

    names: Names = field(default_factory=Names)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def add(self, reads: Reads, facts: Facts, sign: int = 1) -> None:
        """Count whole patients in (or, with −1, out again)."""
        bounds = _bounds(reads)
        order = np.argsort(facts.read, kind="stable")
        facts = facts.chosen(order)
        for start, stop in itertools.pairwise(bounds):
            low, high = np.searchsorted(facts.read, [start, stop])
            part_reads, part_facts = _part(reads, facts, start, stop, slice(int(low), int(high)))
            for kind, truth in TALLIES:
                rows = measured(kind, part_reads, part_facts, truth)
                if len(rows.read):
                    parts = _parts(rows, part_reads, self.names, sign)
                    before = self.tallies.get((kind.name, truth), Tally.empty(kind))
                    self.tallies[kind.name, truth] = before.plus(parts)

    def rows(self) -> Iterator[tuple[tuple[str, ...], tuple[int, int], Ints]]:
        """(kind, truth, finding, level, side, dimension, value, dimension, value), months, vector: those not all 0."""
        places = {number: name for name, number in self.names.places.items()}
        slices = {number: name for name, number in self.names.slices.items()}
        for (kind, truth), tally in self.tallies.items():
            for key, row in zip(tally.keys.tolist(), _dense_rows(tally.matrix), strict=True):
                if row.any():
                    rest, months = divmod(key, _MONTHS * _MONTHS)
                    slice_number, place = divmod(rest, _PLACES)
                    yield (kind, truth, *places[place], *slices[slice_number]), divmod(months, _MONTHS), row


def _dense_rows(matrix: sparse.csr_matrix) -> Iterator[Ints]:
    for start in range(0, matrix.shape[0], CHUNK):
        yield from matrix[start : start + CHUNK].toarray()


def _bounds(reads: Reads) -> list[int]:
    """Where to cut so that no patient is cut in two; reads lie patient by patient."""
    n = len(reads)
    bounds = [0]
    while bounds[-1] < n:
        stop = min(n, bounds[-1] + CHUNK)
        while stop < n and reads.patient[stop] == reads.patient[stop - 1]:
            stop += 1
        bounds.append(stop)
    return bounds


def _part(reads: Reads, facts: Facts, start: int, stop: int, rows: slice) -> tuple[Reads, Facts]:
    part = Reads(
        reads.versions[start:stop],
        reads.patient[start:stop],
        reads.month[start:stop],
        {name: column[start:stop] for name, column in reads.dimensions.items()},
        reads.received_s[start:stop],
        reads.shown_s[start:stop],
    )
    keep = np.zeros(len(facts), dtype=bool)
    keep[rows] = True
    chosen = facts.chosen(keep)
    return part, Facts(
        **{n: getattr(chosen, n) for n in Facts.__dataclass_fields__ if n != "read"}, read=chosen.read - start
    )


def _parts(rows: Measured, reads: Reads, names: Names, sign: int) -> list[tuple[Ints, sparse.csr_matrix]]:
    kind, n = rows.kind, len(reads)
    numbers, member = _membership(rows, names)
    k = len(numbers)
    counts = np.zeros((n, k, len(kind.counts)), dtype=np.int64)
    extras = np.zeros((n, k, kind.extras), dtype=np.int64) if kind.extras else None
    signed = np.zeros((n, k), dtype=np.int64)
    for place, row in zip(*member, strict=True):
        np.add.at(counts[:, place], rows.read[row], rows.counts[row])
        if extras is not None:
            np.add.at(extras[:, place], rows.read[row], rows.extras[row])
        signed[rows.read[row], place] = 1
    vectors = sparse.csr_matrix(kind.vectors(counts, signed, extras).reshape(n * k, kind.length)) * sign
    whole = np.array([place == "" for place in _levels(numbers, names)])
    first, second = _pairs(reads.patient)
    held = kind.held(counts)
    parts = []
    for dimensions in SLICES:
        of_read = _slice_numbers(dimensions, reads, names)
        chosen = np.arange(k) if len(dimensions) < 2 else np.flatnonzero(whole)
        keys = _keys(of_read, numbers[chosen], reads.month, reads.month)
        parts.append(_gathered(keys, vectors[(np.arange(n)[:, None] * k + chosen).ravel()]))
        same = of_read[first] == of_read[second] if len(first) else np.zeros(0, dtype=bool)
        if same.any():
            one, other = first[same], second[same]
            consecutive = _consecutive(held[:, chosen], reads.patient, of_read, one, other)
            crossed = kind.cross(counts[one][:, chosen], counts[other][:, chosen], consecutive)
            keys = _keys(of_read[one], numbers[chosen], reads.month[one], reads.month[other])
            parts.append(_gathered(keys, sparse.csr_matrix(crossed.reshape(-1, kind.length)) * sign))
    return parts


def _membership(rows: Measured, names: Names) -> tuple[Ints, tuple[list[int], list[Ints]]]:
    """Numbers of the places there are; and, for each place, which rows belong to it."""
    if rows.kind is PROCESS:
        return np.array([names.place(NOWHERE)]), ([0], [np.arange(len(rows.read))])
    joined = np.char.add(np.char.add(rows.finding, "|"), np.char.add(np.char.add(rows.level, "|"), rows.side))
    exact, of_row = np.unique(joined, return_inverse=True)
    belonging: dict[int, list[int]] = {}
    for number, name in enumerate(exact):
        for place in places_of(*str(name).split("|")):
            belonging.setdefault(names.place(place), []).append(number)
    numbers = sorted(belonging)
    return np.array(numbers), (
        list(range(len(numbers))),
        [np.flatnonzero(np.isin(of_row, belonging[number])) for number in numbers],
    )


def _levels(numbers: Ints, names: Names) -> list[str]:
    """Level and side of places: empty for those of a whole finding."""
    by_number = {number: name for name, number in names.places.items()}
    return ["".join(by_number[int(number)][1:]) for number in numbers]


def _slice_numbers(dimensions: tuple[str, ...], reads: Reads, names: Names) -> Ints:
    if not dimensions:
        return np.full(len(reads), names.slice(EVERYTHING), dtype=np.int64)
    columns = [reads.dimensions[name] for name in dimensions]
    found, of_read = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    numbers = []
    for values in found:
        named = [part for name, value in zip(dimensions, values, strict=True) for part in (name, str(value))]
        first, value_1, second, value_2 = [*named, "", ""][:4]
        numbers.append(names.slice((first, value_1, second, value_2)))
    return np.array(numbers, dtype=np.int64)[of_read.reshape(-1)]


def _keys(slices: Ints, places: Ints, low: Ints, high: Ints) -> Ints:
    """One key for each read (or pair) and place, read by read."""
    months = (low * _MONTHS + high)[:, None]
    return np.asarray(((slices[:, None] * _PLACES + places) * (_MONTHS * _MONTHS) + months).reshape(-1), dtype=np.int64)


def _gathered(keys: Ints, vectors: sparse.csr_matrix) -> tuple[Ints, sparse.csr_matrix]:
    kept = np.flatnonzero(np.diff(vectors.indptr))
    return keys[kept], vectors[kept]


def _pairs(patient: Ints) -> tuple[Ints, Ints]:
    """Places of every two reads of one patient, the earlier first."""
    starts = np.flatnonzero(np.append(True, patient[1:] != patient[:-1])) if len(patient) else np.zeros(0, dtype=int)
    sizes = np.diff(np.append(starts, len(patient)))
    pairs = [
        (start + i, start + j)
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True)
        for i, j in itertools.combinations(range(size), 2)
    ]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _consecutive(held: np.ndarray, patient: Ints, slices: Ints, first: Ints, second: Ints) -> Ints:
    """1 where both reads of a pair have some and no read of the slice between them has. Patients − these = patients."""
    order = np.lexsort((np.arange(len(patient)), slices, patient))
    counted = np.empty(held.shape, dtype=np.int64)
    counted[order] = np.cumsum(held[order], axis=0)
    both = held[first] & held[second]
    return np.asarray(both & (counted[second] - counted[first] == 1), dtype=np.int64)
