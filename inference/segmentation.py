"""Volume → probabilities on the network's grid, and a label map in the series' own geometry.

Every series is first brought into the canonical order of its plane (``inference.preprocess``): sagittal arrays run
left, inferior, posterior; axial arrays superior, posterior, left (the patient's). The through-plane spacing is kept,
the in-plane spacing becomes ``SPACING_MM``. Only a window around the cord is segmented; it is found by a first pass
over a few slices of the same network.
"""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn
from torch.nn import functional

from inference import weights
from inference.networks import SIZE_MULTIPLE, SPACING_MM, STRUCTURES, Plane
from inference.preprocess import canonical
from inference.sampling import sample
from inference.volumes import Volume
from reporting.studies import series_roles
from reporting.vocabulary import LABEL_VALUES, Structure

# Reach around the cord of what is segmented, in mm: (before, after) along each canonical axis.
_REACH_MM: dict[Plane, tuple[tuple[float, float], ...]] = {
    "sagittal": ((22.0, 22.0), (np.inf, np.inf), (50.0, 34.0)),
    "axial": ((np.inf, np.inf), (46.0, 34.0), (36.0, 36.0)),
}
# A component farther than this from the cord is not part of the canal's walls.
_CORD_DISTANCE_MM = {
    Structure.SAC: 6.0,
    Structure.PLL: 12.0,
    Structure.LF: 14.0,
    Structure.BODY: 16.0,
    Structure.DISC: 16.0,
}
_NEIGHBOUR_MM = 3.0  # neighbours of a thin slice are taken about this far away, as in a clinical stack
_SCOUT_MM = 20.0  # axial slices looked at to find the cord
_BATCH_PIXELS = 600_000


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
    """``image``: the canonical, normalised series at its own resolution; ``label_map``: values of ``LABEL_VALUES``
    in the order and geometry of the series that came in."""

    image: Volume
    probabilities: ProbabilityMap
    label_map: Volume


def segment(volume: Volume, plane: Plane) -> Segmentation:
    """Segment one series with the network of its plane.

    Raises:
        WeightsError: the network's weights are missing or changed.
    """
    network, _ = weights.load(weights.SEGMENTATION_NAMES[plane])
    image = prepared(volume, plane)
    probabilities = predict(network, image, plane)
    return Segmentation(image, probabilities, label_map(volume, probabilities))


def prepared(volume: Volume, plane: Plane) -> Volume:
    """What the networks look at: canonical order, greys scaled, own resolution."""
    image = canonical(volume, series_roles.Plane(plane))
    return image.with_array(normalise(image.array))


def label_map(volume: Volume, probabilities: ProbabilityMap) -> Volume:
    """Labels (``LABEL_VALUES``) on the voxels of ``volume``, from its own probabilities or from fused ones."""
    plane = probabilities.plane
    classes = resample(probabilities, volume.array.shape, volume.affine_lps_mm).classes
    values = np.array([0, *(LABEL_VALUES[structure] for structure in STRUCTURES[plane])], dtype=np.uint8)
    return volume.with_array(values[clean(classes, plane, volume.spacing_kji_mm)])


def fuse(first: ProbabilityMap, second: ProbabilityMap) -> ProbabilityMap:
    """Mean of two maps of one plane on the first one's grid (a T1 and a T2 of the same patient position)."""
    other = resample(second, first.array.shape[1:], first.affine_lps_mm)
    mean = (first.array + other.array) * np.float32(0.5)
    return ProbabilityMap(first.plane, mean, first.affine_lps_mm)


def normalise(array: NDArray[np.generic]) -> NDArray[np.float32]:
    """Scale the 1st to 99.5th percentile to 0…1; a constant image becomes zero, what is not finite becomes dark."""
    values = np.nan_to_num(array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.percentile(values[:, ::2, ::2], (1.0, 99.5))
    if high <= low:
        return np.zeros_like(values)
    scaled: NDArray[np.float32] = np.clip((values - low) / (high - low), -0.25, 1.5).astype(np.float32)
    return scaled


def predict(network: nn.Module, image: Volume, plane: Plane) -> ProbabilityMap:
    """Probabilities of a canonical, normalised image in a window around its cord (all of it when no cord is seen)."""
    stack, affine = to_network_spacing(image, SPACING_MM[plane])
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    step = max(1, round(_NEIGHBOUR_MM / spacing[0]))
    count = len(stack)
    middle = range(count // 3, 2 * count // 3 + 1, max(1, count // 6))
    scout = middle if plane == "sagittal" else range(0, count, max(1, round(_SCOUT_MM / spacing[0])))
    window = _window_around_cord(
        run_network(network, stack, list(scout), step), list(scout), stack.shape, spacing, plane
    )
    slices, rows, columns = window
    found = run_network(network, stack[:, rows, columns], list(range(count))[slices], step)
    shifted = affine.copy()
    shifted[:3, 3] += affine[:3, :3] @ np.array([slices.start, rows.start, columns.start])
    return ProbabilityMap(plane, found, shifted)


@torch.inference_mode()
def run_network(
    network: nn.Module, stack: NDArray[np.float32], slices: list[int], neighbour_step: int = 1
) -> NDArray[np.float32]:
    """Softmax probabilities (class, len(slices), j, i) of the named slices of ``stack`` (k, j, i)."""
    count, rows, columns = stack.shape
    source = torch.from_numpy(np.ascontiguousarray(stack))
    pad = (0, -columns % SIZE_MULTIPLE, 0, -rows % SIZE_MULTIPLE)
    device = next(network.parameters()).device
    batch = max(1, _BATCH_PIXELS // (rows * columns))
    found = []
    for start in range(0, len(slices), batch):
        triplets = [_neighbours(k, neighbour_step, count) for k in slices[start : start + batch]]
        images = (
            functional.pad(source[torch.tensor(triplets)], pad).contiguous(memory_format=torch.channels_last).to(device)
        )
        with autocast(device):
            logits = network(images)
        found.append(logits.float().softmax(dim=1)[:, :, :rows, :columns].cpu())
    return torch.cat(found).transpose(0, 1).contiguous().numpy()


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 on CUDA; on a CPU whatever the caller has set (float32 unless training says otherwise)."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def resample(
    probabilities: ProbabilityMap, shape: tuple[int, ...], affine_lps_mm: NDArray[np.float64]
) -> ProbabilityMap:
    """Linear resampling to another grid; what lies outside the map is background."""
    source_shape = np.array(probabilities.array.shape[1:])
    to_target = np.linalg.inv(affine_lps_mm) @ probabilities.affine_lps_mm
    corners = np.array(list(itertools.product(*((-0.5, size - 0.5) for size in source_shape))))
    corners = corners @ to_target[:3, :3].T + to_target[:3, 3]
    first = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, shape)
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, first, shape)
    array = np.zeros((len(probabilities.array), *shape), dtype=np.float32)
    array[0] = 1.0
    if (last > first).all():
        index = np.stack(np.meshgrid(*map(np.arange, first, last), indexing="ij"), axis=-1)
        points = index @ affine_lps_mm[:3, :3].T + affine_lps_mm[:3, 3]
        found = sample(probabilities.array[1:], probabilities.affine_lps_mm, points)
        part = array[:, first[0] : last[0], first[1] : last[1], first[2] : last[2]]
        part[1:] = found
        part[0] = 1.0 - found.sum(axis=0)
    return ProbabilityMap(probabilities.plane, array, affine_lps_mm)


def clean(classes: NDArray[np.uint8], plane: Plane, spacing_kji_mm: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Keep the largest cord and, of every other structure, the components that reach the canal's surroundings."""
    boxes = ndimage.find_objects((classes > 0).astype(np.uint8))
    if not boxes:
        return classes
    box = boxes[0]
    part, order = classes[box], STRUCTURES[plane]
    cord = _largest(part == 1 + order.index(Structure.CORD))
    if not cord.any():
        return classes
    kept = np.where(cord, part, 0).astype(np.uint8)
    distance = ndimage.distance_transform_edt(~cord, sampling=spacing_kji_mm)
    for value, structure in enumerate(order, start=1):
        if structure is Structure.CORD:
            continue
        components, count = ndimage.label(part == value)
        if count:
            nearest = ndimage.minimum(distance, components, np.arange(1, count + 1))
            near = np.append(False, np.asarray(nearest) <= _CORD_DISTANCE_MM[structure])
            kept[near[components]] = value
    result = np.zeros_like(classes)
    result[box] = kept
    return result


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    components, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
    if count < 2:
        return mask
    sizes = np.bincount(components.ravel())
    sizes[0] = 0
    return np.asarray(components == sizes.argmax())


def _neighbours(k: int, step: int, count: int) -> list[int]:
    return [max(0, k - step), k, min(count - 1, k + step)]


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


def _window_around_cord(
    scouted: NDArray[np.float32],
    slices: list[int],
    shape: tuple[int, ...],
    spacing_kji_mm: NDArray[np.float64],
    plane: Plane,
) -> tuple[slice, slice, slice]:
    """Index window (k, j, i) around the cord seen in the scouted slices; everything when none is seen."""
    cord = scouted[1 + STRUCTURES[plane].index(Structure.CORD)] > 0.5
    seen = np.argwhere(cord)
    if len(seen) * spacing_kji_mm[1] * spacing_kji_mm[2] < 30.0:
        return slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])
    seen[:, 0] = np.array(slices)[seen[:, 0]]
    low, high = np.percentile(seen, (1, 99), axis=0)
    window = []
    for axis, (before, after) in enumerate(_REACH_MM[plane]):
        first = max(0.0, low[axis] - before / spacing_kji_mm[axis])
        last = min(shape[axis] - 1.0, high[axis] + after / spacing_kji_mm[axis])
        window.append(slice(int(first), int(np.ceil(last)) + 1))
    return window[0], window[1], window[2]
