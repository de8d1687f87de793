"""Signal of cord and discs on the sagittal T2, relative to tissue of the same image: no absolute unit exists in MR."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.results import LevelResult, Measurement
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, LevelKind, Structure

Points = NDArray[np.float64]

_BAND_MM = 4.0
_NEIGHBOURHOOD_MM = 30.0
_MIN_VOXELS = 12
_NUCLEUS_MM = 4.0  # the middle of a disc, without its annulus
_CSF_BAND_MM = 8.0
_CSF_PERCENTILE = 75.0  # flow makes fluid dark in places, never bright
_FIT_VOXELS = 4000


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


def disc_signal_ratios(image: Volume, label_map: Volume, levels: Sequence[LevelResult]) -> Iterator[Measurement]:
    """Per disc: median signal of its middle over the cerebrospinal fluid beside it, after bias correction.

    Fluid is the upper quartile of the sac within ±8 mm along the spine.
    """
    smooth = _coil_shading(image, label_map)
    if smooth is None:
        return
    places = {}
    for structure in (Structure.DISC, Structure.SAC):
        index = np.argwhere(label_map.array == LABEL_VALUES[structure])
        points = label_map.to_lps_mm(index.astype(np.float64))
        values = image.array[tuple(index.T)].astype(np.float64) / np.exp(smooth(points))
        places[structure] = (points, values)
    (discs, disc_values), (fluid, fluid_values) = places[Structure.DISC], places[Structure.SAC]
    for level in levels:
        if level.kind is not LevelKind.DISC:
            continue
        centre, down = np.array(level.center_lps_mm), _direction(levels, level)
        nucleus = disc_values[np.linalg.norm(discs - centre, axis=1) < _NUCLEUS_MM]
        beside = fluid_values[np.abs((fluid - centre) @ down) < _CSF_BAND_MM]
        if min(len(nucleus), len(beside)) >= _MIN_VOXELS and float(np.percentile(beside, _CSF_PERCENTILE)) > 0:
            ratio = float(np.median(nucleus) / np.percentile(beside, _CSF_PERCENTILE))
            yield Measurement("disc_csf_ratio", level.name, round(ratio, 3), "1", series_uid=label_map.series_uid)


def _coil_shading(image: Volume, label_map: Volume) -> Callable[[Points], Points] | None:
    """Logarithm of the receive field as a function of place: a quadratic that makes bodies and cord even.

    Marrow and cord each have one signal throughout the neck; what varies smoothly over both is the coil. Fluid (flow)
    and discs (degeneration) do not take part. ``None`` when either tissue is missing.
    """
    points, signal, tissue = [], [], []
    for number, structure in enumerate((Structure.BODY, Structure.CORD)):
        index = np.argwhere(label_map.array == LABEL_VALUES[structure])
        index = index[:: max(1, len(index) // _FIT_VOXELS)]
        values = image.array[tuple(index.T)].astype(np.float64)
        seen = values > 0
        if seen.sum() < 10 * _MIN_VOXELS:
            return None
        points.append(label_map.to_lps_mm(index[seen].astype(np.float64)))
        signal.append(np.log(values[seen]))
        tissue.append(np.full(int(seen.sum()), number))
    where, logs, kinds = np.concatenate(points), np.concatenate(signal), np.concatenate(tissue)
    middle, scale = where.mean(axis=0), where.std(axis=0).max()

    def terms(at: Points) -> Points:
        x, y, z = ((at - middle) / scale).T
        return np.stack([x, y, z, x * x, y * y, z * z, x * y, x * z, y * z], axis=1)

    design = np.concatenate([terms(where), kinds[:, None] == np.arange(2)], axis=1)
    kept = np.ones(len(logs), dtype=bool)
    for _ in range(2):  # once more without vein, lesion and what the label map got wrong
        solution = np.linalg.lstsq(design[kept], logs[kept], rcond=None)[0]
        rest = np.abs(logs - design @ solution)
        kept = rest < 2.5 * np.median(rest) + 1e-9
    return lambda at: np.asarray(terms(at) @ solution[:-2], dtype=np.float64)


def _direction(levels: Sequence[LevelResult], level: LevelResult) -> Points:
    at = levels.index(level)
    above, below = levels[max(at - 1, 0)], levels[min(at + 1, len(levels) - 1)]
    step = np.array(below.center_lps_mm) - np.array(above.center_lps_mm)
    return np.asarray(step / np.linalg.norm(step))
