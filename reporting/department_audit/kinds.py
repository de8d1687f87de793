"""What is counted per patient for each kind of figure, and how it is laid out as one vector of whole numbers.

A vector is: reports, Σc (n), upper triangle of Σccᵀ (n(n+1)/2), patients that have some (one number a mask), and plain
sums that need no interval over patients. c are the counts of one patient. Whole numbers, so that sums made in any order
are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reporting.department_audit.words import Outcome
from reporting.statistics.arrays import Floats, Ints
from reporting.statistics.moments import CONFUSION_MASKS, Moments

OUTCOMES: tuple[str, ...] = tuple(Outcome.values)
DECILES = 10
PROBABILITY_EDGES: Floats = np.unique(
    np.round(np.concatenate([np.arange(1, 100) / 100, [0.001, 0.002, 0.005, 0.995, 0.998, 0.999]]), 6)
)
"""Lower edges of the bins of a probability but the first: hundredths, finer where scores of sure networks crowd."""
PROBABILITY_BINS = len(PROBABILITY_EDGES) + 1
MILLIONTHS = 1_000_000
TENTHS = 10
"""Sizes are compared as they are shown, to a tenth of a millimetre."""
TIME_EDGES: Floats = np.round(10 ** (np.arange(0, 61) / 10), 3)
"""Seconds, ten bins a decade: from one second to eleven days; a median read off it is right to an eighth."""
TIME_BINS = len(TIME_EDGES) + 1
MOST_EDITS = 20


@dataclass(frozen=True)
class Kind:
    """``counts`` name c; ``masks`` (m, n): a patient has some where mask·c > 0; ``extras`` plain sums."""

    name: str
    counts: tuple[str, ...]
    masks: Mapping[str, Sequence[float]]
    extras: int = 0
    _rows: Ints = field(init=False, repr=False, compare=False)
    _columns: Ints = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows, columns = np.triu_indices(len(self.counts))
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_columns", columns)

    @cached_property
    def mask_matrix(self) -> Floats:
        return np.array([list(mask) for mask in self.masks.values()], dtype=np.float64)

    @cached_property
    def length(self) -> int:
        n = len(self.counts)
        return 1 + n + len(self._rows) + len(self.masks) + self.extras

    def held(self, counts: Ints) -> np.ndarray:
        """Per row of ``counts`` (…, n): which masks it has some of (…, m)."""
        return counts @ self.mask_matrix.T > 0

    def vectors(self, counts: Ints, reports: Ints, extras: Ints | None = None) -> Ints:
        """Counts (…, n) of one patient (or one read) each → its vector (…, length)."""
        products = counts[..., self._rows] * counts[..., self._columns]
        parts = [reports[..., None], counts, products, self.held(counts).astype(np.int64)]
        if self.extras:
            assert extras is not None
            parts.append(extras)
        return np.concatenate(parts, axis=-1)

    def cross(self, one: Ints, other: Ints, consecutive: Ints) -> Ints:
        """What two reads of one patient add to the sum of their vectors. ``consecutive`` (…, m): no third between."""
        r, c = self._rows, self._columns
        products = one[..., r] * other[..., c] + other[..., r] * one[..., c]
        none = np.zeros((*one.shape[:-1], 1 + len(self.counts)), dtype=np.int64)
        rest = np.zeros((*one.shape[:-1], self.extras), dtype=np.int64)
        return np.concatenate([none, products, -consecutive, rest], axis=-1)

    def reports(self, vector: Ints) -> int:
        return int(vector[0])

    def moments(self, vector: Ints) -> Moments:
        n = len(self.counts)
        return Moments.unpacked(vector[1 : 1 + n].tolist(), vector[1 + n : 1 + n + len(self._rows)].tolist())

    def patients(self, vector: Ints) -> dict[str, int]:
        start = 1 + len(self.counts) + len(self._rows)
        return dict(zip(self.masks, vector[start : start + len(self.masks)].tolist(), strict=True))

    def plain(self, vector: Ints) -> Ints:
        return vector[self.length - self.extras :]


def _one(n: int, *places: int) -> list[float]:
    return [1.0 if place in places else 0.0 for place in range(n)]


def _any(n: int) -> dict[str, list[float]]:
    return {"any": [1.0] * n}


CONFUSION = Kind(
    "confusion",
    ("tp", "fp", "fn", "tn"),
    dict(
        zip(
            ("any", "positives", "negatives", "positive_calls", "negative_calls", "hits_or_errors"),
            CONFUSION_MASKS.tolist(),
            strict=True,
        )
    ),
)
OUTCOME = Kind("outcome", OUTCOMES, _any(len(OUTCOMES)))
AGREEMENT = Kind("agreement", ("both", "first_only", "second_only", "neither"), _any(4))
SWITCH = Kind(
    "switch",
    (
        "kept",
        "toward_machine",
        "away_from_machine",
        "other",
        "right_right",
        "right_wrong",
        "wrong_right",
        "wrong_wrong",
    ),
    {"any": _one(8, 0, 1, 2, 3), "judged": _one(8, 4, 5, 6, 7)},
)
# Positives and negatives in each tenth of the probability: calibration, and how scores of one patient hang together.
_TENTHS = tuple(f"{name}_{place}" for name in ("positives", "negatives") for place in range(DECILES))
SCORE = Kind(
    "score",
    _TENTHS,
    {
        "any": [1.0] * (2 * DECILES),
        "positives": _one(2 * DECILES, *range(DECILES)),
        "negatives": _one(2 * DECILES, *range(DECILES, 2 * DECILES)),
        **{f"tenth_{place}": _one(2 * DECILES, place, DECILES + place) for place in range(DECILES)},
    },
    # Positives and negatives per fine bin, Σp per tenth and Σ(p − y)² in millionths.
    extras=2 * PROBABILITY_BINS + DECILES + 1,
)
# a: mean of both sizes, d: machine minus human, in tenths of a millimetre.
SIZE = Kind("size", ("n", "twice_mean", "d", "twice_mean_squared", "twice_mean_d"), {"any": _one(5, 0)}, extras=1)
PROCESS = Kind(
    "process",
    ("reports", "edits", "with_machine", "stood"),
    {"any": _one(4, 0), "with_machine": _one(4, 2)},
    extras=2 * TIME_BINS + MOST_EDITS + 1,
)
KINDS = {kind.name: kind for kind in (CONFUSION, OUTCOME, AGREEMENT, SWITCH, SCORE, SIZE, PROCESS)}
