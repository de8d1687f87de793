"""Whether two readers (or a reader before and after) differ on the same cases: McNemar, Stuart–Maxwell.

McNemar 1947; mid-p: Fagerland, BMC Med Res Methodol 2013;13:91; interval: Bonett & Price, J Educ Behav Stat 2012;
37:479; Stuart, Biometrika 1955;42:412; Maxwell, Br J Psychiatry 1970;116:651. Rows are independent here; several rows
of one patient need ``clustered_mcnemar``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reporting.statistics.arrays import floats
from reporting.statistics.distributions import chi2_test, z_of
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined

NOTHING_CHANGED = "no discordant pair"


def mcnemar(table: ArrayLike, scope: Scope, *, level: float = 0.95) -> Result:
    """``table``: [[a, b], [c, d]], rows the first reading, columns the second, positives first; b and c are discordant.

    χ² = (b−c)²/(b+c), with continuity (|b−c|−1)²/(b+c); exact binomial; mid-p = exact − P(b). The difference is
    (b−c)/n with Bonett and Price's interval.
    """
    cells = floats(table)
    if cells.shape != (2, 2) or np.any(cells < 0):
        raise ValueError("the table must have two rows and two columns of counts")
    (a, b), (c, d) = cells.tolist()
    n, discordant = a + b + c + d, b + c
    difference = undefined("nothing to compare")
    if n > 0:
        p, q = (b + 1) / (n + 2), (c + 1) / (n + 2)
        reach = z_of(level) * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
        difference = Estimate((b - c) / n, max(-1.0, p - q - reach), min(1.0, p - q + reach), method="Bonett-Price")
    return Result(
        "mcnemar",
        "rows counted as independent",
        scope,
        {"both": int(a), "first_only": int(b), "second_only": int(c), "neither": int(d), "n": int(n)},
        {"difference": difference},
        _tests(b, c) if discordant else _no_tests(),
        level=level,
    )


def _tests(b: float, c: float) -> dict[str, HypothesisTest]:
    n = b + c
    exact = min(1.0, 2 * float(stats.binom.cdf(min(b, c), n, 0.5)))
    return {
        "chi2": chi2_test((b - c) ** 2 / n, 1),
        "chi2_continuity": chi2_test(max(0.0, abs(b - c) - 1) ** 2 / n, 1),
        "exact": HypothesisTest("exact", min(b, c), exact),
        "mid_p": HypothesisTest("exact", min(b, c), exact - float(stats.binom.pmf(min(b, c), n, 0.5))),
    }


def _no_tests() -> dict[str, HypothesisTest]:
    nothing = HypothesisTest("chi2", None, None, note=NOTHING_CHANGED)
    return dict.fromkeys(("chi2", "chi2_continuity", "exact", "mid_p"), nothing)


def stuart_maxwell(table: ArrayLike, scope: Scope) -> Result:
    """Equal margins of a square table of grades: χ² = d′S⁻d over its rank; Bhapkar's is χ²/(1 − χ²/n).

    d: row minus column totals; S: its covariance under equal margins. Unused grades take no degree of freedom.
    """
    cells = floats(table)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or np.any(cells < 0):
        raise ValueError("the table must be square, with counts")
    n = float(cells.sum())
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    gap = rows - columns
    covariance = np.diag(rows + columns) - cells - cells.T
    rank = int(np.linalg.matrix_rank(covariance)) if n else 0
    tests = dict.fromkeys(("stuart_maxwell", "bhapkar"), chi2_test(math.nan, 0, NOTHING_CHANGED))
    if rank:
        chi2 = float(gap @ np.linalg.pinv(covariance) @ gap)
        tests = {
            "stuart_maxwell": chi2_test(chi2, rank),
            "bhapkar": chi2_test(chi2 / (1 - chi2 / n) if chi2 < n else math.nan, rank),
        }
    return Result(
        "stuart_maxwell",
        "rows counted as independent",
        scope,
        {"n": int(n), "grades": len(cells), "discordant": int(n - np.trace(cells))},
        {
            f"shift_{number}": Estimate(float(one) / n, note="share of row minus column")
            for number, one in enumerate(gap)
            if n
        },
        tests,
    )
