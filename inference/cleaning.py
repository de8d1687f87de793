"""Of a raw class map, keep what belongs to the canal and its walls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.networks import STRUCTURES, Plane
from reporting.vocabulary import Structure

# A component farther than this from the cord is not part of the canal's walls.
_CORD_DISTANCE_MM = {
    Structure.SAC: 6.0,
    Structure.PLL: 12.0,
    Structure.LF: 14.0,
    Structure.BODY: 16.0,
    Structure.DISC: 16.0,
}


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
    # Distances are asked for near the cord only.
    reach = np.ceil(max(_CORD_DISTANCE_MM.values()) / spacing_kji_mm).astype(int)
    around = tuple(
        slice(max(0, edge.start - steps), edge.stop + steps)
        for edge, steps in zip(ndimage.find_objects(cord.astype(np.uint8))[0], reach, strict=True)
    )
    distance = ndimage.distance_transform_edt(~cord[around], sampling=spacing_kji_mm)
    for value, structure in enumerate(order, start=1):
        if structure is Structure.CORD:
            continue
        components, count = ndimage.label(part == value)
        if count:
            near = np.zeros(count + 1, dtype=bool)
            near[components[around][distance <= _CORD_DISTANCE_MM[structure]]] = True
            near[0] = False
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
