"""Start one worker in the foreground: ``python -m config.worker inference|default|beat``.

The inference worker takes one job at a time and is the only one that loads the networks: one worker per card, which
``CUDA_VISIBLE_DEVICES`` names. The default worker also keeps the clock (beat), so that exactly one scheduler runs
beside it. A site with several default workers starts them ``--without-beat`` and the clock by itself.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

from django.conf import settings

from config import embedded_postgres
from config.celery import app
from config.env import env_int

# The process that computes is replaced after so many studies, and once it has ever held so much memory: whatever a
# library leaks, and the room that one huge study took, goes back to the machine.
MAX_STUDIES = env_int("DENS_WORKER_MAX_STUDIES", 500, minimum=1)
MAX_MEMORY_MB = env_int("DENS_WORKER_MAX_MEMORY_MB", 6000, minimum=1000)


def _clock() -> list[str]:
    return ["--schedule", str(settings.STATE_DIR / "celerybeat-schedule")]


def arguments(queue: str, name: str, *, beat: bool = True) -> list[str]:
    """The Celery command line of a worker for ``queue``, or of the clock alone."""
    if queue == "beat":
        return ["beat", "--loglevel", "WARNING", "--pidfile", "", *_clock()]
    common = ["worker", "--queues", queue, "--hostname", f"{name}@{socket.gethostname()}", "--loglevel", "WARNING"]
    common += ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # nobody listens to events: a row says it
    if queue == "inference":
        recycled = ["--max-tasks-per-child", str(MAX_STUDIES), "--max-memory-per-child", str(MAX_MEMORY_MB * 1024)]
        return [*common, "--concurrency", "1", *recycled, "--include", "inference.tasks"]
    return [*common, "--concurrency", "2", *(["--beat", *_clock()] if beat else [])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", choices=["inference", "default", "beat"])
    parser.add_argument("--name", default="")
    parser.add_argument("--without-beat", action="store_true", help="another process keeps the clock")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DENS_DATABASE_POOL", "0")  # a pool does not survive the fork of the children
    # Asked whether there is a card, torch would start the driver, which no child could use any more after the fork.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    if settings.EMBEDDED_CLUSTER is not None:
        embedded_postgres.keep_up(settings.STATE_DIR)
    name = options.name or f"{options.queue}-{os.getpid()}"
    sys.exit(app.start(arguments(options.queue, name, beat=not options.without_beat)))


if __name__ == "__main__":
    main()
