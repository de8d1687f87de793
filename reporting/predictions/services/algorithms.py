"""Registering which program with which weights may speak."""

from __future__ import annotations

import re

from django.db import transaction
from django.db.models.functions import Now

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.predictions.models import Algorithm


@transaction.atomic
def register_algorithm(
    *, name: str, version: str, weights_sha256: str, applicability: str, activate: bool, by: User | None
) -> Algorithm:
    """Make the algorithm known, and with ``activate`` the one that new jobs use; done again it changes nothing.

    ``applicability`` is printed with every value ("trained on synthetic images; not for clinical use").

    Raises:
        InvalidInput: name, version, digest or applicability is missing or malformed.
    """
    if not name or not version or not applicability or not re.fullmatch(r"[0-9a-f]{64}", weights_sha256):
        raise InvalidInput("An algorithm needs a name, a version, the sha256 of its weights and its applicability")
    algorithm, is_new = Algorithm.objects.get_or_create(
        name=name, version=version, weights_sha256=weights_sha256, defaults={"applicability": applicability}
    )
    identity = {"name": name, "version": version, "weights_sha256": weights_sha256}
    if is_new:
        record(AuditAct.ALGORITHM_REGISTERED, by=by, about=algorithm, data={**identity, "applicability": applicability})
    if activate and not algorithm.is_active:
        Algorithm.objects.filter(is_active=True).update(is_active=False, updated_at=Now())
        Algorithm.objects.filter(pk=algorithm.pk).update(is_active=True, updated_at=Now())
        record(AuditAct.ALGORITHM_ACTIVATED, by=by, about=algorithm, data=identity)
        algorithm.refresh_from_db()
    return algorithm
