"""Windows of rendered phantoms and how each is to be looked at: what is drawn on the processor, patch by patch.

A window holds tissue codes, not greys: bytes travel to the device that trains, and ``patch_images`` makes images there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from monai.transforms import RandBiasField, RandHistogramShift
from numpy.typing import NDArray

from inference.networks import SPACING_MM, STRUCTURES, Plane
from inference.phantom.tissues import TISSUE_COUNT
from inference.phantom.truth import label_map
from inference.training.batches import Batch
from inference.training.contrasts import contrast
from inference.training.dataset import CachedStudy
from reporting.vocabulary import LABEL_VALUES, SeriesRole, Structure

PATCH: dict[Plane, int] = {"sagittal": 192, "axial": 176}
ROLES_OF: dict[Plane, tuple[SeriesRole, ...]] = {
    "sagittal": (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2),
    "axial": (SeriesRole.AXIAL_T2,),
}
OUTSIDE = 255
"""The code of what lies beyond the series; its grey is 0."""
FIELD_KNOTS, CURVE_KNOTS, WARP_KNOTS = 16, 64, 5
_ANYWHERE_SHARE = 0.15
_THIN_SHARE = 0.15
_MARGIN_MM = 5.0  # a warp and the interpolation reach so far beyond a patch
_LOW_ROWS = 4
_DISC_SHARE = 0.5  # few axial slices show a disc, and it is the hardest to tell: from the body above and below

Rng = np.random.Generator
Window = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class PatchSource:
    """Draws training patches of one plane from cached phantoms."""

    plane: Plane
    studies: Sequence[CachedStudy]

    def batch(self, rng: Rng, size: int) -> Batch:
        """Codes (size, 3, samples, rows, columns) and, by name, what ``patch_images.images_of`` needs of each."""
        windows = [self._window(rng) for _ in range(size)]
        shape = np.max([window["codes"].shape[-2:] for window in windows], axis=0)
        for window in windows:
            window["codes"] = _filled(window["codes"], shape, OUTSIDE)
            window["classes"] = _filled(window["classes"], shape, 0)
        stacked = {name: torch.from_numpy(np.stack([window[name] for window in windows])) for name in windows[0]}
        return stacked.pop("codes"), stacked

    def _window(self, rng: Rng) -> Window:
        study = self.studies[int(rng.integers(len(self.studies)))]
        role = ROLES_OF[self.plane][int(rng.integers(len(ROLES_OF[self.plane])))]
        codes, labels = study.codes(role), study.labels(role)
        pixel_mm = np.linalg.norm(study.affine_lps_mm(role)[:3, 1:3], axis=0)
        k, center = _place(labels, pixel_mm, rng)
        look = _look(rng)
        rows, columns = _spans(center, look, pixel_mm, PATCH[self.plane] * SPACING_MM[self.plane], labels.shape[1:])
        share = np.full(codes.shape[1], 1 / codes.shape[1], dtype=np.float32)
        here = labels[k, rows, columns]
        if rng.random() < _THIN_SHARE:  # thin slices show one sample alone, and so does their truth
            one = int(rng.integers(codes.shape[1]))
            share = np.eye(codes.shape[1], dtype=np.float32)[one]
            here = label_map(np.ascontiguousarray(codes[k : k + 1, one : one + 1, rows, columns]), self.plane)[0]
        chosen = [max(0, k - 1), k, min(len(labels) - 1, k + 1)]
        lookup = np.zeros(OUTSIDE + 1, dtype=np.float32)
        lookup[:TISSUE_COUNT] = contrast(role, rng)
        return {
            "codes": np.stack([codes[index, :, rows, columns] for index in chosen]),
            "classes": class_of_label(self.plane)[here],
            "lookup": lookup,
            "share": share,
            "center": np.array([center[0] - rows.start, center[1] - columns.start], dtype=np.float32),
            "pixel_mm": pixel_mm.astype(np.float32),
            **look,
        }


def class_of_label(plane: Plane) -> NDArray[np.uint8]:
    """Label value → class of the plane's network; structures the plane does not name are background."""
    table = np.zeros(256, dtype=np.uint8)
    for index, structure in enumerate(STRUCTURES[plane], start=1):
        table[LABEL_VALUES[structure]] = index
    return table


def _look(rng: Rng) -> Window:
    """Pose, warp, shading and response of one patch, drawn here because MONAI draws them patch by patch."""
    angle = rng.normal(0, 10) if rng.random() < 0.75 else rng.uniform(-35, 35)
    warp = rng.normal(0, 1.2, (2, WARP_KNOTS, WARP_KNOTS)) * (rng.random() < 0.5)  # 1 to 3 mm
    shading = np.ones((FIELD_KNOTS, FIELD_KNOTS), dtype=np.float32)
    if rng.random() < 0.5:
        field = RandBiasField(prob=1.0, degree=3, coeff_range=(0.0, 0.25))
        field.set_random_state(int(rng.integers(2**31)))
        shading = np.asarray(field(shading[None])[0], dtype=np.float32)
    curve = np.linspace(0, 1, CURVE_KNOTS, dtype=np.float32)
    if rng.random() < 0.25:
        shift = RandHistogramShift(num_control_points=(5, 9), prob=1.0)
        shift.set_random_state(int(rng.integers(2**31)))
        curve = np.asarray(shift(curve[None])[0], dtype=np.float32)
    return {
        "angle": np.array(np.deg2rad(angle), dtype=np.float32),
        "scale": np.exp(rng.normal(0, 0.10, 2)).astype(np.float32),
        "warp": warp.astype(np.float32),
        "shading": shading,
        "curve": curve,
    }


def _place(labels: NDArray[np.uint8], pixel_mm: NDArray[np.float64], rng: Rng) -> tuple[int, tuple[float, float]]:
    """A slice and a patch centre, mostly at the spine."""
    count, rows, columns = labels.shape
    k = int(rng.integers(count))
    if rng.random() < _DISC_SHARE:
        for _ in range(3):
            if (labels[k, ::_LOW_ROWS, ::_LOW_ROWS] == LABEL_VALUES[Structure.DISC]).any():
                break
            k = int(rng.integers(count))
    marked = np.argwhere(labels[k, ::_LOW_ROWS, ::_LOW_ROWS])
    if len(marked) == 0 and rng.random() < 0.75:
        k = count // 2
        marked = np.argwhere(labels[k, ::_LOW_ROWS, ::_LOW_ROWS])
    if len(marked) == 0 or rng.random() < _ANYWHERE_SHARE:
        return k, (float(rng.uniform(0, rows)), float(rng.uniform(0, columns)))
    j, i = float(_LOW_ROWS) * marked[int(rng.integers(len(marked)))]
    reach = 22.0 / pixel_mm
    return k, (float(j + rng.uniform(-1, 1) * reach[0]), float(i + rng.uniform(-1, 1) * reach[1]))


def _spans(
    center: tuple[float, float], look: Window, pixel_mm: NDArray[np.float64], side_mm: float, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """The rows and columns of a slice that a turned, scaled patch touches; at least eight of each."""
    half = side_mm / 2 * look["scale"]
    cos, sin = abs(np.cos(look["angle"])), abs(np.sin(look["angle"]))
    reach = (np.array([cos * half[0] + sin * half[1], sin * half[0] + cos * half[1]]) + _MARGIN_MM) / pixel_mm
    spans = []
    for axis in range(2):
        first = int(np.clip(center[axis] - reach[axis], 0, shape[axis] - 8))
        last = int(np.clip(center[axis] + reach[axis] + 1, first + 8, shape[axis]))
        spans.append(slice(first, last))
    return spans[0], spans[1]


def _filled(array: NDArray[Any], shape: NDArray[np.int64], value: int) -> NDArray[Any]:
    """``array`` with ``value`` below and to the right, so that its last two sides become ``shape``."""
    missing = [(0, int(side) - have) for side, have in zip(shape, array.shape[-2:], strict=True)]
    return np.pad(array, [(0, 0)] * (array.ndim - 2) + missing, constant_values=value)
