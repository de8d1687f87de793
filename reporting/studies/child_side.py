"""The side of ``bounded_child`` that runs in the child: limits first, then one answer per request.

Started as ``python -m MODULE MEMORY_BYTES CPU_SECONDS``. It has no secrets in its environment and cannot write files.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path


def serve(answer: Callable[..., Iterable[bytes]]) -> None:
    """Answer each path (and wishes) that comes in with one line, and the bytes that ``answer`` lets follow it."""
    memory_bytes, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Decoders written in C print what they find odd; that must not stand among our answers.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            _allow_cpu(cpu_seconds)
            path, wishes = json.loads(line)
            for piece in answer(Path(path), **wishes):
                out.write(piece)
            out.flush()


def _allow_cpu(seconds: int) -> None:
    """Move the soft limit, so that each request has its own budget; the kernel ends the child that passes it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))
