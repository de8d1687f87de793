"""What is true of a place: which values a reference standard may have, when two readers agree. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reader_studies.answers import Answer, check_answer
from reporting.reader_studies.models import RatedFinding
from reporting.reader_studies.words import Scale

SAME_MM, SAME_PLACE_MM = 1.0, 10.0
"""Two readers who differ by no more agree: on a length, on a place in the image."""

Point = tuple[float, float, float]


@dataclass(frozen=True)
class TruthValue:
    value: float
    place_lps_mm: Point | None = None


def check_truth(finding: RatedFinding, answer: Answer) -> TruthValue:
    """The value, if it is one. Where readers give a confidence the truth is 0 or 1. Raises :class:`InvalidInput`."""
    if answer.value is None:
        raise InvalidInput(_("%(finding)s: a value is missing") % {"finding": finding.label})
    check_answer(finding, answer)
    if Scale(finding.scale) is Scale.CONFIDENCE and answer.value not in (0, 1):
        raise InvalidInput(_("%(finding)s: what is true is 0 or 1, not a confidence") % {"finding": finding.label})
    return TruthValue(answer.value, answer.place_lps_mm)


def agreed(finding: RatedFinding, one: TruthValue, other: TruthValue) -> TruthValue | None:
    """What both say, the middle of lengths and places; ``None`` where an adjudicator has to decide."""
    match Scale(finding.scale):
        case Scale.MILLIMETRES:
            near = abs(one.value - other.value) <= SAME_MM
            return TruthValue((one.value + other.value) / 2) if near else None
        case Scale.LOCATION if one.place_lps_mm is not None and other.place_lps_mm is not None:
            near = math.dist(one.place_lps_mm, other.place_lps_mm) <= SAME_PLACE_MM
            return TruthValue(1.0, _middle(one.place_lps_mm, other.place_lps_mm)) if near else None
        case _:
            return one if one == other else None


def _middle(one: Sequence[float], other: Sequence[float]) -> Point:
    x, y, z = ((a + b) / 2 for a, b in zip(one, other, strict=True))
    return x, y, z
