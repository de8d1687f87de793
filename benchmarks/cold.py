"""What a fresh process costs: imports, weights, the first study, and the whole command."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.tables import show

_SCRIPT = """
import json, sys, time
began = time.perf_counter()
import inference.pipeline as pipeline
from inference import weights
imported = time.perf_counter()
for name in weights.NAMES:
    weights.load(name)
loaded = time.perf_counter()
from pathlib import Path
pipeline.run([Path(sys.argv[1])], device=sys.argv[2])
analysed = time.perf_counter()
print(json.dumps({"imports": imported - began, "weights": loaded - imported, "first study": analysed - loaded}))
"""


def measure(study: Path, device: str, folder: Path) -> dict[str, Any]:
    """Two runs of each, the faster one counts: the first may read from a cold disk."""
    parts = [json.loads(_run([sys.executable, "-c", _SCRIPT, str(study), device])[1]) for _ in range(2)]
    found: dict[str, Any] = {name: round(min(part[name] for part in parts), 3) for name in parts[0]}
    if importlib.util.find_spec("django") is None:
        found["command"] = None
        print("\nmanage.py analyse: not measured, Django is not installed here")
    else:
        command = [sys.executable, "manage.py", "analyse", str(study), "--json", str(folder / "cold.json")]
        found["command"] = round(min(_run([*command, "--device", device])[0] for _ in range(2)), 3)
    rows = [(name, value) for name, value in found.items() if value is not None]
    show("Seconds in a fresh process", ("part", "seconds"), rows)
    return found


def _run(command: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stdout
