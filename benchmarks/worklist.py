"""How long a page of a long worklist takes, in a database of its own that is thrown away afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.tables import show

ROOT = Path(__file__).resolve().parent.parent


def measure(studies: int, repeats: int) -> dict[str, Any]:
    """``studies`` rows; medians of ``repeats`` in milliseconds for each list, its first page and one far down."""
    # A socket's path is short, so the folder is not the one of the other parts.
    with tempfile.TemporaryDirectory(prefix="dwl-", dir="/tmp") as folder:
        environment = {**os.environ, "DENS_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment.pop("DATABASE_URL", None)

        def run(*command: str) -> str:
            done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
            return done.stdout

        run(sys.executable, "manage.py", "migrate", "--verbosity", "0")
        said = run(sys.executable, "-m", "benchmarks.worklist_pages", str(studies), str(repeats))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    show(
        f"Worklist of {studies} studies, milliseconds",
        ("list", "first page", "far down", "count"),
        [(name, *(float(value) for value in times.values())) for name, times in found["lists"].items()],
    )
    return found
