"""The log of one training run: JSON lines in a plain file, one per report, readable while it runs and for ever."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunLog:
    """Appends to ``path``. A resumed run goes on in the same file, after a line that says so."""

    path: Path

    def write(self, event: str, **facts: Any) -> None:
        """One line: when, what, and the facts. What is not finite becomes null, so that every reader can parse it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        plain = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in facts.items()}
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **plain}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
