"""A disc finds its axial slice in three dimensions, whatever way the slices are tilted or stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inference.level_frames import posterior_edge
from inference.matching import best_slice, match_levels, with_index_slices
from inference.results import LevelResult, Point
from inference.volumes import Volume
from reporting.vocabulary import LevelKind, LevelStatus

DOWN = np.array([0.0, 0.0, -1.0])


def pack(centre: tuple[float, float, float], tilt_deg: float, count: int, step_mm: float = 3.0) -> Volume:
    """Axial slices tilted about the left-right axis, their middle at ``centre``, k running up."""
    angle = np.deg2rad(tilt_deg)
    normal = np.array([0.0, -np.sin(angle), np.cos(angle)])
    back = np.array([0.0, np.cos(angle), np.sin(angle)])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = normal * step_mm, back * 0.5, [0.5, 0, 0]
    affine[:3, 3] = np.array(centre) - affine[:3, :3] @ np.array([(count - 1) / 2, 99.5, 99.5])
    return Volume(
        array=np.zeros((count, 200, 200), np.uint8),
        affine_lps_mm=affine,
        series_uid="ax",
        sop_instance_uids=tuple(f"{tilt_deg}-{k}" for k in range(count)),
        frame_numbers=(None,) * count,
    )


def disc(name: str, center: Point) -> LevelResult:
    return LevelResult(name, LevelKind.DISC, center, LevelStatus.NAMED)


def test_the_nearest_slice_along_the_normal_is_taken() -> None:
    match = best_slice([pack((0, 0, 0), 20.0, 21)], np.array([2.0, 3.0, 7.0]), DOWN)
    assert match is not None
    normal_distance = -3.0 * np.sin(np.deg2rad(20)) + 7.0 * np.cos(np.deg2rad(20))
    assert match.k == 10 + round(normal_distance / 3.0)
    assert abs(match.distance_mm) <= 1.5


def test_of_two_packs_the_one_through_the_disc_along_it_wins() -> None:
    down = np.array([0.0, 5.0, -20.9])
    upper, lower = (posterior_edge(np.array(centre), down) for centre in ((0.0, 0.0, 0.5), (0.0, 5.0, -20.4)))
    over, under = upper - np.array([0, 0, 0.5]), lower + np.array([0, 0, 0.4])
    packs = [pack(tuple(over), 0.0, 5), pack(tuple(under), 25.0, 5)]
    levels = [disc("C3/4", (0.0, 0.0, 0.5)), disc("C5/6", (0.0, 5.0, -20.4))]
    matches = match_levels(levels, packs)
    assert (matches["C3/4"].pack, matches["C5/6"].pack) == (0, 1)
    placed = with_index_slices(levels, packs, matches)
    assert [level.index_slice.sop_instance_uid for level in placed if level.index_slice] == ["0.0-2", "25.0-2"]


def test_a_disc_is_shown_where_its_posterior_edge_is_cut() -> None:
    """A slice through the centre of a tilted disc passes above or below what lies behind it."""
    level = disc("C5/6", (0.0, 0.0, 0.0))
    below = disc("C6/7", (0.0, 8.0, -16.0))
    match = match_levels([level, below], [pack((0, 0, 0), 0.0, 21)])["C5/6"]
    edge_z = 7.5 * 8.0 / np.hypot(8.0, 16.0)
    assert match.k == 10 + round(edge_z / 3.0)


def test_a_disc_outside_the_stack_or_beside_the_image_has_no_slice() -> None:
    stack = [pack((0, 0, 0), 0.0, 5)]
    assert best_slice(stack, np.array([0.0, 0.0, 12.0]), DOWN) is None
    assert best_slice(stack, np.array([70.0, 0.0, 0.0]), DOWN) is None


def test_slices_stored_the_other_way_round_give_the_same_object() -> None:
    volume = pack((0, 0, 0), 10.0, 9)
    affine = volume.affine_lps_mm.copy()
    affine[:3, 3] += affine[:3, 0] * 8
    affine[:3, 0] *= -1
    reversed_volume = replace(
        volume, array=volume.array[::-1], affine_lps_mm=affine, sop_instance_uids=volume.sop_instance_uids[::-1]
    )
    names = []
    for one in (volume, reversed_volume):
        match = best_slice([one], np.array([0.0, 1.0, 4.0]), DOWN)
        assert match is not None
        names.append(one.sop_instance_uids[match.k])
    assert names[0] == names[1]
