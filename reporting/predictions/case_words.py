"""Why a run on the frozen cases did not pass, in the reader's language: one sentence per stable code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CASE_REASONS: dict[str, str | Promise] = {
    "case_failed": _("A case could not be analysed."),
    "nothing_stated": _("It said nothing about any place that the cases know."),
    "too_few_agree": _("Too few statements agree with the reference."),
    "finding_disagrees": _("One finding agrees with the reference too rarely."),
    "positives_missed": _("It misses more than half of what is there."),
    "places_missing": _("It left out too many places."),
    "worse_than_active": _("It agrees with the reference less often than the active version."),
    "cases_unreadable": _("The site's own cases cannot be read."),
    "time_limit": _("The run took too long."),
    "worker_lost": _("The worker stopped during the analysis."),
    "fault": _("The run stopped with a fault of the program."),
}


def case_reason_text(code: str) -> str:
    """The sentence of a reason; an unknown code as it is."""
    return str(CASE_REASONS.get(code, code))
