"""Start one worker in the foreground: ``python -m config.worker inference|default``.

The inference worker takes one job at a time and is the only one that loads the networks; the default worker also keeps
the clock (beat), so that exactly one scheduler runs beside it.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

from config.celery import app


def arguments(queue: str, name: str) -> list[str]:
    """The Celery command line of a worker for ``queue``."""
    common = ["worker", "--queues", queue, "--hostname", f"{name}@{socket.gethostname()}", "--loglevel", "WARNING"]
    common += ["--without-gossip", "--without-mingle"]
    if queue == "inference":
        return [*common, "--concurrency", "1", "--include", "inference.tasks"]
    from django.conf import settings

    schedule = settings.STATE_DIR / "celerybeat-schedule"
    return [*common, "--concurrency", "2", "--beat", "--schedule", str(schedule)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", choices=["inference", "default"])
    parser.add_argument("--name", default="")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(app.worker_main(arguments(options.queue, options.name or f"{options.queue}-{os.getpid()}")))


if __name__ == "__main__":
    main()
