"""Knocking on the sender's door. A message may be lost: the row is the work order, and the clock knocks each minute."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

SEND_DELIVERIES = "reporting.send_deliveries"

logger = logging.getLogger(__name__)


def announce_deliveries_on_commit() -> None:
    transaction.on_commit(_send, robust=True)


def _send() -> None:
    try:
        current_app.send_task(SEND_DELIVERIES, retry=False, ignore_result=True)
    except Exception:
        # Every transport raises errors of its own, and none of them may undo what is already committed.
        logger.exception("the sender could not be told; the clock will")
