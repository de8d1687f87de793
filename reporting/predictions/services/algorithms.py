"""Registering which program with which weights is known here, and activating what ships at the first set-up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.predictions.models import Algorithm, AlgorithmKind, AlgorithmStatus
from reporting.predictions.states import ALGORITHM_TRANSITIONS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,31}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@transaction.atomic
def register_algorithm(
    *,
    name: str,
    version: str,
    weights_sha256: str,
    applicability: str,
    kind: AlgorithmKind = AlgorithmKind.BUILT_IN,
    fills_reports: bool = False,
    origin: Mapping[str, Any] | None = None,
    card: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, float] | None = None,
    by: User | None,
) -> Algorithm:
    """Make the algorithm known; done again it changes nothing. Registered is not active: see ``services.activation``.

    ``applicability`` is printed with every value ("trained on synthetic images; not for clinical use").

    Raises:
        InvalidInput: name, version, digest or applicability is missing or malformed, or the name is in use for an
            algorithm with another part in reports.
    """
    well_formed = _NAME.fullmatch(name) and _VERSION.fullmatch(version) and _SHA256.fullmatch(weights_sha256)
    if not well_formed or not 0 < len(applicability) <= 256:
        raise InvalidInput("An algorithm needs a name, a version, the sha256 of its weights and its applicability")
    if Algorithm.objects.filter(name=name).exclude(fills_reports=fills_reports).exists():
        # Activated, it would end the other one: a name is either what fills reports or what is shown beside them.
        raise InvalidInput("An algorithm of this name has another part in reports; choose another name")
    algorithm, is_new = Algorithm.objects.get_or_create(
        name=name,
        version=version,
        weights_sha256=weights_sha256,
        defaults={
            "applicability": applicability,
            "kind": kind,
            "fills_reports": fills_reports,
            "origin": dict(origin or {}),
            "card": dict(card or {}),
            "thresholds": dict(thresholds or {}),
        },
    )
    if is_new:
        data = {**identity(algorithm), "kind": algorithm.kind, "applicability": applicability}
        record(AuditAct.ALGORITHM_REGISTERED, by=by, about=algorithm, data=data)
    return algorithm


@transaction.atomic
def activate_at_set_up(algorithm: Algorithm, *, in_place_of: Algorithm | None = None) -> bool:
    """Activate what ships, without two people: only where no version of that name was ever active.

    ``in_place_of``: the active version, where it cannot be run on this installation any more. Returns whether
    ``algorithm`` is active now. Every other change is a proposal and an activation by two people.
    """
    row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    if row.status == AlgorithmStatus.ACTIVE:
        return True
    if row.kind != AlgorithmKind.BUILT_IN or row.status != AlgorithmStatus.REGISTERED:
        return False
    others = Algorithm.objects.select_for_update().filter(name=row.name, activated_at__isnull=False)
    unusable = in_place_of is not None and in_place_of.pk in {one.pk for one in others.filter(status="active")}
    if others.exists() and not unusable:
        return False
    if in_place_of is not None and unusable:
        retire_row(in_place_of, by=None, data={"reason": "cannot be run here any more", "set_up": True})
    activate_row(row, by=None, data={"set_up": True})
    algorithm.refresh_from_db()
    return True


def activate_row(row: Algorithm, *, by: User | None, data: Mapping[str, Any]) -> None:
    """State, change and audit of an activation; who may do it, the caller has decided. Needs a transaction."""
    ALGORITHM_TRANSITIONS.check(AlgorithmStatus(row.status), AlgorithmStatus.ACTIVE)
    Algorithm.objects.filter(pk=row.pk).update(
        status=AlgorithmStatus.ACTIVE, activated_by=by, activated_at=Now(), retired_by=None, retired_at=None
    )
    record(AuditAct.ALGORITHM_ACTIVATED, by=by, about=row, data={**identity(row), **data})


def retire_row(row: Algorithm, *, by: User | None, data: Mapping[str, Any]) -> None:
    """State, change and audit of a retirement; who may do it, the caller has decided. Needs a transaction."""
    ALGORITHM_TRANSITIONS.check(AlgorithmStatus(row.status), AlgorithmStatus.RETIRED)
    Algorithm.objects.filter(pk=row.pk).update(status=AlgorithmStatus.RETIRED, retired_by=by, retired_at=Now())
    record(AuditAct.ALGORITHM_RETIRED, by=by, about=row, data={**identity(row), **data})


def identity(algorithm: Algorithm) -> dict[str, Any]:
    """What an audit event says about which algorithm it was."""
    return {"name": algorithm.name, "version": algorithm.version, "weights_sha256": algorithm.weights_sha256}
