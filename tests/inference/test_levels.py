"""Vertebrae and discs get their names from the label map, or none of them does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inference.levels import Levels, name_levels
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, LevelKind, LevelStatus, SeriesRole, Structure
from tests.inference.phantom_scans import PhantomScan, cropped, phantom_scan, reordered, without

ROLE = SeriesRole.SAGITTAL_T2
NAMES = ("C2", "C2/3", "C3", "C3/4", "C4", "C4/5", "C5", "C5/6", "C6", "C6/7", "C7")


def assert_right(levels: Levels, scan: PhantomScan, within_mm: float = 5.0) -> None:
    assert levels.certain, levels.reasons
    for name in NAMES:
        level = levels.of(name)
        assert level is not None, name
        distance = np.linalg.norm(np.array(level.center_lps_mm) - scan.center(name))
        assert distance < (10.0 if name == "C2" else within_mm), (name, distance)


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 1},
        {"seed": 2, "family": "second"},
        {"seed": 3, "lordosis_deg": -15.0},
        {"seed": 4, "lordosis_deg": 45.0},
        {"seed": 5, "pitch_deg": 14.0},
        {"seed": 6, "scoliosis_mm": 8.0},
        {"seed": 8, "pathologies": ("C5:slip:5mm", "C4:osteophyte:5mm", "C6/7:herniation:left:paracentral:6mm")},
    ],
)
def test_every_level_from_c2_to_c7_has_its_own_name(options: dict[str, object]) -> None:
    scan = phantom_scan(**options)  # type: ignore[arg-type]
    assert_right(name_levels(scan.labels[ROLE]), scan)


def test_names_do_not_depend_on_the_array_order() -> None:
    scan = phantom_scan(1)
    assert_right(name_levels(reordered(scan.labels[ROLE])), scan)


def test_each_level_says_which_slice_passes_through_it() -> None:
    scan = phantom_scan(1)
    volume = scan.labels[ROLE]
    level = name_levels(volume).of("C5")
    assert level is not None
    assert level.sagittal_slice is not None
    k = level.sagittal_slice.k
    assert abs(volume.to_index_kji(scan.center("C5"))[0] - k) <= 0.8
    assert level.sagittal_slice.sop_instance_uid == volume.sop_instance_uids[k]


def test_without_the_dens_in_view_nothing_is_named() -> None:
    scan = phantom_scan(1)
    volume = scan.labels[ROLE]
    c2_row = int(volume.to_index_kji(scan.center("C2"))[1])
    levels = name_levels(cropped(volume, c2_row))
    assert not levels.certain
    assert levels.reasons == ("dens_outside_field",)
    assert len(levels.levels) > 8
    assert all(level.status is LevelStatus.UNCERTAIN for level in levels.levels)
    assert not {level.name for level in levels.levels} & set(NAMES)


def test_one_click_on_c2_3_names_the_rest() -> None:
    scan = phantom_scan(1)
    volume = scan.labels[ROLE]
    c2_row = int(volume.to_index_kji(scan.center("C2"))[1])
    click = scan.center("C2/3") + np.array([4.0, 1.5, -1.5])
    levels = name_levels(cropped(volume, c2_row), c2_3_hint_lps_mm=tuple(click))  # type: ignore[arg-type]
    assert levels.certain
    for name in NAMES[1:]:
        level = levels.of(name)
        assert level is not None
        assert np.linalg.norm(np.array(level.center_lps_mm) - scan.center(name)) < 5.0


def test_a_click_far_from_any_disc_names_nothing() -> None:
    scan = phantom_scan(1)
    click = tuple(scan.center("C2/3") + np.array([0.0, 60.0, 0.0]))
    assert name_levels(scan.labels[ROLE], c2_3_hint_lps_mm=click).reasons == ("hint_not_at_disc",)  # type: ignore[arg-type]


def test_one_unseen_disc_is_placed_between_its_vertebrae() -> None:
    scan = phantom_scan(1)
    volume = scan.labels[ROLE]
    index = volume.to_index_kji(scan.center("C4/5"))
    array = volume.array.copy()
    rows = slice(int(index[1]) - 10, int(index[1]) + 10)
    block = array[:, rows]
    block[block == LABEL_VALUES[Structure.DISC]] = 0
    levels = name_levels(volume.with_array(array))
    assert_right(levels, scan)
    disc = levels.of("C4/5")
    assert disc is not None
    assert disc.reasons == ("interpolated",)


def test_no_spine_no_names() -> None:
    volume = phantom_scan(1).labels[ROLE]
    assert name_levels(volume.with_array(np.zeros_like(volume.array))).reasons == ("no_canal",)
    assert name_levels(without(volume, [Structure.BODY])).reasons == ("no_column",)


def test_vertebrae_of_lumbar_size_are_not_named() -> None:
    """A lumbar spine has bodies twice as tall: scaling the phantom stands for it."""
    volume = phantom_scan(1).labels[ROLE]
    affine = volume.affine_lps_mm.copy()
    affine[:3, :3] *= 2.0
    levels = name_levels(type(volume)(volume.array, affine, sop_instance_uids=volume.sop_instance_uids))
    assert not levels.certain


def test_kinds_alternate_from_the_top_down() -> None:
    levels = name_levels(phantom_scan(1).labels[ROLE]).levels
    kinds = [level.kind for level in levels]
    assert kinds[::2] == [LevelKind.VERTEBRA] * len(kinds[::2])
    assert kinds[1::2] == [LevelKind.DISC] * len(kinds[1::2])


def merged(scan: PhantomScan, *between: np.ndarray[Any, np.dtype[np.float64]]) -> Levels:
    return name_levels(merged_map(scan, *between))


def merged_map(scan: PhantomScan, *between: np.ndarray[Any, np.dtype[np.float64]]) -> Volume:
    """The label map of ``scan`` with the discs between two points labelled as body."""
    volume = scan.labels[ROLE]
    rows = [volume.to_index_kji(point)[1] for point in between]
    array = volume.array.copy()
    block = array[:, int(min(rows)) : int(max(rows)) + 1]
    block[block == LABEL_VALUES[Structure.DISC]] = LABEL_VALUES[Structure.BODY]
    return volume.with_array(array)


def test_two_vertebrae_seen_as_one_are_counted_as_two_and_said_to_be() -> None:
    scan = phantom_scan(1)
    levels = merged(scan, scan.center("C4"), scan.center("C5"))
    assert_right(levels, scan)
    unseparated = {level.name for level in levels.levels if level.reasons == ("not_separated",)}
    assert unseparated == {"C4", "C4/5", "C5"}


@pytest.mark.parametrize("change", ["C3/4:fusion", "C5/6:fusion", "C6/7:fusion"])
def test_a_fused_level_shifts_no_name(change: str) -> None:
    scan = phantom_scan(1, (change,))
    assert_right(name_levels(scan.labels[ROLE]), scan)


@pytest.mark.parametrize(("seed", "change"), [(1, "C5/6:hardware"), (2, "C4/5:hardware"), (4, "C3/4:hardware")])
def test_where_metal_hides_the_column_levels_are_named_rightly_or_not_at_all(seed: int, change: str) -> None:
    scan = phantom_scan(seed, (change,))
    levels = name_levels(scan.labels[ROLE])
    if levels.certain:
        assert_right(levels, scan)
    else:
        assert not {level.name for level in levels.levels} & set(NAMES)


@pytest.mark.parametrize("dens_cut_mm", [0, 6])
def test_c2_fused_with_c3_is_not_taken_for_c2(dens_cut_mm: int) -> None:
    """As tall as both, it is no vertebra that is known; where counting begins is then a reader's word."""
    scan = phantom_scan(1)
    volume = merged_map(scan, scan.center("C2"), scan.center("C3"))
    tip = int(np.flatnonzero((volume.array == LABEL_VALUES[Structure.BODY]).any(axis=(0, 2)))[0])
    array = volume.array.copy()
    block = array[:, : tip + round(dens_cut_mm / float(volume.spacing_kji_mm[1]))]
    block[block == LABEL_VALUES[Structure.BODY]] = 0
    assert not name_levels(volume.with_array(array)).certain


def test_a_block_in_view_without_the_dens_is_not_called_c2() -> None:
    scan = phantom_scan(1)
    first_row = int(scan.labels[ROLE].to_index_kji((scan.center("C2/3") + scan.center("C3")) / 2)[1])
    volume = cropped(merged_map(scan, scan.center("C4"), scan.center("C5")), first_row)
    levels = name_levels(volume)
    assert not levels.certain
    assert not {level.name for level in levels.levels} & set(NAMES)


def test_two_vertebrae_seen_as_one_below_t1_take_no_name_away() -> None:
    scan = phantom_scan(1)
    step = scan.center("C7") - scan.center("C6")
    assert_right(merged(scan, scan.center("C7") + 2 * step, scan.center("C7") + 3 * step), scan)
