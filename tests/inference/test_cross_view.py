"""A disc's upper and lower edges go from a sagittal map to an axial one; nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.cross_view import with_disc_edges
from inference.networks import STRUCTURES, Plane
from inference.one_position import told
from inference.segmentation import ProbabilityMap, Segmentation
from inference.training.exported_crops import _told
from inference.volumes import Volume
from reporting.vocabulary import SeriesRole, Structure

# A box of disc in LPS millimetres: left-right, front to back, below to above; bone above and below it.
DISC_MM = ((-9.0, 9.0), (-8.0, 8.0), (-2.5, 2.5))
BODY_MM = ((-9.0, 9.0), (-8.0, 8.0), (-14.0, 14.0))
SLICE_MM = 3.0
NOWHERE = Volume(np.zeros((1, 1, 1), dtype=np.float32), np.eye(4))
BLANK = {Structure.DISC: np.zeros((9, 64, 60))}


def inside(points: NDArray[np.float64], box_mm: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    low, high = np.array(box_mm).T
    return np.asarray(((points >= low) & (points <= high)).all(axis=-1))


def grid(shape: tuple[int, int, int], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    index = np.stack(np.meshgrid(*(np.arange(size) for size in shape), indexing="ij"), axis=-1)
    return np.asarray(index @ affine[:3, :3].T + affine[:3, 3])


def probabilities(plane: Plane, affine: NDArray[np.float64], parts: dict[Structure, NDArray[Any]]) -> ProbabilityMap:
    shape = next(iter(parts.values())).shape
    array = np.zeros((1 + len(STRUCTURES[plane]), *shape), dtype=np.float32)
    for structure, values in parts.items():
        array[1 + STRUCTURES[plane].index(structure)] = values
    array[0] = 1 - array.sum(axis=0)
    return ProbabilityMap(plane, array, affine)


def sagittal_map(*, left_mm: tuple[float, float] = (-16.0, 16.0)) -> ProbabilityMap:
    """Left to right every 4 mm, 0.5 mm in plane (downwards, backwards); sure of what it shows."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[4.0, 0, 0], [0, 0, 0.5], [0, -0.5, 0]])
    affine[:3, 3] = left_mm[0], -15.0, 16.0
    points = grid((round((left_mm[1] - left_mm[0]) / 4) + 1, 64, 60), affine)
    disc = inside(points, DISC_MM)
    return probabilities(
        "sagittal", affine, {Structure.DISC: 1.0 * disc, Structure.BODY: 1.0 * (inside(points, BODY_MM) & ~disc)}
    )


def axial_map(first_mm: float, *, mirrored: bool = False, unsure: float = 0.5) -> ProbabilityMap:
    """Slices every 3 mm downwards that know the disc's outline and nothing of where it ends."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, -0.5 if mirrored else 0.5], [0, 0.5, 0], [-SLICE_MM, 0, 0]])
    affine[:3, 3] = 15.0 if mirrored else -15.0, -15.0, first_mm
    points = grid((7, 60, 61), affine)
    flat = points.copy()
    flat[..., 2] = 0.0
    behind = inside(flat, ((-6.0, 6.0), (9.5, 14.0), (-1.0, 1.0)))
    return probabilities("axial", affine, {Structure.DISC: unsure * inside(flat, DISC_MM), Structure.SAC: 0.9 * behind})


def share(middle_mm: float) -> float:
    """Of a slice's thickness, how much is disc."""
    low, high = max(middle_mm - SLICE_MM / 2, DISC_MM[2][0]), min(middle_mm + SLICE_MM / 2, DISC_MM[2][1])
    return max(0.0, high - low) / SLICE_MM


@pytest.mark.parametrize("first_mm", [9.0, 8.3, 10.4])
def test_a_slice_is_disc_where_the_sagittal_series_shows_mostly_disc(first_mm: float) -> None:
    found = with_disc_edges(axial_map(first_mm), sagittal_map()).of(Structure.DISC)
    for k in range(7):
        filled = share(first_mm - k * SLICE_MM)
        middle = float(found[k, 30, 30])
        if abs(filled - 0.5) > 0.15:
            assert (middle > 0.5) == (filled > 0.5), (k, filled, middle)


def test_the_outline_stays_the_axial_one() -> None:
    axial = axial_map(9.0, unsure=0.9)
    found = with_disc_edges(axial, sagittal_map()).of(Structure.DISC)
    assert np.array_equal(found[3] > 0.5, axial.of(Structure.DISC)[3] > 0.5)


def test_other_structures_stay_and_everything_sums_to_one() -> None:
    axial = axial_map(9.0)
    found = with_disc_edges(axial, sagittal_map())
    assert np.array_equal(found.of(Structure.SAC), axial.of(Structure.SAC))
    assert np.allclose(found.array.sum(axis=0), 1.0, atol=1e-5)
    assert found.array.min() >= 0.0


def test_what_the_sagittal_series_does_not_reach_stays() -> None:
    axial = axial_map(9.0, unsure=0.8)
    found = with_disc_edges(axial, sagittal_map(left_mm=(-16.0, -8.0)))
    beyond = np.s_[:, :, :, 30:]  # left of the midline; the sagittal slices end at 8 mm on the right
    assert np.allclose(found.array[beyond], axial.array[beyond], atol=1e-6)
    assert not np.allclose(found.array, axial.array, atol=0.1)


def test_a_reflected_patient_gets_the_reflected_map() -> None:
    straight = with_disc_edges(axial_map(8.3), sagittal_map())
    mirrored = with_disc_edges(axial_map(8.3, mirrored=True), sagittal_map())
    assert np.allclose(mirrored.array, straight.array, atol=1e-5)


def with_cord(plane: Plane, seen: ProbabilityMap, ahead_mm: float = 0.0) -> Segmentation:
    points = grid(seen.array.shape[1:], seen.affine_lps_mm)
    middle = 12.0 - ahead_mm
    cord = inside(points, ((-3.0, 3.0), (middle - 2.5, middle + 2.5), (-99.0, 99.0)))
    without = {one: np.where(cord, 0.0, seen.of(one)) for one in STRUCTURES[plane]}
    found = probabilities(plane, seen.affine_lps_mm, without | {Structure.CORD: 0.95 * cord})
    return Segmentation(NOWHERE, NOWHERE, found)


@pytest.mark.parametrize(("moved_mm", "tells"), [(0.0, True), (20.0, False)])
def test_a_patient_who_moved_in_between_is_told_nothing(moved_mm: float, tells: bool) -> None:
    axial = with_cord("axial", axial_map(9.0), moved_mm)
    ((_, after),) = told([(NOWHERE, axial)], [(NOWHERE, with_cord("sagittal", sagittal_map()))])
    assert (after.probabilities is not axial.probabilities) == tells


@pytest.mark.parametrize("one_space", [True, False])
def test_exported_series_tell_each_other_as_in_service(one_space: bool) -> None:
    here, elsewhere = (replace(NOWHERE, frame_of_reference_uid=uid) for uid in ("1.2", "1.2" if one_space else "1.3"))
    sagittal = with_cord("sagittal", sagittal_map())
    blank = with_cord("sagittal", probabilities("sagittal", sagittal.probabilities.affine_lps_mm, BLANK))
    axial = with_cord("axial", axial_map(9.0))
    after = _told(
        {
            SeriesRole.SAGITTAL_T1: [(elsewhere, blank)],
            SeriesRole.SAGITTAL_T2: [(here, sagittal)],
            SeriesRole.AXIAL_T2: [(elsewhere, axial)],
        }
    )
    t1, t2, found = (after[role][0][1].probabilities.array for role in after)
    assert np.array_equal(t1, t2) == one_space
    assert np.array_equal(found, axial.probabilities.array) != one_space
