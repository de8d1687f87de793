"""Start one worker in the foreground: ``python -m config.worker inference|default|beat``.

The inference worker takes one job at a time and is the only one that loads the networks; the default worker also keeps
the clock (beat), so that exactly one scheduler runs beside it. A site with several default workers starts them
``--without-beat`` and the clock by itself.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

from django.conf import settings

from config import embedded_postgres
from config.celery import app


def _clock() -> list[str]:
    return ["--schedule", str(settings.STATE_DIR / "celerybeat-schedule")]


def arguments(queue: str, name: str, *, beat: bool = True) -> list[str]:
    """The Celery command line of a worker for ``queue``, or of the clock alone."""
    if queue == "beat":
        return ["beat", "--loglevel", "WARNING", "--pidfile", "", *_clock()]
    common = ["worker", "--queues", queue, "--hostname", f"{name}@{socket.gethostname()}", "--loglevel", "WARNING"]
    common += ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # nobody listens to events: a row says it
    if queue == "inference":
        return [*common, "--concurrency", "1", "--include", "inference.tasks"]
    return [*common, "--concurrency", "2", *(["--beat", *_clock()] if beat else [])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", choices=["inference", "default", "beat"])
    parser.add_argument("--name", default="")
    parser.add_argument("--without-beat", action="store_true", help="another process keeps the clock")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DENS_DATABASE_POOL", "0")  # a pool does not survive the fork of the children
    if settings.EMBEDDED_CLUSTER is not None:
        embedded_postgres.keep_up(settings.STATE_DIR)
    name = options.name or f"{options.queue}-{os.getpid()}"
    sys.exit(app.start(arguments(options.queue, name, beat=not options.without_beat)))


if __name__ == "__main__":
    main()
