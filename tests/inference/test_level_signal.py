"""Of a level that the images do not show nothing is stated, and the levels around it are read as ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.level_signal import blocked_levels, slip_is_blocked, with_signal_voids
from inference.levels import Levels, name_levels
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, SeriesRole, Structure, Vertebra
from tests.inference.phantom_scans import PhantomScan, phantom_scan

ROLE = SeriesRole.SAGITTAL_T2
BLACK = 4.0


def scanned(scan: PhantomScan, *, disc: float = 90.0) -> Volume:
    """An even T2-like image on the phantom's labels."""
    signal = {Structure.BODY: 100.0, Structure.DISC: disc, Structure.SAC: 300.0, Structure.CORD: 120.0}
    values = np.full(7, 60.0)
    for structure, value in signal.items():
        values[LABEL_VALUES[structure]] = value
    labels = scan.labels[ROLE]
    return labels.with_array(values[labels.array])


def emptied(image: Volume, scan: PhantomScan, *levels: str) -> Volume:
    """The image without signal within 6 mm of some levels."""
    index = np.stack(np.meshgrid(*map(np.arange, image.array.shape), indexing="ij"), axis=-1)
    points = image.to_lps_mm(index.astype(np.float64))
    array = image.array.copy()
    for level in levels:
        array[np.linalg.norm(points - scan.center(level), axis=-1) < 6.0] = BLACK
    return image.with_array(array)


@pytest.fixture(scope="module")
def scan() -> PhantomScan:
    return phantom_scan(1)


@pytest.fixture(scope="module")
def levels(scan: PhantomScan) -> Levels:
    return name_levels(scan.labels[ROLE])


def test_metal_in_two_bodies_blocks_them_and_the_disc_between(scan: PhantomScan, levels: Levels) -> None:
    found = with_signal_voids(levels.levels, emptied(scanned(scan), scan, "C5", "C6"))
    assert blocked_levels(found) == dict.fromkeys(("C5", "C5/6", "C6"), ("signal_void",))


def test_black_discs_are_discs(scan: PhantomScan, levels: Levels) -> None:
    assert blocked_levels(with_signal_voids(levels.levels, scanned(scan, disc=BLACK))) == {}


def test_the_coil_s_fall_off_is_no_void(scan: PhantomScan, levels: Levels) -> None:
    image = scanned(scan)
    index = np.stack(np.meshgrid(*map(np.arange, image.array.shape), indexing="ij"), axis=-1)
    heights = image.to_lps_mm(index.astype(np.float64))[..., 2]
    top, bottom = scan.center("C2")[2], scan.center("T1")[2]
    fading = np.exp(np.log(10.0) * (heights - top) / (top - bottom))  # a tenth of the signal is left at T1
    assert blocked_levels(with_signal_voids(levels.levels, image.with_array(image.array * fading))) == {}


def test_levels_outside_the_image_are_not_called_void(scan: PhantomScan, levels: Levels) -> None:
    image = scanned(scan)
    rows = int(image.to_index_kji(scan.center("C5"))[1])
    assert blocked_levels(with_signal_voids(levels.levels, replace(image, array=image.array[:, :rows]))) == {}


def test_a_slip_needs_both_bodies() -> None:
    blocked = {"C5": ("signal_void",)}
    said = {vertebra.value for vertebra in Vertebra if slip_is_blocked(vertebra, blocked)}
    assert said == {"C4", "C5"}
