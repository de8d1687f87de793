"""How sums over rows of a score vary from patient to patient, from what summaries keep of it.

The fine bin of each row is kept by class, and for every patient how many rows lie in each tenth by class. A row counts
with the value of its bin; the product of two rows of one patient with the mean values of their tenths. So a variance is
exact where the value is the same throughout a tenth (a threshold of 0.3), and close to it elsewhere (0.35).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reporting.department_audit.kinds import DECILES, PROBABILITY_BINS, PROBABILITY_EDGES
from reporting.statistics.arrays import Floats, Ints, floats
from reporting.statistics.moments import Moments

THRESHOLDS: Floats = floats(np.append(np.zeros(1), PROBABILITY_EDGES))
"""Lower edge of each fine bin: positive when probability ≥ threshold."""
MIDDLES: Floats = floats((THRESHOLDS + np.append(PROBABILITY_EDGES, 1.0)) / 2)
TENTH: Ints = np.minimum(np.floor(np.round(THRESHOLDS * DECILES, 9)).astype(np.int64), DECILES - 1)
IN_TENTH: Floats = floats(np.equal.outer(np.arange(DECILES), TENTH))
"""Whether a fine bin lies in a tenth: shape (tenths, bins)."""
NOTHING: Floats = np.zeros(PROBABILITY_BINS)


@dataclass(frozen=True)
class ScoreVariances:
    """``positives`` and ``negatives`` per fine bin; ``moments`` of positives, then negatives, per tenth."""

    positives: Ints
    negatives: Ints
    moments: Moments

    @cached_property
    def _rows(self) -> Floats:
        return floats(np.concatenate([self.positives, self.negatives]))

    def products(self, of_positive: Floats, of_negative: Floats) -> Floats:
        """Σ over patients of (Σ values of their rows)(Σ values of their rows)ᵀ, for t values at once.

        Each argument has the t values of a row in every fine bin: shape (t, bins), or (bins,) for one.
        """
        positive, negative = np.atleast_2d(of_positive), np.atleast_2d(of_negative)
        each = np.concatenate([positive, negative], axis=1)
        mean = np.concatenate([_means(positive, self.positives), _means(negative, self.negatives)], axis=1)
        of_rows = (each * self._rows) @ each.T - (mean * self.moments.sums) @ mean.T
        return floats(mean @ self.moments.products @ mean.T + of_rows)

    def squares(self, of_positive: Floats, of_negative: Floats) -> Floats:
        """The diagonal of ``products``, never below 0: shape (t,)."""
        return floats(np.maximum(np.diagonal(self.products(of_positive, of_negative)), 0.0))


def _means(values: Floats, rows: Ints) -> Floats:
    """Mean over the rows of each tenth, shape (t, tenths); 0 where it is empty."""
    counts, sums = rows @ IN_TENTH.T, (values * rows) @ IN_TENTH.T
    return floats(np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0))
