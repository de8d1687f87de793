"""Every chart by its key: what pages show, files hold and the API hands out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reporting.charts.chart import Chart
from reporting.department_audit.charts import concordance, one_finding, outcomes, readers, sizes, whole_reports
from reporting.department_audit.charts.question import Question
from reporting.department_audit.filters import PLACE_DIMENSIONS, Dimension
from reporting.department_audit.measures import PREPARED
from reporting.department_audit.words import Truth


def slug(dimension: Dimension) -> str:
    return dimension.value.replace("_", "-")


CHARTS: dict[str, Callable[[Question], Chart]] = {
    "findings": concordance.by_finding,
    **{
        f"by-{slug(each)}": partial(concordance.by_dimension, dimension=each)
        for each in Dimension
        if each is not Dimension.FINDING
    },
    **{f"outcomes-by-{slug(each)}": partial(outcomes.outcomes_by, dimension=each) for each in Dimension},
    **{
        f"stood-by-{slug(each)}": partial(whole_reports.stood_by, dimension=each)
        for each in Dimension
        if each not in PLACE_DIMENSIONS
    },
    "confusion": one_finding.confusion,
    "roc": one_finding.roc,
    "thresholds": one_finding.thresholds,
    "calibration": one_finding.calibration,
    "predictive-values": one_finding.predictive,
    "sizes": sizes.sizes,
    "edits": whole_reports.edits,
    "times": whole_reports.times,
    "moved": readers.moved,
    "switches": readers.judged,
    "people": partial(readers.people, first=PREPARED),
    "blind-and-final": partial(readers.people, first=Truth.BLIND.value),
}
