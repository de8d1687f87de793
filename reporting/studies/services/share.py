"""Let one more person see a study, and end that."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import NotAllowed, WrongState
from reporting.studies.models import Study, StudyShare


def share_study(study: Study, *, to: User, by: User) -> None:
    """Called inside the act that needs it. Raises :class:`NotAllowed` for somebody who may not see it themselves."""
    if not Study.objects.visible_to(by).filter(pk=study.pk).exists():
        raise NotAllowed(_("You may not see this study"))
    _share, made = StudyShare.objects.get_or_create(study=study, user=to, ended_at=None, defaults={"shared_by": by})
    if made:
        record(AuditAct.STUDY_SHARED, by=by, about=study, data={"to": to.pk})


def may_end_share(share: StudyShare, user: User) -> bool:
    """Who gave it while they may ask colleagues, and those who assign studies."""
    if not Study.objects.visible_to(user).filter(pk=share.study_id).exists():
        return False
    return may(user, Act.STUDY_ASSIGN) or (share.shared_by_id == user.pk and may(user, Act.REPORT_CONSULT))


@transaction.atomic
def end_share(share: StudyShare, *, by: User) -> StudyShare:
    """From now on the person sees the study only if they may for another reason. What they wrote stays.

    Raises :class:`NotAllowed` for others than who gave it or who assigns studies, :class:`WrongState` if it has ended.
    """
    if not may_end_share(share, by):
        require(by, Act.STUDY_ASSIGN)
        raise NotAllowed(_("You may not see this study"))
    ended = StudyShare.objects.filter(pk=share.pk, ended_at__isnull=True).update(ended_at=Now(), ended_by=by)
    if not ended:
        raise WrongState(_("This share has ended already"))
    record(AuditAct.STUDY_SHARE_ENDED, by=by, about=share.study, data={"of": share.user_id})
    share.refresh_from_db()
    return share
