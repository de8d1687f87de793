"""Asking a worker for images, an analysis or a package. A message may be lost: the row is the order, the clock asks."""

from __future__ import annotations

import logging
from functools import partial

from celery import current_app
from django.db import transaction

COPY_IMAGES = "reporting.copy_case_images"
ANALYSE = "reporting.analyse_reader_studies"
PACKAGE = "reporting.package_reader_studies"

logger = logging.getLogger(__name__)


def announce_copying_on_commit() -> None:
    transaction.on_commit(announce_copying, robust=True)


def announce_analysis_on_commit() -> None:
    transaction.on_commit(partial(_send, ANALYSE), robust=True)


def announce_packaging_on_commit() -> None:
    transaction.on_commit(partial(_send, PACKAGE), robust=True)


def announce_copying() -> None:
    _send(COPY_IMAGES)


def _send(task: str) -> None:
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception:
        # Every transport raises errors of its own, and none of them may undo what is already committed.
        logger.exception("no worker could be told; the clock will")
