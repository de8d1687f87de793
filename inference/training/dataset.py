"""Rendered phantoms on disk: tissue codes once, images of any contrast from them as often as wanted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.networks import Plane
from inference.phantom.acquisition import study_grids
from inference.phantom.draw import draw_spec
from inference.phantom.render import Grid, render_codes
from inference.phantom.truth import label_map, truth_record
from inference.training.parallel import in_processes
from reporting.vocabulary import SeriesRole

ROLES = (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2, SeriesRole.AXIAL_T2)
PLANE_OF: dict[SeriesRole, Plane] = {
    SeriesRole.SAGITTAL_T1: "sagittal",
    SeriesRole.SAGITTAL_T2: "sagittal",
    SeriesRole.AXIAL_T2: "axial",
}
THROUGH_PLANE_SAMPLES = 3
MARGIN_MM = 0.5


@dataclass(frozen=True)
class CachedStudy:
    """One rendered phantom. Codes are memory-mapped, so opening many costs little."""

    path: Path

    @property
    def seed(self) -> int:
        return int(self.path.name)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.path / "study.json").read_text())
        return facts

    @property
    def truth(self) -> dict[str, Any]:
        record: dict[str, Any] = self._facts["truth"]
        return record

    def affine_lps_mm(self, role: SeriesRole) -> NDArray[np.float64]:
        return np.array(self._facts["affines"][role.value], dtype=np.float64)

    def codes(self, role: SeriesRole) -> NDArray[np.uint8]:
        """Tissue codes (k, sample, j, i) in the canonical order of the role's plane."""
        codes: NDArray[np.uint8] = np.load(self.path / f"{self._facts['files'][role.value]}.npy", mmap_mode="r")
        return codes

    def labels(self, role: SeriesRole) -> NDArray[np.uint8]:
        """True labels (k, j, i), values of ``LABEL_VALUES``."""
        labels: NDArray[np.uint8] = np.load(self.path / f"{self._facts['files'][role.value]}_labels.npy", mmap_mode="r")
        return labels


def render_studies(
    root: Path, seeds: Sequence[int], report: Callable[[str], None] = print, *, processes: int = 1
) -> list[CachedStudy]:
    """Render every seed that is not there yet; several programs may share the folder and the work."""
    missing = [root / str(seed) for seed in seeds if not (root / str(seed)).exists()]
    # The first one alone: it compiles the phantom for all the others.
    for count, _ in enumerate(chain(map(_render, missing[:1]), in_processes(_render, missing[1:], processes)), 1):
        if count % 50 == 0 or count == len(missing):
            report(f"rendered {count} of {len(missing)} phantoms")
    return [CachedStudy(root / str(seed)) for seed in seeds]


def _render(path: Path) -> None:
    """Written beside and renamed, so that a folder that exists is complete."""
    if path.exists():
        return
    seed = int(path.name)
    # Every fourth patient has sizes near the thresholds too: sizes are learnt there, and sureness is lost there.
    spec = draw_spec(seed, margin_mm=None if seed % 4 == 3 else MARGIN_MM)
    grids = study_grids(spec, np.random.default_rng([seed, 1]))
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    written: list[tuple[Grid, str]] = []
    for role in ROLES:
        grid = grids[role]
        same = [name for other, name in written if _equal(grid, other)]
        files[role.value] = same[0] if same else role.value
        if not same:
            codes = render_codes(spec, grid, THROUGH_PLANE_SAMPLES)
            np.save(beside / f"{role.value}.npy", codes)
            np.save(beside / f"{role.value}_labels.npy", label_map(codes, PLANE_OF[role]))
            written.append((grid, role.value))
    affines = {role.value: grids[role].affine_lps_mm.tolist() for role in ROLES}
    facts = {"seed": seed, "affines": affines, "files": files, "truth": truth_record(spec)}
    (beside / "study.json").write_text(json.dumps(facts))
    try:
        beside.rename(path)
    except OSError:  # another process was faster
        shutil.rmtree(beside)


def _equal(grid: Grid, other: Grid) -> bool:
    return grid.shape_kji == other.shape_kji and np.allclose(grid.affine_lps_mm, other.affine_lps_mm)
