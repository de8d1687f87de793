"""What each role may do within its reader study: one table, deny unless it allows."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.errors import NotAllowed
from reporting.reader_studies.words import StudyRole

if TYPE_CHECKING:
    from reporting.reader_studies.models import ReaderStudy


class StudyAct(StrEnum):
    SEE_PROTOCOL = "protocol.see"
    SEE_PEOPLE = "people.see"  # by name; who analyses knows them by number only
    DESIGN = "design"
    RUN = "run"  # lock, amend, withdraw a reader, retract a case, close
    READ = "read"
    JUDGE = "judge"  # say what is true, from one's seat
    SET_TRUTH = "truth.set"  # seat the panel, import reference values
    SEE_PROGRESS = "progress.see"  # how many, never what
    ANALYSE = "analyse"  # ask for the analysis and see it, once the reading is closed


IN_STUDY: dict[StudyRole, frozenset[StudyAct]] = {
    StudyRole.OWNER: frozenset(
        {
            StudyAct.SEE_PROTOCOL,
            StudyAct.SEE_PEOPLE,
            StudyAct.DESIGN,
            StudyAct.RUN,
            StudyAct.SET_TRUTH,
            StudyAct.SEE_PROGRESS,
            StudyAct.ANALYSE,
        }
    ),
    StudyRole.COORDINATOR: frozenset({StudyAct.SEE_PROTOCOL, StudyAct.SEE_PEOPLE, StudyAct.SEE_PROGRESS}),
    StudyRole.READER: frozenset({StudyAct.READ}),
    StudyRole.ADJUDICATOR: frozenset({StudyAct.JUDGE}),
    StudyRole.STATISTICIAN: frozenset({StudyAct.SEE_PROTOCOL, StudyAct.ANALYSE}),
}


def may_in_study(study: ReaderStudy, user: User, act: StudyAct) -> bool:
    """The account's own role must allow it today: who is given rights on patients reads no more from that moment on."""
    member = study.members.filter(user=user, ended_at__isnull=True).first()
    return may(user, Act.READER_STUDY_VIEW) and member is not None and act in IN_STUDY[StudyRole(member.role)]


def require_in_study(study: ReaderStudy, user: User, act: StudyAct) -> None:
    """Raise :class:`NotAllowed` unless this person's role in this study allows ``act``."""
    if not may_in_study(study, user, act):
        raise NotAllowed(_("Your role in this reader study may not do this"))
