"""A planned study run many times: how far off the analysis is, how often its intervals hold, how often it finds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from reporting.reader_studies.analysis.comparisons import described
from reporting.reader_studies.analysis.figures_of_merit import merits
from reporting.reader_studies.analysis.reads import StudyReads
from reporting.reader_studies.analysis.whole_cases import of_whole_cases
from reporting.reader_studies.planning.trial import Trial
from reporting.reader_studies.words import ArmKind, Design
from reporting.statistics.bootstrap import patient_weights
from reporting.statistics.mrmc.figures import FIGURES
from reporting.statistics.proportions import proportion_interval
from reporting.statistics.results import UNDEFINED

COMPONENTS = ("var_R", "var_TR", "var_error", "cov1", "cov2", "cov3")
BY_ROCKETTE, BY_METZ, BY_BOOTSTRAP, BY_U = "or", "dbm", "bootstrap", "u"


class Estimated(NamedTuple):
    """One figure of one repetition, by one method. ``p``: of a difference from 0; ``noninferior``: shown or not."""

    figure: str
    what: str
    method: str
    value: float | None
    low: float | None
    high: float | None
    se: float | None
    p: float | None = None
    noninferior: bool | None = None


class Summary(NamedTuple):
    """Over all repetitions. Bias is the mean less the truth; ``mc_se`` the Monte Carlo error of both.

    ``coverage``: share of intervals that hold the truth. ``found``: share of differences with p < alpha, which is the
    power, or the type I error where the true difference is 0. Their bounds are Wilson's, 95 %.
    """

    figure: str
    what: str
    method: str
    truth: float
    repetitions: int
    undefined: int
    mean: float | None
    bias: float | None
    mc_se: float | None
    sd: float | None
    mean_se: float | None
    coverage: float | None
    coverage_low: float | None
    coverage_high: float | None
    found: float | None
    found_low: float | None
    found_high: float | None
    noninferior: float | None


class Repeated(NamedTuple):
    """``components``: means of Obuchowski and Rockette's variance components of AUC, as the sample size takes them."""

    summaries: list[Summary]
    components: dict[str, float]


def repeat(
    trial: Trial,
    repetitions: int,
    *,
    seed: int = 1,
    resamples: int = 200,
    margin: float = 0.05,
    alpha: float = 0.05,
    told: Callable[[int], None] = lambda _done: None,
) -> Repeated:
    """``repetitions`` outcomes of the plan, each analysed as a closed study is. Same arguments, same numbers."""
    cells: dict[tuple[str, str, str], list[Estimated]] = defaultdict(list)
    components: dict[str, list[float]] = {name: [] for name in COMPONENTS}
    for number in range(repetitions):
        reads = trial.drawn(seed_of(seed, number))
        for one in _estimates(trial, reads, resamples, margin, components):
            cells[one.figure, one.what, one.method].append(one)
        told(number + 1)
    summaries = [_summary(key, _truth(trial, key), found, alpha) for key, found in cells.items()]
    return Repeated(summaries, {name: float(np.mean(each)) for name, each in components.items() if each})


def seed_of(seed: int, repetition: int) -> int:
    """Of one repetition (from 0); repetitions of neighbouring seeds have nothing in common."""
    return int(np.random.SeedSequence([seed, repetition]).generate_state(1)[0])


def _estimates(
    trial: Trial, reads: StudyReads, resamples: int, margin: float, components: dict[str, list[float]]
) -> Iterator[Estimated]:
    if trial.design is Design.SPLIT_PLOT:  # nobody reads everything, so only U-statistics compare the arms
        yield from _by_u_statistics(trial, reads)
        return
    (finding,) = reads.findings
    units = finding.units()
    weights = np.concatenate(list(patient_weights(trial.cases, resamples, 1)))
    for figure in FIGURES:
        found = described(merits(units, figure, weights), units, reads.arms, reads.readers, margin)
        for arm, said in found["arms"].items():
            yield _estimated(figure, arm, BY_BOOTSTRAP, said["mean"])
            if "mrmc" in said:
                yield _estimated(figure, arm, BY_ROCKETTE, said["mrmc"])
        for gap in found["differences"]:
            what = f"{gap['first']} - {gap['second']}"
            shown = gap["noninferiority"]["shown"]
            yield _estimated(figure, what, BY_ROCKETTE, gap["or"]["estimate"], gap["or"]["test"], shown)
            yield _estimated(figure, what, BY_METZ, gap["dbm"]["estimate"], gap["dbm"]["test"])
            yield _estimated(figure, what, BY_BOOTSTRAP, gap["bootstrap"])
        if figure == "auc" and "or" in found:
            for name, values in components.items():
                if (value := _number(found["or"]["estimates"][name]["value"])) is not None:
                    values.append(value)


def _by_u_statistics(trial: Trial, reads: StudyReads) -> Iterator[Estimated]:
    found = of_whole_cases(reads.findings[0], reads.arms, reads.readers)
    for arm in reads.arms:
        yield _estimated("auc", arm, BY_U, found["estimates"][f"AUC_{arm}"])
    for first, second in combinations(reads.arms, 2):
        what = f"{first} - {second}"
        yield _estimated("auc", what, BY_U, found["estimates"][what], found["tests"][what])


def _estimated(
    figure: str,
    what: str,
    method: str,
    said: dict[str, Any],
    test: dict[str, Any] | None = None,
    noninferior: bool | None = None,
) -> Estimated:
    value, low, high, se = (_number(said.get(name)) for name in ("value", "low", "high", "se"))
    p = None if test is None else _p(test["p"])
    return Estimated(figure, what, method, value, low, high, se, p, noninferior)


def _number(said: Any) -> float | None:
    return None if said is None or said == UNDEFINED else float(said)


def _p(said: Any) -> float | None:
    """As shown: p below the smallest that is printed counts as 0."""
    return 0.0 if isinstance(said, str) and said.startswith("<") else _number(said)


def _truth(trial: Trial, key: tuple[str, str, str]) -> float:
    figure, what, _method = key
    arms = [trial.true_value(figure, ArmKind(arm)) for arm in what.split(" - ")]
    return arms[0] - arms[1] if len(arms) == 2 else arms[0]


def _summary(key: tuple[str, str, str], truth: float, found: list[Estimated], alpha: float) -> Summary:
    values = [one.value for one in found if one.value is not None]
    mean = float(np.mean(values)) if values else None
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    errors = [one.se for one in found if one.se is not None]
    held = [one.low <= truth <= one.high for one in found if one.low is not None and one.high is not None]
    tested = [one.p < alpha for one in found if one.p is not None]
    shown = [one.noninferior for one in found if one.noninferior is not None]
    return Summary(
        *key,
        truth,
        len(found),
        len(found) - len(values),
        mean,
        None if mean is None else mean - truth,
        None if sd is None else sd / math.sqrt(len(values)),
        sd,
        float(np.mean(errors)) if errors else None,
        *_share(held),
        *_share(tested),
        float(np.mean(shown)) if shown else None,
    )


def _share(hits: list[bool]) -> tuple[float | None, float | None, float | None]:
    if not hits:
        return None, None, None
    return (sum(hits) / len(hits), *proportion_interval(sum(hits), len(hits)))
