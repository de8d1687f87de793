"""Phantom studies of clinical size to measure with: about 12 sagittal and 40 axial slices of 320 × 320."""

from __future__ import annotations

import time
from pathlib import Path

from inference.intake import collect
from inference.phantom import write_study
from inference.selection import load
from inference.volumes import Volume
from reporting.vocabulary import SeriesRole

FIRST_SEED = 940_001
MATRIX = 320


def write(folder: Path, count: int) -> tuple[list[Path], list[float]]:
    """That many studies below ``folder``, and the seconds each took (the first compiles the renderer)."""
    paths, seconds = [], []
    for number in range(count):
        began = time.perf_counter()
        path = folder / f"study{number + 1}"
        write_study(path, FIRST_SEED + number, matrix=MATRIX)
        seconds.append(time.perf_counter() - began)
        paths.append(path)
    return paths, seconds


def volume_of(study: Path, role: SeriesRole) -> Volume:
    """The voxels of the study's series of that role."""
    series = load(collect([study]).series).best(role)
    if series is None:
        raise LookupError(f"the phantom study has no {role.value}")
    return series.volumes[0]
