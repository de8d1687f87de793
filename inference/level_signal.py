"""Levels about which an image says nothing: bodies whose signal is gone, as it is around metal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.results import LevelResult
from inference.volumes import Volume
from reporting.vocabulary import DiscLevel, LevelKind, LevelStatus, Vertebra

SIGNAL_VOID = "signal_void"
NOT_SEPARATED = "not_separated"
BLOCKING = frozenset({SIGNAL_VOID, NOT_SEPARATED})
"""Reasons at a level for which nothing is stated of it: the networks have not learned what they would see there."""

DARK_SHARE = 0.15
"""A voxel darker than this share of the neighbouring bodies' signal is void: cortical bone and black discs are not."""

VOID_SHARE = 0.15
"""A body of which so much is void is not looked at; around metal it is .2 to .9, elsewhere below .06."""

_RADIUS_MM = 7.0
_NEIGHBOURS = 2


def with_signal_voids(levels: Sequence[LevelResult], image: Volume) -> tuple[LevelResult, ...]:
    """The same levels, with ``signal_void`` among the reasons of those that the image does not show.

    ``image``: a sagittal T1 or T2, where marrow is bright. A body is compared with up to two bodies above and two
    below, so that a coil's fall-off is no void. A disc is void where both its bodies are.
    """
    bodies = [level for level in levels if level.kind is LevelKind.VERTEBRA and level.status is LevelStatus.NAMED]
    values = [_around(image, np.array(level.center_lps_mm)) for level in bodies]
    signal = [float(np.median(one)) if len(one) else np.nan for one in values]
    void = set()
    for index, level in enumerate(bodies):
        around = [*signal[max(0, index - _NEIGHBOURS) : index], *signal[index + 1 : index + 1 + _NEIGHBOURS]]
        usual = float(np.nanmedian(around)) if np.isfinite(around).any() else np.nan
        if len(values[index]) and float(np.mean(values[index] < DARK_SHARE * usual)) > VOID_SHARE:
            void.add(level.name)
    discs = {disc.value for disc in DiscLevel if {disc.upper_vertebra.value, disc.lower_vertebra.value} <= void}
    return tuple(
        replace(level, reasons=tuple(dict.fromkeys((*level.reasons, SIGNAL_VOID))))
        if level.name in void | discs
        else level
        for level in levels
    )


def blocked_levels(levels: Sequence[LevelResult]) -> dict[str, tuple[str, ...]]:
    """Level name → why nothing may be stated of it."""
    found = {level.name: tuple(reason for reason in level.reasons if reason in BLOCKING) for level in levels}
    return {name: reasons for name, reasons in found.items() if reasons}


def slip_is_blocked(vertebra: Vertebra, blocked: dict[str, tuple[str, ...]]) -> bool:
    """A slip is read between two bodies: both must be seen."""
    return vertebra.value in blocked or vertebra.below in blocked


def _around(image: Volume, center_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values within a few millimetres of a point."""
    reach = np.ceil(_RADIUS_MM / image.spacing_kji_mm).astype(int)
    centre = np.rint(image.to_index_kji(center_lps_mm)).astype(int)
    low = np.clip(centre - reach, 0, image.array.shape)
    high = np.clip(centre + reach + 1, low, image.array.shape)
    index = np.stack(np.meshgrid(*map(np.arange, low, high), indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.linalg.norm(image.to_lps_mm(index.astype(np.float64)) - center_lps_mm, axis=1) < _RADIUS_MM
    return np.asarray(image.array[tuple(index[near].T)], dtype=np.float64)
