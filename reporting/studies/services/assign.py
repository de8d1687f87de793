"""Who is to read a study."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.studies.models import Study


@transaction.atomic
def assign_study(study: Study, *, to: User | None, by: User) -> Study:
    """Give ``study`` to a radiologist, or to nobody.

    Raises:
        NotAllowed: the actor's role may not assign studies.
        InvalidInput: ``to`` is no active radiologist.
    """
    require(by, Act.STUDY_ASSIGN)
    if to is not None and not (to.is_active and Role(to.role) in (Role.JUNIOR, Role.SENIOR)):
        raise InvalidInput(_("A study can only be given to an active radiologist"))
    study = Study.objects.select_for_update().get(pk=study.pk)
    before = study.assigned_to_id
    study.assigned_to = to
    study.save(update_fields=["assigned_to", "updated_at"])
    data = {"from": str(before) if before else None, "to": str(to.pk) if to else None}
    record(AuditAct.STUDY_ASSIGNED, by=by, about=study, data=data)
    return study
