"""What is watched: shares of a day's rows, means of a day's values, and states that hold or do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MeasureKind(StrEnum):
    SHARE = "share"
    MEAN = "mean"
    STATE = "state"


class Area(StrEnum):
    READINGS = "readings"
    INPUT = "input"
    OPERATIONS = "operations"


@dataclass(frozen=True)
class Measure:
    """``unit``: what one row is; ``fewest``: a day with fewer rows is shown and judged by nothing."""

    key: str
    area: Area
    kind: MeasureKind
    name: str | Promise
    unit: str | Promise
    fewest: int = 5


AREAS: dict[Area, str | Promise] = {
    Area.READINGS: _("Machine and final read"),
    Area.INPUT: _("What comes in"),
    Area.OPERATIONS: _("Operations"),
}
_ALL = (
    Measure("discrepancy", Area.READINGS, MeasureKind.SHARE, _("Machine and final read differ"), _("place")),
    Measure("withheld", Area.READINGS, MeasureKind.SHARE, _("Statements that were withheld"), _("place")),
    Measure("gate", Area.INPUT, MeasureKind.SHARE, _("Studies the input gate did not let through whole"), _("reading")),
    Measure("vendor", Area.INPUT, MeasureKind.SHARE, _("Share of a vendor"), _("report")),
    Measure("protocol", Area.INPUT, MeasureKind.SHARE, _("Protocol outside the paper's Table 1"), _("report")),
    Measure("tr_ms", Area.INPUT, MeasureKind.MEAN, _("TR, ms"), _("series"), 1),
    Measure("te_ms", Area.INPUT, MeasureKind.MEAN, _("TE, ms"), _("series"), 1),
    Measure("thickness_mm", Area.INPUT, MeasureKind.MEAN, _("Slice thickness, mm"), _("series"), 1),
    Measure("correlation", Area.INPUT, MeasureKind.MEAN, _("Likeness of neighbouring pixels"), _("series"), 1),
    Measure("signal_p99", Area.INPUT, MeasureKind.MEAN, _("Signal, 99th percentile"), _("series"), 1),
    Measure("signal_median", Area.INPUT, MeasureKind.MEAN, _("Signal, median ÷ 99th percentile"), _("series"), 1),
    Measure("queue_wait_s", Area.OPERATIONS, MeasureKind.MEAN, _("Wait in the queue, s"), _("reading"), 1),
    Measure("failures", Area.OPERATIONS, MeasureKind.SHARE, _("Readings that failed"), _("reading")),
    Measure("worker", Area.OPERATIONS, MeasureKind.STATE, _("Readings wait and no worker is there"), ""),
    Measure("facts_lag", Area.OPERATIONS, MeasureKind.STATE, _("Signed reports wait to be counted"), ""),
)  # fmt: skip
MEASURES = {measure.key: measure for measure in _ALL}
PROTOCOL_VALUES = ("tr_ms", "te_ms", "thickness_mm")
