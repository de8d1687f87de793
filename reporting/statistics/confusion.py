"""Confusion counts, and the rates made of them, each with its interval. Positives are what ``Scope.positive`` names."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import bools, same_length
from reporting.statistics.distributions import z_of
from reporting.statistics.proportions import Method, proportion, proportion_interval
from reporting.statistics.results import Estimate, Result, Scope, undefined

RATES = ("ACC", "TPR", "TNR", "PPV", "NPV", "PLR", "NLR", "F1")


@dataclass(frozen=True)
class Counts:
    """A confusion matrix: ``fn`` are positives that were called negative."""

    tp: int
    fp: int
    fn: int
    tn: int

    def __post_init__(self) -> None:
        if min(self.tp, self.fp, self.fn, self.tn) < 0:
            raise ValueError("a count is negative")

    def swapped(self) -> Counts:
        """The same matrix with the other class as the positive one."""
        return Counts(self.tn, self.fn, self.fp, self.tp)

    @property
    def positives(self) -> int:
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        return self.tn + self.fp

    @property
    def total(self) -> int:
        return self.positives + self.negatives


def count(positive: ArrayLike, said: ArrayLike) -> Counts:
    """Count truth (``positive``) against what was said."""
    truth, called = bools(positive), bools(said)
    same_length(positive=truth, said=called)
    tp, positives, calls = (int(np.count_nonzero(x)) for x in (truth & called, truth, called))
    return Counts(tp=tp, fp=calls - tp, fn=positives - tp, tn=len(truth) - positives - calls + tp)


def rates(counts: Counts) -> dict[str, float | None]:
    """The eight rates of the paper's table as plain numbers; ``None`` where a denominator is 0 (and for infinity)."""
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    sensitivity, specificity = _over(tp, tp + fn), _over(tn, tn + fp)
    plr = nlr = None
    if sensitivity is not None and specificity is not None:
        plr, nlr = _over(sensitivity, 1 - specificity), _over(1 - sensitivity, specificity)
    return {
        "ACC": _over(tp + tn, tp + fp + fn + tn),
        "TPR": sensitivity,
        "TNR": specificity,
        "PPV": _over(tp, tp + fp),
        "NPV": _over(tn, tn + fn),
        "PLR": plr,
        "NLR": nlr,
        "F1": _over(2 * tp, 2 * tp + fp + fn),
    }


def diagnostic_rates(counts: Counts, scope: Scope, *, level: float = 0.95, interval: Method = "wilson") -> Result:
    """ACC, TPR, TNR, PPV, NPV, prevalence (``interval``), PLR, NLR and DOR (log method), F1 (Wilson of Jaccard).

    Rows are taken as independent; with several rows of one patient use ``clustered_rates``. Likelihood ratios:
    Simel, J Clin Epidemiol 1991;44:763. A zero cell makes a ratio's interval not estimable; nothing is added to cells.
    """
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn

    def share(hits: int, n: int, of: str) -> Estimate:
        return proportion(hits, n, level=level, method=interval, of=of)

    return Result(
        "rates",
        f"{interval} intervals; log method for likelihood ratios; rows counted as independent",
        scope,
        asdict(counts) | {"n": counts.total},
        {
            "ACC": share(tp + tn, counts.total, "rows"),
            "TPR": share(tp, tp + fn, "positives"),
            "TNR": share(tn, tn + fp, "negatives"),
            "PPV": share(tp, tp + fp, "positive calls"),
            "NPV": share(tn, tn + fn, "negative calls"),
            "PLR": likelihood_ratio((tp, tp + fn), (fp, tn + fp), level),
            "NLR": likelihood_ratio((fn, tp + fn), (tn, tn + fp), level),
            "DOR": odds_ratio(counts, level),
            "F1": f1(counts, level),
            "prevalence": share(tp + fn, counts.total, "rows"),
        },
        level=level,
    )


def likelihood_ratio(above: tuple[int, int], below: tuple[int, int], level: float = 0.95) -> Estimate:
    """Ratio of two rates (hits, chances) with exp(ln r ∓ z √(1/a − 1/n₁ + 1/b − 1/n₂)) (Simel 1991)."""
    (a, n1), (b, n2) = above, below
    if n1 == 0 or n2 == 0:
        return undefined("one class has no rows")
    if b == 0:
        return undefined("infinite: the rate below is 0" if a else "0 over 0")
    value = (a / n1) / (b / n2)
    if a == 0:
        return Estimate(value, note="interval not estimable: a cell is 0")
    spread = math.sqrt(max(0.0, 1 / a - 1 / n1 + 1 / b - 1 / n2))
    return _log_interval(value, spread, level)


def odds_ratio(counts: Counts, level: float = 0.95) -> Estimate:
    """TP·TN / (FP·FN) with Woolf's interval: SE of the logarithm √(Σ 1/cell)."""
    cells = (counts.tp, counts.fp, counts.fn, counts.tn)
    if counts.fp * counts.fn == 0:
        return undefined("infinite or 0 over 0: no error of one kind")
    value = counts.tp * counts.tn / (counts.fp * counts.fn)
    if min(cells) == 0:
        return Estimate(value, note="interval not estimable: a cell is 0")
    return _log_interval(value, math.sqrt(sum(1 / cell for cell in cells)), level)


def f1(counts: Counts, level: float = 0.95) -> Estimate:
    """2TP/(2TP+FP+FN) = 2J/(1+J); the interval is Wilson's of J = TP/(TP+FP+FN), mapped.

    SE by the delta method: √(F(1−F)(2−F)²/(2(TP+FP+FN))).
    """
    n = counts.tp + counts.fp + counts.fn
    if n == 0:
        return undefined("neither positives nor positive calls")
    value = 2 * counts.tp / (n + counts.tp)
    low, high = (2 * j / (1 + j) for j in proportion_interval(counts.tp, n, level))
    se = math.sqrt(value * (1 - value) * (2 - value) ** 2 / (2 * n))
    return Estimate(value, low, high, se, "wilson of the Jaccard index")


def predictive_values(counts: Counts, prevalence: float, scope: Scope, *, level: float = 0.95) -> Result:
    """PPV and NPV at another prevalence, rows counted as independent; see ``predictive_estimates``."""
    plr = likelihood_ratio((counts.tp, counts.positives), (counts.fp, counts.negatives), level)
    nlr = likelihood_ratio((counts.fn, counts.positives), (counts.tn, counts.negatives), level)
    return Result(
        "predictive_values",
        "Bayes' rule from the likelihood ratios; prevalence given, not counted",
        scope,
        asdict(counts) | {"n": counts.total},
        predictive_estimates(plr, nlr, prevalence) | {"prevalence": Estimate(prevalence, note="given")},
        level=level,
    )


def predictive_estimates(plr: Estimate, nlr: Estimate, prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV of two likelihood ratios: posterior odds = prior odds × likelihood ratio.

    The interval is the ratio's, however it counted its rows, carried through (the logit method of Mercaldo, Stat Med
    2007;26:2170).
    """
    if not 0 < prevalence < 1:
        raise ValueError("prevalence must lie between 0 and 1")
    odds = prevalence / (1 - prevalence)

    def posterior(ratio: float | None) -> float | None:
        return None if ratio is None else odds * ratio / (1 + odds * ratio)

    value, low, high = (
        None if missed is None else 1 - missed for missed in map(posterior, (nlr.value, nlr.high, nlr.low))
    )
    return {
        "PPV": Estimate(posterior(plr.value), posterior(plr.low), posterior(plr.high), method="logit", note=plr.note),
        "NPV": Estimate(value, low, high, method="logit", note=nlr.note),
    }


def _log_interval(value: float, spread: float, level: float) -> Estimate:
    reach = z_of(level) * spread
    return Estimate(value, value * math.exp(-reach), value * math.exp(reach), method="log")


def _over(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None
