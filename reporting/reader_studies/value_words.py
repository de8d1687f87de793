"""Numbers of a scale as people say them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.reader_studies.models import RatedFinding
from reporting.reader_studies.words import Scale


def value_text(finding: RatedFinding, value: float) -> str:
    """A reader's value."""
    match Scale(finding.scale):
        case Scale.BINARY:
            return _("present") if value else _("absent")
        case Scale.ORDINAL:
            return str(finding.grades[int(value)])
        case Scale.CONFIDENCE:
            return f"{value:g} %"
        case Scale.MILLIMETRES:
            return f"{value:g} mm"
        case Scale.LOCATION:
            return _("marked") if value else _("nowhere")


def truth_text(finding: RatedFinding, value: float) -> str:
    """A reference value: there is no confidence in it."""
    if Scale(finding.scale) is Scale.CONFIDENCE:
        return _("present") if value else _("absent")
    return value_text(finding, value)
