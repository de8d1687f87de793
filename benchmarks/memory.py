"""Main memory of this program. What ``getrusage`` says includes the one that started it, before this one took over."""

from __future__ import annotations

import os
import re
from pathlib import Path


def peak_mb() -> float:
    """The most this program ever held, MiB."""
    (held,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(held) / 1024


def resident_mb() -> float:
    """Main memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def helpers_peak_mb() -> float:
    """The most memory that the processes which decode pixels and read headers for this one ever held together."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    total = 0.0
    for child in children:
        lines = Path(f"/proc/{child}/status").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return total
