"""Who is to read a study."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, StaleVersion
from reporting.studies.models import Study


@transaction.atomic
def assign_study(study: Study, *, to: User | None, by: User, expected_version: int) -> Study:
    """Give ``study`` to a radiologist, or to nobody. ``expected_version``: the ``assignment_version`` the actor saw.

    Raises:
        NotAllowed: the actor's role may not assign studies.
        InvalidInput: ``to`` is no active radiologist.
        StaleVersion: somebody else has assigned it meanwhile.
    """
    require(by, Act.STUDY_ASSIGN)
    if to is not None and not (to.is_active and Role(to.role) in (Role.JUNIOR, Role.SENIOR)):
        raise InvalidInput(_("A study can only be given to an active radiologist"))
    study = Study.objects.select_for_update(of=("self",), no_key=True).select_related("assigned_to").get(pk=study.pk)
    if study.assignment_version != expected_version:
        now = study.assigned_to.full_name if study.assigned_to else _("nobody")
        raise StaleVersion(
            _("Somebody else has assigned this study meanwhile: to %(reader)s. Nothing was changed.") % {"reader": now},
            details={"assignment_version": study.assignment_version},
        )
    before = study.assigned_to_id
    study.assigned_to = to
    study.assignment_version += 1
    study.save(update_fields=["assigned_to", "assignment_version", "updated_at"])
    data = {"from": str(before) if before else None, "to": str(to.pk) if to else None}
    record(AuditAct.STUDY_ASSIGNED, by=by, about=study, data=data)
    return study
