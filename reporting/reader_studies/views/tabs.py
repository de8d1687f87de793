"""The tabs of a reader study: the steps of its design, and after the lock what goes on in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, may_in_study
from reporting.reader_studies.words import StudyStatus

STEP_NAMES = {
    "words": _("Question"),
    "findings": _("Findings"),
    "cases": _("Cases"),
    "people": _("People"),
    "arms": _("Arms and order"),
    "power": _("Sample size"),
    "check": _("Check and lock"),
}
NEEDS = {"people": StudyAct.SEE_PEOPLE}


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    address: str


def tabs(study: ReaderStudy, user: User) -> list[Tab]:
    """Those that this person may open."""
    found = [
        Tab(key, str(name), reverse("reader_studies:design", args=[study.pk, key]))
        for key, name in STEP_NAMES.items()
        if may_in_study(study, user, NEEDS.get(key, StudyAct.SEE_PROTOCOL))
    ]
    if may_in_study(study, user, StudyAct.SEE_PROGRESS):
        found.append(
            Tab("reference", gettext("Reference standard"), reverse("reader_studies:reference", args=[study.pk]))
        )
        if study.locked_at is not None:
            found.append(Tab("progress", gettext("Progress"), reverse("reader_studies:progress", args=[study.pk])))
    if study.status == StudyStatus.CLOSED and may_in_study(study, user, StudyAct.ANALYSE):
        found.append(Tab("analysis", gettext("Analysis"), reverse("reader_studies:analysis", args=[study.pk])))
        found.append(Tab("package", gettext("Package"), reverse("reader_studies:package", args=[study.pk])))
    return found
