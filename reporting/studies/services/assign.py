"""Who is to read a study."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, StaleVersion
from reporting.studies.models import Study


@dataclass(frozen=True)
class Assigned:
    """What came of giving several studies; ``refused``: those somebody else has assigned meanwhile, and to whom."""

    given: tuple[Study, ...]
    refused: Mapping[uuid.UUID, str]


@transaction.atomic
def assign_studies(versions: Mapping[uuid.UUID, int], *, to: User | None, by: User) -> Assigned:
    """Give several studies to a radiologist, or to nobody, in one act. ``versions``: the version seen of each.

    Studies that ``by`` may not see are passed over; one that was assigned otherwise meanwhile is left alone.
    Raises :class:`NotAllowed` and :class:`InvalidInput` as :func:`assign_study`.
    """
    require(by, Act.STUDY_ASSIGN)
    _check_reader(to)
    visible = Study.objects.visible_to(by).filter(pk__in=versions).values("pk")
    locked = Study.objects.select_for_update(of=("self",), no_key=True).select_related("assigned_to")
    given: list[Study] = []
    refused: dict[uuid.UUID, str] = {}
    changes = []
    for study in locked.filter(pk__in=visible).order_by("pk"):
        if study.assignment_version != versions[study.pk]:
            refused[study.pk] = study.assigned_to.full_name if study.assigned_to else _("nobody")
            continue
        changes.append({"study": str(study.pk), **_give(study, to)})
        given.append(study)
    if given:
        record(AuditAct.STUDIES_ASSIGNED, by=by, data={"to": str(to.pk) if to else None, "studies": changes})
    return Assigned(tuple(given), refused)


@transaction.atomic
def assign_study(study: Study, *, to: User | None, by: User, expected_version: int) -> Study:
    """Give ``study`` to a radiologist, or to nobody. ``expected_version``: the ``assignment_version`` the actor saw.

    Raises:
        NotAllowed: the actor's role may not assign studies.
        InvalidInput: ``to`` is no active radiologist.
        StaleVersion: somebody else has assigned it meanwhile.
    """
    require(by, Act.STUDY_ASSIGN)
    _check_reader(to)
    study = Study.objects.select_for_update(of=("self",), no_key=True).select_related("assigned_to").get(pk=study.pk)
    if study.assignment_version != expected_version:
        now = study.assigned_to.full_name if study.assigned_to else _("nobody")
        raise StaleVersion(
            _("Somebody else has assigned this study meanwhile: to %(reader)s. Nothing was changed.") % {"reader": now},
            details={"assignment_version": study.assignment_version},
        )
    record(AuditAct.STUDY_ASSIGNED, by=by, about=study, data=_give(study, to))
    return study


def _check_reader(to: User | None) -> None:
    if to is not None and not (to.is_active and Role(to.role) in (Role.JUNIOR, Role.SENIOR)):
        raise InvalidInput(_("A study can only be given to an active radiologist"))


def _give(study: Study, to: User | None) -> dict[str, str | None]:
    """Change a locked study; returns what the trail is told."""
    before = study.assigned_to_id
    study.assigned_to = to
    study.assignment_version += 1
    study.save(update_fields=["assigned_to", "assignment_version", "updated_at"])
    return {"from": str(before) if before else None, "to": str(to.pk) if to else None}
