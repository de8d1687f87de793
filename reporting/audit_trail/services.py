"""The only writer of the audit trail, and its verifier."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, models, transaction
from django.utils import timezone

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.request_id import remote_address, request_id

# One writer at a time, so that the chain cannot fork; any constant of our own will do.
_CHAIN_LOCK = 0x44454E53
GENESIS = "0" * 64


def event_digest(event: AuditEvent) -> str:
    """HMAC-SHA256 over a row's canonical JSON and its predecessor's digest; the key is kept outside the database."""
    content = {
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "act": event.act,
        "actor": str(event.actor_id or ""),
        "actor_role": event.actor_role,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "outcome": event.outcome,
        "data": event.data,
        "request_id": event.request_id,
        "remote_address": event.remote_address,
        "previous_digest": event.previous_digest,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def record(
    act: AuditAct,
    *,
    by: AbstractBaseUser | None,
    about: models.Model | None = None,
    outcome: str = "success",
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event inside the caller's transaction: it is kept exactly when the act itself is kept.

    ``data`` must be JSON and free of patient data. Raises ``ValueError`` for an act that is not listed.
    """
    if not isinstance(act, AuditAct):
        raise ValueError(f"unknown act {act!r}")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
            # Through the database once, so that the digest is over exactly what it gives back: -0.0 comes back as 0.0.
            cursor.execute("SELECT %s::jsonb::text", [json.dumps(data or {}, default=str, allow_nan=False)])
            (kept,) = cursor.fetchone() or ("{}",)
        last = AuditEvent.objects.order_by("-sequence").values("sequence", "digest").first()
        event = AuditEvent(
            sequence=(last["sequence"] + 1) if last else 1,
            at=timezone.now(),
            act=act.value,
            actor_id=by.pk if by is not None else None,
            actor_role=getattr(by, "role", "") if by is not None else "",
            object_type=about._meta.label if about is not None else "",
            object_id=str(about.pk) if about is not None else "",
            outcome=outcome,
            data=json.loads(kept),
            request_id=request_id.get(),
            remote_address=remote_address.get(),
            previous_digest=last["digest"] if last else GENESIS,
        )
        event.digest = event_digest(event)
        event.save(force_insert=True)
    return event


@dataclass(frozen=True)
class ChainBreak:
    """The first row that does not fit, and why."""

    sequence: int
    reason: str


def verify_chain() -> ChainBreak | None:
    """Walk the whole trail; return the first broken row, or ``None`` when every link holds.

    A cut-off tail cannot be seen from inside: compare ``head()`` with one kept elsewhere (``state_digest``).
    """
    expected_sequence, previous = 1, GENESIS
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        if event.sequence != expected_sequence:
            return ChainBreak(expected_sequence, "row is missing")
        if event.previous_digest != previous:
            return ChainBreak(event.sequence, "does not follow the row before it")
        if not hmac.compare_digest(event.digest, event_digest(event)):
            return ChainBreak(event.sequence, "content does not match its digest")
        expected_sequence, previous = event.sequence + 1, event.digest
    return None


def head() -> tuple[int, str]:
    """Sequence and digest of the newest event, (0, zeros) for an empty trail."""
    last = AuditEvent.objects.order_by("-sequence").values_list("sequence", "digest").first()
    return last or (0, GENESIS)
