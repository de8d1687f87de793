"""Liveness and readiness, without login and without a word about patients, accounts or versions.

Ready means: pages can be served. What is missing beside that (no worker, no broker, little space) is said aloud as
``degraded``, because reports can still be read and signed.
"""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from config.celery import app
from reporting.predictions.models import WorkerHeartbeat

log = logging.getLogger(__name__)

# The page is open to everybody: asking often must not open a connection each time.
_ANSWER_KEPT_S = 3.0
_last_answer: tuple[float, dict[str, Any]] = (0.0, {})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, OSError) as error:
        log.error("database is not reachable: %s", type(error).__name__)
        return "unreachable"
    return "ok"


def _broker() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:  # every transport raises its own kinds; all mean the same here
        log.error("broker is not reachable: %s", type(error).__name__)
        return "unreachable"
    return "ok"


def _storage() -> str:
    folder: Path = settings.BLOB_DIR
    while not folder.exists():
        folder = folder.parent
    return "ok" if shutil.disk_usage(folder).free >= settings.MIN_FREE_BYTES else "full"


def _worker(queue: str) -> str:
    workers = WorkerHeartbeat.objects.consuming(queue)
    if workers.alive().exists():
        return "ok"
    return "silent" if workers.exists() else "never seen"


def state() -> dict[str, Any]:
    """``status`` (ok, degraded, unavailable) and one word per part."""
    checks = {"database": _database(), "storage": _storage(), "broker": _broker()}
    if checks["database"] == "ok":
        checks |= {f"worker_{queue}": _worker(queue) for queue in ("inference", "default")}
    if checks["database"] != "ok":
        status = "unavailable"
    else:
        status = "ok" if set(checks.values()) == {"ok"} else "degraded"
    return {"status": status, "checks": checks}


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served (``degraded`` included), 503 without a database."""
    global _last_answer
    asked_at, answer = _last_answer
    if not answer or time.monotonic() - asked_at > _ANSWER_KEPT_S:
        answer = state()
        _last_answer = (time.monotonic(), answer)
    return JsonResponse(answer, status=503 if answer["status"] == "unavailable" else 200)
