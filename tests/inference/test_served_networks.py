"""What is done for speed changes no result: each shortcut beside its plain counterpart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from inference import weights
from inference.cord_window import REACH_MM, around, cord_points, runs_through
from inference.networks import CROPS, SPACING_MM, STRUCTURES
from inference.sampling import onto_grid, sample
from inference.segmentation import ProbabilityMap, label_map, predict, resample, run_network
from inference.serving_form import served
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, MachineFinding, Structure

CPU = torch.device("cpu")
AXIAL = np.diag([3.0, 0.6, 0.6, 1.0])[[2, 1, 0, 3]]  # (k, j, i) → LPS: i to the left, j to the back, k upwards


def _unlike_new(network: nn.Module) -> nn.Module:
    """Statistics as after a training: fresh batch norm changes nothing and would hide an error."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return network.eval()


def _input(name: str) -> torch.Tensor:
    if name in weights.SEGMENTATION_NAMES.values():
        return torch.rand(2, 3, 48, 32)
    crop = CROPS[MachineFinding(name)]
    return torch.rand(2, crop.channels, *crop.shape)


@pytest.mark.parametrize("name", weights.NAMES)
def test_a_network_answers_the_same_with_its_batch_norm_folded(name: str) -> None:
    torch.manual_seed(5)
    network = _unlike_new(weights.build(name))
    images = _input(name)
    with torch.inference_mode():
        plain = network(images)
        folded = served(network, CPU)(images)
        again = served(network, CPU)(images)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(folded, plain, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(again, folded, atol=0, rtol=0)


class _Brightness(nn.Module):
    """Calls bright pixels cord and dim ones sac: enough of a network to see where it was asked."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.scale = nn.Parameter(torch.tensor(30.0))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        middle = images[:, 1:2]
        logits = torch.zeros(len(images), self.classes, *images.shape[2:])
        logits[:, 0:1] = self.scale * 0.25
        logits[:, 3:4] = self.scale * middle
        return logits


def _tilted_cord(slices: int = 10, side: int = 260) -> tuple[np.ndarray, np.ndarray]:
    """A bright cord that runs 2 mm further back and 1 mm further left with every slice, and its centre per slice."""
    rows, columns = np.mgrid[:side, :side] * 0.6
    centres = np.array([[60.0 + 2.0 * k, 80.0 + 1.0 * k] for k in range(slices)])
    discs = [((rows - y) / 4.0) ** 2 + ((columns - x) / 6.0) ** 2 <= 1 for y, x in centres]
    return np.stack(discs).astype(np.float32), centres / 0.6


@pytest.mark.parametrize("known", [False, True])
def test_a_windowed_prediction_is_the_whole_one_around_the_cord(known: bool) -> None:
    array, centres = _tilted_cord()
    image = Volume(array, AXIAL)
    network = _Brightness(1 + len(STRUCTURES["axial"]))
    cord = image.to_lps_mm(np.column_stack([np.arange(10.0), centres])) if known else None
    found = predict(network, image, "axial", cord)
    assert found.array.shape[2] < 0.8 * array.shape[1] * 0.6 / SPACING_MM["axial"]
    again = resample(found, array.shape, AXIAL).of(Structure.CORD)
    assert np.mean((again > 0.5) != (array > 0.5)) < 2e-3
    np.testing.assert_allclose(found.array.sum(axis=0), 1.0, atol=1e-5)


def test_where_the_cord_is_not_where_another_series_showed_it_it_is_looked_for_again() -> None:
    array, centres = _tilted_cord()
    image = Volume(array, AXIAL)
    network = _Brightness(1 + len(STRUCTURES["axial"]))
    moved = image.to_lps_mm(np.column_stack([np.arange(10.0), centres])) + np.array([0.0, -40.0, 0.0])
    found = predict(network, image, "axial", moved)
    plain = predict(network, image, "axial")
    np.testing.assert_array_equal(found.array, plain.array)


def test_slices_in_one_batch_come_out_as_one_by_one() -> None:
    torch.manual_seed(1)
    network = served(_unlike_new(weights.build("axial_segmentation")), CPU)
    stack = np.random.default_rng(1).random((5, 70, 50), dtype=np.float32)
    together = run_network(network, stack, [0, 1, 2, 3, 4])
    for k in range(5):
        np.testing.assert_allclose(run_network(network, stack, [k])[:, 0], together[:, k], atol=1e-5)


def test_pieces_that_are_no_cord_do_not_move_the_window() -> None:
    cord = np.zeros((1, 300, 300), dtype=bool)
    cord[0, 20:280, 150:164] = True
    clean = cord_points(cord, np.array([3]), np.array([3.0, 0.6, 0.6]), "sagittal")
    cord[0, 10:90, 20:80] = True  # a bright blob in front of the neck
    cord[0, 100:110, 30:34] = True
    found = cord_points(cord, np.array([3]), np.array([3.0, 0.6, 0.6]), "sagittal")
    np.testing.assert_array_equal(found, clean)
    assert not len(cord_points(np.zeros_like(cord), np.array([3]), np.array([3.0, 0.6, 0.6]), "sagittal"))


def test_the_sagittal_window_reaches_where_the_cord_runs_to_outside_the_slice() -> None:
    rows = np.arange(100, 200)
    points = np.column_stack([np.full(100, 4), rows, 150 + 0.5 * (rows - 150)]).astype(float)
    spacing = np.array([3.0, 0.6, 0.6])
    windows = around(points, (9, 300, 400), spacing, "sagittal")
    before, after = REACH_MM["sagittal"][2]
    assert windows.columns[0] <= 75 - before / 0.6 + 2
    assert windows.columns[0] + windows.size[1] >= 224 + after / 0.6 - 2
    assert windows.size[0] == 300
    assert len(windows) == 9
    assert not runs_through(points, 300, 0.6)


def _map(shape: tuple[int, ...], affine: np.ndarray) -> ProbabilityMap:
    rng = np.random.default_rng(8)
    raw = ndimage.gaussian_filter(rng.random((6, *shape), dtype=np.float32), (0, 0.5, 2, 2)) * 40
    array = np.exp(raw) / np.exp(raw).sum(axis=0)
    return ProbabilityMap("axial", array.astype(np.float32), affine)


def _plainly_resampled(source: ProbabilityMap, shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = index @ affine[:3, :3].T + affine[:3, 3]
    inverse = np.linalg.inv(source.affine_lps_mm)
    place = (points @ inverse[:3, :3].T + inverse[:3, 3]).T
    found = [ndimage.map_coordinates(one, place, order=1, mode="grid-constant") for one in source.array[1:]]
    return np.stack(found).reshape(-1, *shape)


def _turned(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn


@pytest.mark.parametrize("degrees", [0.0, 7.0])
def test_probabilities_land_on_another_grid_as_by_plain_interpolation(degrees: float) -> None:
    source = _map((5, 30, 26), AXIAL @ np.diag([1, 0.75, 0.75, 1]))
    # Slices from the other end, rows and columns exchanged, larger pixels, a corner outside.
    target = AXIAL @ np.array([[-1, 0, 0, 4.0], [0, 0, 0.9, -2.0], [0, 0.9, 0, 1.5], [0, 0, 0, 1]])
    target = _turned(degrees) @ target
    found = resample(source, (6, 20, 33), target)
    plain = _plainly_resampled(source, (6, 20, 33), target)
    np.testing.assert_allclose(found.array[1:], plain, atol=1e-3)
    np.testing.assert_allclose(found.array[0], 1.0 - plain.sum(axis=0), atol=1e-3)


def test_a_label_map_is_the_most_probable_class_on_the_series_own_voxels() -> None:
    source = _map((4, 40, 40), AXIAL)
    series = Volume(np.zeros((4, 24, 30), np.float32), AXIAL @ np.diag([1, 1.3, 1.1, 1]))
    plain = resample(source, series.array.shape, series.affine_lps_mm).classes
    values = np.array([0, *(LABEL_VALUES[structure] for structure in STRUCTURES["axial"])])
    found = label_map(series, source).array
    kept = found > 0  # cleaning takes away, it never renames
    assert kept.any()
    np.testing.assert_array_equal(found[kept], values[plain][kept])


def test_only_the_part_around_the_points_is_read() -> None:
    array = np.random.default_rng(2).random((2, 9, 40, 50), dtype=np.float32)
    points = np.random.default_rng(3).uniform([-3, 4, 8], [9, 12, 24], (200, 3))
    inverse = np.linalg.inv(AXIAL)
    place = (points @ inverse[:3, :3].T + inverse[:3, 3]).T
    plain = [ndimage.map_coordinates(one, place, order=1, mode="grid-constant") for one in array]
    np.testing.assert_allclose(sample(array, AXIAL, points), plain, atol=1e-4)
    far = sample(array, AXIAL, points + 1000.0)
    assert far.shape == (2, 200)
    assert not far.any()


def test_nothing_of_a_map_that_lies_elsewhere_is_on_the_grid() -> None:
    source = _map((3, 10, 10), AXIAL)
    elsewhere = AXIAL.copy()
    elsewhere[:3, 3] += 500.0
    assert onto_grid(source.array, source.affine_lps_mm, (3, 8, 8), elsewhere).values.numel() == 0
    assert (resample(source, (3, 8, 8), elsewhere).classes == 0).all()
