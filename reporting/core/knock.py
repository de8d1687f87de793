"""Telling workers that there is something to do. A message may be lost: a row is the order, and the clock tells again.

So nobody waits long for a broker: where it refuses, the request goes on, and one that takes connections and says
nothing is waited for once, then left alone for a while.
"""

from __future__ import annotations

import logging
import time

from celery import current_app

HANGS_AFTER_S = 1.0
LEFT_ALONE_S = 30.0
_left_alone_until = 0.0  # of this process; by ``time.monotonic``

logger = logging.getLogger(__name__)


def knock(task: str, **ids: str) -> bool:
    """Send ``task`` with ids only; whether it was sent. Never raises, and never tries twice."""
    global _left_alone_until
    began = time.monotonic()
    if began < _left_alone_until:
        return False
    try:
        current_app.send_task(task, kwargs=ids, retry=False, ignore_result=True)
    except Exception:
        # Every transport raises errors of its own, and none of them may undo what is already committed.
        logger.exception("message %s could not be sent; the sweeper will repeat it", task)
        if time.monotonic() - began > HANGS_AFTER_S:
            _left_alone_until = time.monotonic() + LEFT_ALONE_S
        return False
    return True
