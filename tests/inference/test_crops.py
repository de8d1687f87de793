"""What a grading network is shown of one level."""

from __future__ import annotations

import numpy as np
import pytest

from inference.crops import axial_crop
from inference.networks import CROPS
from inference.segmentation import ProbabilityMap
from inference.volumes import Volume
from reporting.vocabulary import MachineFinding, Side

AFFINE = np.diag([3.0, 0.5, 0.5, 1.0])[[2, 1, 0, 3]]  # (k, j, i) → LPS: i to the left, j to the back, k upwards
SLICES, SIZE = 5, 160


def stack() -> tuple[Volume, ProbabilityMap]:
    """Slice k is k everywhere, but for the left half of the patient, which is brighter by a tenth."""
    array = np.repeat(np.arange(SLICES, dtype=np.float32), SIZE * SIZE).reshape(SLICES, SIZE, SIZE)
    array[:, :, SIZE // 2 :] += 0.1
    return Volume(array, AFFINE), ProbabilityMap("axial", np.zeros((6, SLICES, SIZE, SIZE), np.float32), AFFINE)


def crop(finding: MachineFinding, k: int, side: Side | None = None) -> np.ndarray:
    image, probabilities = stack()
    center = image.to_lps_mm(np.array([k, SIZE / 2 - 0.5, SIZE / 2 - 0.5]))
    return axial_crop(CROPS[finding], image, probabilities, k, center, side)


@pytest.mark.parametrize("finding", [MachineFinding.HERNIATION, MachineFinding.PLL, MachineFinding.LF])
def test_an_axial_crop_shows_the_slices_above_and_below_too(finding: MachineFinding) -> None:
    found = crop(finding, 2)
    assert found.shape == (CROPS[finding].channels, *CROPS[finding].shape)
    assert CROPS[finding].images == 3
    assert [float(np.floor(found[channel]).max()) for channel in range(3)] == [1.0, 2.0, 3.0]
    assert not found[3:].any()


@pytest.mark.parametrize(("k", "shown"), [(0, [0, 0, 1]), (SLICES - 1, [SLICES - 2, SLICES - 1, SLICES - 1])])
def test_at_the_end_of_the_stack_the_slice_stands_for_its_missing_neighbour(k: int, shown: list[int]) -> None:
    found = crop(MachineFinding.PLL, k)
    assert [int(np.floor(found[channel].min() + 1e-4)) for channel in range(3)] == shown


def test_the_right_side_is_shown_mirrored() -> None:
    left, right = crop(MachineFinding.LF, 2, Side.LEFT), crop(MachineFinding.LF, 2, Side.RIGHT)
    assert left[1, :, -1].mean() > left[1, :, 0].mean()
    np.testing.assert_array_equal(right, left[..., ::-1])
