"""Volume → probabilities on the network's grid, and a label map in the series' own geometry.

Every series is first brought into the canonical order of its plane (``inference.preprocess``): sagittal arrays run
left, inferior, posterior; axial arrays superior, posterior, left (the patient's). The through-plane spacing is kept,
the in-plane spacing becomes ``SPACING_MM``. Only windows around the cord are segmented (``inference.cord_window``):
where it runs is known from another series of the same patient position, or found by a first look at a few slices.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from inference import weights
from inference.cleaning import clean
from inference.cord_window import Windows, around, centre_of_slice, cord_points, runs_through, whole
from inference.networks import SIZE_MULTIPLE, SPACING_MM, STRUCTURES, Plane
from inference.preprocess import canonical
from inference.sampling import onto_grid
from inference.volumes import Volume
from reporting.studies import series_roles
from reporting.vocabulary import LABEL_VALUES, Structure

_NEIGHBOUR_MM = 3.0  # neighbours of a thin slice are taken about this far away, as in a clinical stack
_SCOUT_MM = 20.0  # axial slices looked at to find the cord
# Pixels of a batch. A processor is fastest while a layer's values stay in its caches, a card when it is full.
_BATCH_PIXELS = {"cpu": 150_000, "cuda": 4_000_000}
# Where the cord was seen in another series it must be here too, or the patient moved in between.
_MOVED_MM = 8.0


@dataclass(frozen=True)
class ProbabilityMap:
    """Softmax output ``array`` (class, k, j, i), float32, class 0 background, class c ``STRUCTURES[plane][c - 1]``.

    ``affine_lps_mm`` maps the index (k, j, i) to LPS millimetres. Outside the array the background is certain.
    """

    plane: Plane
    array: NDArray[np.float32]
    affine_lps_mm: NDArray[np.float64]

    def of(self, structure: Structure) -> NDArray[np.float32]:
        """Probability of one structure, (k, j, i)."""
        array: NDArray[np.float32] = self.array[1 + STRUCTURES[self.plane].index(structure)]
        return array

    @property
    def classes(self) -> NDArray[np.uint8]:
        """The most probable class per voxel, (k, j, i)."""
        classes: NDArray[np.uint8] = np.argmax(self.array, axis=0).astype(np.uint8)
        return classes


@dataclass(frozen=True)
class Segmentation:
    """``series`` as it came in; ``image``: the same, canonical and normalised, at its own resolution."""

    series: Volume
    image: Volume
    probabilities: ProbabilityMap

    @cached_property
    def label_map(self) -> Volume:
        """Values of ``LABEL_VALUES`` in the order and geometry of the series."""
        return label_map(self.series, self.probabilities)


def segment(volume: Volume, plane: Plane, cord_lps_mm: NDArray[np.float64] | None = None) -> Segmentation:
    """Segment one series with the network of its plane; ``cord_lps_mm`` as in ``predict``.

    Raises:
        WeightsError: the network's weights are missing or changed.
    """
    network, _ = weights.load(weights.SEGMENTATION_NAMES[plane])
    image = prepared(volume, plane)
    return Segmentation(volume, image, predict(network, image, plane, cord_lps_mm))


def prepared(volume: Volume, plane: Plane) -> Volume:
    """What the networks look at: canonical order, greys scaled, own resolution."""
    image = canonical(volume, series_roles.Plane(plane))
    return image.with_array(normalise(image.array))


def label_map(volume: Volume, probabilities: ProbabilityMap) -> Volume:
    """Labels (``LABEL_VALUES``) on the voxels of ``volume``, from its own probabilities or from fused ones."""
    plane = probabilities.plane
    moved = onto_grid(probabilities.array[1:], probabilities.affine_lps_mm, volume.array.shape, volume.affine_lps_mm)
    most, which = moved.values.max(dim=0)
    background = 1.0 - moved.values.sum(dim=0)
    classes = np.zeros(volume.array.shape, dtype=np.uint8)
    classes[moved.box] = torch.where(most > background, which + 1, 0).numpy()
    values = np.array([0, *(LABEL_VALUES[structure] for structure in STRUCTURES[plane])], dtype=np.uint8)
    return volume.with_array(values[clean(classes, plane, volume.spacing_kji_mm)])


def fuse(first: ProbabilityMap, second: ProbabilityMap) -> ProbabilityMap:
    """Mean of two maps of one plane on the first one's grid (a T1 and a T2 of the same patient position)."""
    moved = onto_grid(second.array[1:], second.affine_lps_mm, first.array.shape[1:], first.affine_lps_mm)
    mean = torch.from_numpy(first.array) * 0.5
    mean[0] += 0.5  # beyond the second map its background is certain
    mean[(0, *moved.box)] -= moved.values.sum(dim=0) * 0.5
    mean[(slice(1, None), *moved.box)] += moved.values * 0.5
    return ProbabilityMap(first.plane, mean.numpy(), first.affine_lps_mm)


def normalise(array: NDArray[np.generic]) -> NDArray[np.float32]:
    """Scale the 1st to 99.5th percentile to 0…1; a constant image becomes zero, what is not finite becomes dark."""
    values = np.nan_to_num(array.astype(np.float32), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.percentile(values[:, ::2, ::2], (1.0, 99.5))
    if high <= low:
        return np.zeros_like(values)
    values -= np.float32(low)
    values /= np.float32(high - low)
    scaled: NDArray[np.float32] = np.clip(values, -0.25, 1.5, out=values)
    return scaled


def predict(
    network: nn.Module, image: Volume, plane: Plane, cord_lps_mm: NDArray[np.float64] | None = None
) -> ProbabilityMap:
    """Probabilities of a canonical, normalised image in windows around its cord (all of it when no cord is seen).

    ``cord_lps_mm``: points (n, 3) of the cord as seen in another series of the same patient position.
    """
    stack, affine = to_network_spacing(image, SPACING_MM[plane])
    here = Volume(stack, affine)
    spacing = here.spacing_kji_mm
    step = max(1, round(_NEIGHBOUR_MM / spacing[0]))
    if cord_lps_mm is not None:
        points = _inside(here.to_index_kji(cord_lps_mm), stack.shape)
        if len(points):
            found = _predicted(network, here, around(points, stack.shape, spacing, plane), step, plane)
            if _agrees(found, points, here):
                return found
    points = _scouted(network, here, step, plane)
    windows = around(points, stack.shape, spacing, plane) if len(points) else whole(np.arange(len(stack)), stack.shape)
    return _predicted(network, here, windows, step, plane)


def cord_in_lps_mm(probabilities: ProbabilityMap) -> NDArray[np.float64]:
    """Points (n, 3) of the cord, for ``predict`` of another series; n is 0 where too little cord is seen."""
    spacing = np.linalg.norm(probabilities.affine_lps_mm[:3, :3], axis=0)
    cord = probabilities.of(Structure.CORD) > 0.5
    points = cord_points(cord, np.arange(len(cord)), spacing, probabilities.plane)
    places: NDArray[np.float64] = points @ probabilities.affine_lps_mm[:3, :3].T + probabilities.affine_lps_mm[:3, 3]
    return places


def same_position(probabilities: ProbabilityMap, cord_lps_mm: NDArray[np.float64]) -> bool:
    """Whether a map shows the cord where another series showed it (points (n, 3)): the patient did not move between."""
    here = Volume(probabilities.array[0], probabilities.affine_lps_mm)
    points = _inside(here.to_index_kji(cord_lps_mm), here.array.shape)
    return len(points) > 0 and _agrees(probabilities, points, here)


def run_network(
    network: nn.Module, stack: NDArray[np.float32], slices: list[int], neighbour_step: int = 1
) -> NDArray[np.float32]:
    """Softmax probabilities (class, len(slices), j, i) of the named slices of ``stack`` (k, j, i)."""
    windows = whole(np.array(slices, dtype=np.intp), stack.shape)
    return np.concatenate(list(_batches(network, stack, windows, neighbour_step)), axis=1)


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 on CUDA; on a CPU whatever the caller has set (float32 unless training says otherwise)."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def resample(
    probabilities: ProbabilityMap, shape: tuple[int, ...], affine_lps_mm: NDArray[np.float64]
) -> ProbabilityMap:
    """Linear resampling to another grid; what lies outside the map is background."""
    moved = onto_grid(probabilities.array[1:], probabilities.affine_lps_mm, shape, affine_lps_mm)
    array = np.zeros((len(probabilities.array), *shape), dtype=np.float32)
    array[0] = 1.0
    array[(0, *moved.box)] = 1.0 - moved.values.sum(dim=0).numpy()
    array[(slice(1, None), *moved.box)] = moved.values.numpy()
    return ProbabilityMap(probabilities.plane, array, affine_lps_mm)


def to_network_spacing(image: Volume, spacing_mm: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """In-plane anti-aliased linear resampling; pixel edges stay where they are."""
    _, rows, columns = image.array.shape
    _, row_mm, column_mm = image.spacing_kji_mm
    size = (max(1, round(rows * row_mm / spacing_mm)), max(1, round(columns * column_mm / spacing_mm)))
    source = torch.from_numpy(np.ascontiguousarray(image.array, dtype=np.float32))[:, None]
    stack = functional.interpolate(source, size=size, mode="bilinear", antialias=True, align_corners=False)[
        :, 0
    ].numpy()
    factors = np.array([1.0, rows / size[0], columns / size[1]])
    affine = image.affine_lps_mm.copy()
    affine[:3, :3] *= factors
    affine[:3, 3] += image.affine_lps_mm[:3, :3] @ ((factors - 1) / 2)
    return stack, affine


def _scouted(network: nn.Module, stack: Volume, step: int, plane: Plane) -> NDArray[np.float64]:
    """Points of the cord on a few slices: axial every two centimetres; sagittal the middle one, others if need be."""
    count, rows, _ = stack.array.shape
    spacing = stack.spacing_kji_mm
    middle = count // 2
    beside = [k for k in range(count // 3, 2 * count // 3 + 1, max(1, count // 6)) if k != middle]
    every = range(0, count, max(1, round(_SCOUT_MM / spacing[0])))
    points = np.empty((0, 3))
    for slices in ([middle], beside) if plane == "sagittal" else (list(every),):
        looked_at = run_network(network, np.asarray(stack.array, dtype=np.float32), slices, step)
        cord = looked_at[1 + STRUCTURES[plane].index(Structure.CORD)] > 0.5
        points = np.concatenate([points, cord_points(cord, np.array(slices), spacing, plane)])
        if runs_through(points, rows, spacing[1]):
            break
    return points


def _inside(index_kji: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    inside = np.all((index_kji > -0.5) & (index_kji < np.array(shape) - 0.5), axis=1)
    return index_kji[inside]


def _agrees(found: ProbabilityMap, points_kji: NDArray[np.float64], here: Volume) -> bool:
    """Whether the cord is seen where another series showed it, within the patient's small movements."""
    seen = here.to_index_kji(cord_in_lps_mm(found))
    if not len(seen):
        return False
    slices = np.unique(np.rint(seen[:, 0]).astype(np.intp))
    rows, columns = np.abs(np.array(centre_of_slice(seen, slices)) - np.array(centre_of_slice(points_kji, slices)))
    apart_mm = [float(np.median(columns)) * here.spacing_kji_mm[2]]
    if found.plane == "axial":  # on a sagittal slice the rows run along the cord
        apart_mm.append(float(np.median(rows)) * here.spacing_kji_mm[1])
    return bool(max(apart_mm) < _MOVED_MM)


def _predicted(network: nn.Module, stack: Volume, windows: Windows, step: int, plane: Plane) -> ProbabilityMap:
    """One map over everything that the windows cover."""
    first = np.array([windows.slices[0], windows.rows.min(), windows.columns.min()])
    height, width = windows.rows.max() - first[1] + windows.size[0], windows.columns.max() - first[2] + windows.size[1]
    array = np.zeros((1 + len(STRUCTURES[plane]), len(windows), height, width), dtype=np.float32)
    array[0] = 1.0
    number = 0
    for batch in _batches(network, np.asarray(stack.array, dtype=np.float32), windows, step):
        for values in batch.swapaxes(0, 1):
            row, column = windows.rows[number] - first[1], windows.columns[number] - first[2]
            array[:, number, row : row + windows.size[0], column : column + windows.size[1]] = values
            number += 1
    affine = stack.affine_lps_mm.copy()
    affine[:3, 3] = stack.to_lps_mm(first.astype(np.float64))
    return ProbabilityMap(plane, array, affine)


@torch.inference_mode()
def _batches(
    network: nn.Module, stack: NDArray[np.float32], windows: Windows, neighbour_step: int
) -> Iterator[NDArray[np.float32]]:
    """Probabilities (class, n, row, column) of the windows in order, some at a time."""
    device = next(network.parameters()).device
    rows, columns = windows.size
    padding = (0, -columns % SIZE_MULTIPLE, 0, -rows % SIZE_MULTIPLE)
    at_once = max(1, _BATCH_PIXELS["cuda" if device.type == "cuda" else "cpu"] // (rows * columns))
    for start in range(0, len(windows), at_once):
        images = np.stack([_triplet(stack, windows, n, neighbour_step) for n in range(len(windows))[start:][:at_once]])
        batch = functional.pad(torch.from_numpy(images).to(device), padding)
        with autocast(device):
            logits = network(batch.contiguous(memory_format=torch.channels_last))
        found = logits[:, :, :rows, :columns].float().softmax(dim=1)
        yield found.cpu().numpy().swapaxes(0, 1)


def _triplet(stack: NDArray[np.float32], windows: Windows, number: int, step: int) -> NDArray[np.float32]:
    """One window of a slice and of its neighbours; at the end of the stack the slice itself again."""
    k, row, column = windows.slices[number], windows.rows[number], windows.columns[number]
    around = [max(0, k - step), k, min(len(stack) - 1, k + step)]
    part: NDArray[np.float32] = stack[around, row : row + windows.size[0], column : column + windows.size[1]]
    return part
