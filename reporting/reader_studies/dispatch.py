"""Asking a worker to make images ready. A message may be lost: the row is the work order, and the clock asks again."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

COPY_IMAGES = "reporting.copy_case_images"

logger = logging.getLogger(__name__)


def announce_copying_on_commit() -> None:
    transaction.on_commit(announce_copying, robust=True)


def announce_copying() -> None:
    try:
        current_app.send_task(COPY_IMAGES, retry=False, ignore_result=True)
    except Exception:
        # Every transport raises errors of its own, and none of them may undo what is already committed.
        logger.exception("no worker could be told to copy images; the clock will")
