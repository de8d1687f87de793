"""Each worker writes a row every few seconds, from the processes that do the work.

Not from the worker's main process: a database connection open there would be inherited by every child it forks. A child
that hangs without releasing the interpreter falls silent, which is what the row is for.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.signals import worker_init, worker_process_init
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from reporting.predictions.services import note_worker_alive

logger = logging.getLogger(__name__)
_queues: list[str] = []


@worker_init.connect
def _remember_queues(sender: Any, **kwargs: Any) -> None:
    _queues[:] = sorted(sender.app.amqp.queues.consume_from)


@worker_process_init.connect
def _start(sender: Any, **kwargs: Any) -> None:
    threading.Thread(target=_keep_saying, args=(str(sender or "worker"),), name="presence", daemon=True).start()


def _keep_saying(name: str) -> None:
    started_at = timezone.now()
    pause = threading.Event()
    while True:
        try:
            note_worker_alive(name, queues=_queues, started_at=started_at)
        except Error:
            logger.warning("presence not written: the database does not answer")
        finally:
            connection.close()
        pause.wait(settings.WORKER_HEARTBEAT_S)
