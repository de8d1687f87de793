"""What an installation holds, as counts and digests: two copies that print the same hold the same.

Used after a restore, a move or an upgrade, and to keep the head of the audit trail somewhere else: a trail whose tail
was cut off still verifies, but no longer ends where it ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet

from reporting.accounts.models import User
from reporting.audit_trail import services as audit_trail
from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import (
    Algorithm,
    BlindDecision,
    BlindReveal,
    BlindRule,
    InferenceJob,
    LabelMap,
    Prediction,
)
from reporting.reports.models import (
    CheckAnswer,
    CriticalAlert,
    CriticalList,
    CriticalNotice,
    EditedText,
    Finding,
    FirstRead,
    LevelMap,
    Report,
    ReportNote,
    ReportTemplate,
    ReportVersion,
    Signature,
)
from reporting.studies.blobs import BlobDamaged, blob_path, kept_digests, verified_path
from reporting.studies.models import Patient, QuarantinedFile, Series, SopInstance, Study, StudyShare

_ROWS: tuple[type[Model], ...] = (
    User,
    Patient,
    Study,
    StudyShare,
    Series,
    SopInstance,
    QuarantinedFile,
    Algorithm,
    InferenceJob,
    Prediction,
    LabelMap,
    BlindRule,
    BlindDecision,
    BlindReveal,
    ReportTemplate,
    CriticalList,
    Report,
    LevelMap,
    Finding,
    CheckAnswer,
    EditedText,
    ReportVersion,
    Signature,
    FirstRead,
    CriticalAlert,
    CriticalNotice,
    ReportNote,
    AuditEvent,
)
# Change by themselves or by looking: not part of what was said.
_LEFT_OUT = {"updated_at", "last_login", "lease_expires_at", "dispatched_at"}


def _digest(rows: QuerySet[Any]) -> tuple[int, str]:
    columns = [field.attname for field in rows.model._meta.concrete_fields if field.attname not in _LEFT_OUT]
    count, digest = 0, hashlib.sha256()
    for row in rows.order_by("pk").values_list(*columns).iterator(chunk_size=2000):
        digest.update(json.dumps(row, default=str, sort_keys=True).encode())
        digest.update(b"\n")
        count += 1
    return count, digest.hexdigest()


def _files(*, read: bool) -> dict[str, Any]:
    """Files that rows point at: how many, how large, which are missing or damaged; and files no row points at."""
    wanted: dict[str, int] = {}
    for model in (SopInstance, QuarantinedFile, LabelMap):
        wanted.update(model._default_manager.values_list("sha256", "size_bytes"))
    missing, damaged = [], []
    for sha256, size in sorted(wanted.items()):
        path = blob_path(sha256)
        if not path.exists():
            missing.append(sha256)
        elif path.stat().st_size != size or (read and not _is_whole(sha256)):
            damaged.append(sha256)
    return {
        "count": len(wanted),
        "bytes": sum(wanted.values()),
        "digest": hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest(),
        "missing": missing,
        "damaged": damaged,
        "without_row": sum(1 for sha256 in kept_digests() if sha256 not in wanted),
        "contents_read": read,
    }


def _is_whole(sha256: str) -> bool:
    try:
        verified_path(sha256)
    except BlobDamaged:
        return False
    return True


def _combined(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def state_digest(*, read_files: bool = False) -> dict[str, Any]:
    """Counts and digests of every table and file, and the head of the audit trail. Changes nothing.

    Files are checked for presence and size; with ``read_files`` their contents are hashed as well. ``state`` is one
    digest over all of it but ``without_row`` (the sweeper may remove those at any time).
    """
    tables = {}
    for model in _ROWS:
        count, digest = _digest(model._default_manager.all())
        tables[model._meta.label_lower] = {"count": count, "digest": digest}
    files = _files(read=read_files)
    sequence, head = audit_trail.head()
    parts = [f"{name} {table['count']} {table['digest']}" for name, table in tables.items()]
    parts += [files["digest"], *files["missing"], *files["damaged"], f"{sequence} {head}"]
    return {
        "state": _combined(parts),
        "tables": tables,
        "files": files,
        "audit_head": {"sequence": sequence, "digest": head},
    }
