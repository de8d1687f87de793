"""Programs run on a database of their own, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def own_database(prefix: str, parent: str = "/tmp") -> Iterator[Callable[..., str]]:  # noqa: S108
    """``run(*arguments)`` runs this Python with them on the new database, and gives what it printed."""
    # A socket's path is short, so the folder is not the one of the other parts.
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        environment = {**os.environ, "DENS_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment.pop("DATABASE_URL", None)

        def run(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
            return done.stdout

        run("manage.py", "migrate", "--verbosity", "0")
        yield run
