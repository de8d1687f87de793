"""Programs that run beside a measurement, and our web server as sites run it: gunicorn, its threads and processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.own_database import ROOT
from benchmarks.peers import free_port, status, wait_for


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def web_server(environment: Mapping[str, str]) -> Iterator[int]:
    """The port at which it answers, over the state and database that the environment names."""
    port = free_port()
    gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--config", "config/gunicorn.py"]
    with running([*gunicorn, "config.wsgi:application"], {**environment, "DENS_BIND": f"127.0.0.1:{port}"}) as web:
        wait_for(lambda: status(port, "/healthz/live/") < 500, web, "the web server")
        yield port
