"""Facts → counts of each kind, row by row. Here it is decided what is counted as what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from reporting.department_audit.kinds import (
    AGREEMENT,
    CONFUSION,
    DECILES,
    MILLIONTHS,
    MOST_EDITS,
    OUTCOME,
    OUTCOMES,
    PROBABILITY_BINS,
    PROBABILITY_EDGES,
    PROCESS,
    SCORE,
    SIZE,
    SWITCH,
    TENTHS,
    TIME_BINS,
    TIME_EDGES,
    Kind,
)
from reporting.department_audit.rows import POSITIVES, Facts, Place, Reads
from reporting.department_audit.words import REFERENCES, Comparison, Outcome, Truth
from reporting.statistics.arrays import Bools, Floats, Ints

NOWHERE: Place = ("", "", "")
PREPARED = "prepared"
"""For agreement between people: what a junior handed over, instead of a blind first read."""
TRUTHS = tuple(truth.value for truth in Truth)
_EDITS = (Outcome.CHANGED.value, Outcome.REJECTED.value, Outcome.ADDED.value)


@dataclass(frozen=True)
class Measured:
    """Rows of one kind: their read and place, counts (rows, n) and plain sums (rows, e), few of which are not 0."""

    kind: Kind
    read: Ints
    place: Ints
    places: tuple[Place, ...]
    counts: Ints
    extras: sparse.csr_array

    def chosen(self, keep: Bools) -> Measured:
        return Measured(self.kind, self.read[keep], self.place[keep], self.places, self.counts[keep], self.extras[keep])


def measured(kind: Kind, reads: Reads, facts: Facts, truth: str) -> Measured:
    """What ``facts`` say of ``kind``. ``truth``: one of :data:`TRUTHS`; for agreement ``blind`` or ``prepared``."""
    if kind is PROCESS:
        return _process(reads, facts)
    keep, counts, extras = _OF_KIND[kind.name](facts, truth)
    return Measured(
        kind,
        facts.read[keep],
        facts.place[keep],
        facts.places,
        counts,
        sparse.csr_array((len(counts), kind.extras), dtype=np.int64) if extras is None else extras,
    )


_Found = tuple[Bools, Ints, sparse.csr_array | None]


def _classes(facts: Facts) -> Bools:
    return np.asarray(facts.comparison == Comparison.CLASS.value, dtype=bool)


def _compared(facts: Facts, truth: str) -> Bools:
    """Classes of which both the machine and the truth say something."""
    spoken = facts.counts & (facts.tri["machine_positive"] >= 0)
    return np.asarray(_classes(facts) & spoken & (facts.tri[POSITIVES[truth]] >= 0), dtype=bool)


def _stacked(*columns: np.ndarray) -> Ints:
    return np.stack(columns, axis=1).astype(np.int64)


def _four(one: Ints, other: Ints) -> Ints:
    """Both, second only, first only, neither, of a column that calls and one that is true: TP, FP, FN, TN."""
    truth, said = one == 1, other == 1
    return _stacked(truth & said, ~truth & said, truth & ~said, ~truth & ~said)


def _confusion(facts: Facts, truth: str) -> _Found:
    keep = _compared(facts, truth)
    return keep, _four(facts.tri[POSITIVES[truth]][keep], facts.tri["machine_positive"][keep]), None


def _outcome(facts: Facts, truth: str) -> _Found:
    keep = _classes(facts)
    return keep, _stacked(*(facts.outcome[keep] == name for name in OUTCOMES)), None


def _agreement(facts: Facts, truth: str) -> _Found:
    first = facts.tri["prepared_positive" if truth == PREPARED else "blind_first_positive"]
    keep = np.asarray(_classes(facts) & (first >= 0) & (facts.tri["positive"] >= 0), dtype=bool)
    one, other = first[keep] == 1, facts.tri["positive"][keep] == 1
    return keep, _stacked(one & other, one & ~other, ~one & other, ~one & ~other), None


def _switch(facts: Facts, truth: str) -> _Found:
    first, final = facts.tri["blind_first_positive"], facts.tri["positive"]
    keep = np.asarray(_classes(facts) & (first >= 0) & (final >= 0), dtype=bool)
    first, final = first[keep], final[keep]
    machine = np.where(facts.counts[keep], facts.tri["machine_positive"][keep], -1)
    moved = first != final
    reference = truth in [one.value for one in REFERENCES]
    true = facts.tri[POSITIVES[truth]][keep] if reference else np.full(len(first), -1)
    judged, before, after = true >= 0, first == true, final == true
    counts = _stacked(
        ~moved,
        moved & (machine == final),
        moved & (machine == first),
        moved & (machine < 0),
        judged & before & after,
        judged & before & ~after,
        judged & ~before & after,
        judged & ~before & ~after,
    )
    return keep, counts, None


def _score(facts: Facts, truth: str) -> _Found:
    keep = _compared(facts, truth) & ~np.isnan(facts.probability)
    p = np.clip(facts.probability[keep], 0.0, 1.0)
    positive = facts.tri[POSITIVES[truth]][keep] == 1
    tenth, fine = tenth_of(p), bin_of(p)
    places = np.eye(2 * DECILES, dtype=np.int64)[np.where(positive, tenth, DECILES + tenth)]
    millionths = np.round(p * MILLIONTHS).astype(np.int64)
    errors = np.round((p - positive) ** 2 * MILLIONTHS).astype(np.int64)
    extras = _few(
        len(p),
        SCORE.extras,
        (np.where(positive, fine, PROBABILITY_BINS + fine), np.ones_like(fine)),
        (2 * PROBABILITY_BINS + tenth, millionths),
        (np.full_like(fine, SCORE.extras - 1), errors),
    )
    return keep, places, extras


def _size(facts: Facts, truth: str) -> _Found:
    sizes = facts.comparison == Comparison.SIZE.value
    keep = np.asarray(sizes & ~np.isnan(facts.number) & ~np.isnan(facts.machine_number), dtype=bool)
    human, machine = _tenths(facts.number[keep]), _tenths(facts.machine_number[keep])
    mean, d = human + machine, machine - human
    return keep, _stacked(np.ones_like(d), mean, d, mean * mean, mean * d), sparse.csr_array((d * d)[:, None])


def _process(reads: Reads, facts: Facts) -> Measured:
    """One row a read. Sizes are evidence that suggests nothing, so they are neither edited nor left standing; a normal
    value set where the machine said nothing is read, not edited.
    """
    n = len(reads)
    values = facts.comparison != Comparison.SIZE.value
    only_read = (facts.outcome == Outcome.ADDED.value) & (facts.tri["positive"] == 0)
    edited = np.isin(facts.outcome, _EDITS) & values & ~only_read
    edits = np.bincount(facts.read[edited], minlength=n)
    spoken = np.bincount(facts.read[facts.counts & values], minlength=n) > 0
    fell = np.bincount(facts.read[facts.counts & values & edited], minlength=n) > 0
    counts = _stacked(np.ones(n), edits, spoken, spoken & ~fell)
    times = [
        (
            start + np.searchsorted(TIME_EDGES, np.nan_to_num(seconds), side="right"),
            np.isfinite(seconds).astype(np.int64),
        )
        for start, seconds in ((0, reads.received_s), (TIME_BINS, reads.shown_s))
    ]
    edited_bin = (2 * TIME_BINS + np.minimum(edits, MOST_EDITS), np.ones(n, dtype=np.int64))
    rows, nowhere = np.arange(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    return Measured(PROCESS, rows, nowhere, (NOWHERE,), counts, _few(n, PROCESS.extras, *times, edited_bin))


def _few(n: int, width: int, *entries: tuple[Ints, Ints]) -> sparse.csr_array:
    """``n`` rows that hold a few numbers each: (columns, values) with one of each a row."""
    at, values = (np.stack(columns, axis=1).ravel() for columns in zip(*entries, strict=True))
    found = sparse.csr_array((values, at, np.arange(n + 1) * len(entries)), shape=(n, width), dtype=np.int64)
    found.eliminate_zeros()
    return found


def tenth_of(p: Floats) -> Ints:
    return np.minimum(np.floor(np.round(p * DECILES, 9)).astype(np.int64), DECILES - 1)


def bin_of(p: Floats) -> Ints:
    """Which fine bin; a value on an edge belongs to the bin that begins there."""
    return np.searchsorted(PROBABILITY_EDGES, np.round(p, 9), side="right").astype(np.int64)


def _tenths(mm: Floats) -> Ints:
    return np.round(mm * TENTHS).astype(np.int64)


_OF_KIND = {
    CONFUSION.name: _confusion,
    OUTCOME.name: _outcome,
    AGREEMENT.name: _agreement,
    SWITCH.name: _switch,
    SCORE.name: _score,
    SIZE.name: _size,
}
