"""Let one more person see a study."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import NotAllowed
from reporting.studies.models import Study, StudyShare


def share_study(study: Study, *, to: User, by: User) -> None:
    """Called inside the act that needs it. Raises :class:`NotAllowed` for somebody who may not see it themselves."""
    if not Study.objects.visible_to(by).filter(pk=study.pk).exists():
        raise NotAllowed(_("You may not see this study"))
    _share, made = StudyShare.objects.get_or_create(study=study, user=to, defaults={"shared_by": by})
    if made:
        record(AuditAct.STUDY_SHARED, by=by, about=study, data={"to": to.pk})
