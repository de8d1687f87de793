"""What a question costs: time until the answer, and work done for it by this process and by its part of the database.

On a machine that is busy with other things the first grows and the second hardly. Django must be set up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection


def spent_ms(call: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds to wait, and milliseconds of a core. The database's is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    began, worked = time.perf_counter(), _work_ms(backend)
    call()
    return 1000 * (time.perf_counter() - began), _work_ms(backend) - worked


def _work_ms(backend: int) -> float:
    nanoseconds = int(Path(f"/proc/{backend}/schedstat").read_text().split()[0])
    return 1000 * time.process_time() + nanoseconds / 1e6
