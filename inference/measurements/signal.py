"""Signal of the cord on the sagittal T2, relative to the cord itself: no absolute unit exists in MR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import ndimage

from inference.results import LevelResult, Measurement
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, LevelKind, Structure

_BAND_MM = 4.0
_NEIGHBOURHOOD_MM = 30.0
_MIN_VOXELS = 12


def cord_signal_ratios(image: Volume, label_map: Volume, levels: Sequence[LevelResult]) -> Iterator[Measurement]:
    """Per disc: 90th percentile of the cord's signal beside it over the median cord within ±30 mm.

    A local reference cancels the coil's fall-off. The cord's rim is left out (partial volume with fluid).
    """
    cord = label_map.array == LABEL_VALUES[Structure.CORD]
    core = np.stack([ndimage.binary_erosion(plane) for plane in cord])
    index = np.argwhere(core)
    if len(index) < _MIN_VOXELS:
        return
    points = label_map.to_lps_mm(index.astype(np.float64))
    values = image.array[core].astype(np.float64)
    for level in levels:
        if level.kind is not LevelKind.DISC:
            continue
        down = _direction(levels, level)
        along = np.abs((points - np.array(level.center_lps_mm)) @ down)
        near, around = values[along < _BAND_MM], values[along < _NEIGHBOURHOOD_MM]
        if len(near) >= _MIN_VOXELS and float(np.median(around)) > 0:
            ratio = float(np.percentile(near, 90) / np.median(around))
            yield Measurement("cord_t2_ratio", level.name, round(ratio, 3), "1", series_uid=label_map.series_uid)


def _direction(levels: Sequence[LevelResult], level: LevelResult) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    at = levels.index(level)
    above, below = levels[max(at - 1, 0)], levels[min(at + 1, len(levels) - 1)]
    step = np.array(below.center_lps_mm) - np.array(above.center_lps_mm)
    return np.asarray(step / np.linalg.norm(step))
