"""Which answers fit a finding. Pure; the same for readers and for those who say what is true."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reader_studies.models import RatedFinding
from reporting.reader_studies.places import places_of
from reporting.reader_studies.words import Scale

FURTHEST_MM = 2000.0
"""A place further from the origin than any scanner reaches is none."""


@dataclass(frozen=True)
class Answer:
    """``finding`` is its key; ``value`` as in :class:`reading_models.Rated`, ``None`` to take an answer back."""

    finding: str
    level: str
    side: str
    value: float | None
    place_lps_mm: tuple[float, float, float] | None = None


def check_answer(finding: RatedFinding, answer: Answer) -> None:
    """Raise :class:`InvalidInput` for a place that is not rated, and a value that is not on the scale."""
    if (answer.level, answer.side) not in set(places_of(finding)):
        raise InvalidInput(_("%(finding)s is not rated there") % {"finding": finding.label})
    if answer.value is not None and not _fits(finding, answer.value):
        raise InvalidInput(_("%(finding)s: this is not a value of its scale") % {"finding": finding.label})
    check_place(finding, answer)


def check_place(finding: RatedFinding, answer: Answer) -> None:
    """A marked place has coordinates, everything else has none. Raises :class:`InvalidInput`."""
    is_marked = finding.scale == Scale.LOCATION and answer.value == 1
    place = answer.place_lps_mm
    if is_marked is (place is None) or any(not abs(mm) <= FURTHEST_MM for mm in place or ()):
        raise InvalidInput(
            _("%(finding)s: the place in the image is missing or of no use") % {"finding": finding.label}
        )


def _fits(finding: RatedFinding, value: float) -> bool:
    if not math.isfinite(value):
        return False
    match Scale(finding.scale):
        case Scale.BINARY | Scale.LOCATION:
            return value in (0, 1)
        case Scale.ORDINAL:
            return float(value).is_integer() and 0 <= value < len(finding.grades)
        case Scale.CONFIDENCE | Scale.MILLIMETRES:
            return 0 <= value <= 100


def place_name(finding: RatedFinding, level: str, side: str) -> str:
    """As people say it: finding, level, side."""
    sides = {"left": _("left"), "right": _("right")}
    return " · ".join(part for part in (finding.label, level, sides.get(side, "")) if part)
