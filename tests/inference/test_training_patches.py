"""Training patches: drawn on the processor as codes, made images a whole batch at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.networks import OUTPUTS, STRUCTURES
from inference.phantom.tissues import Tissue
from inference.phantom.truth import label_map
from inference.training import degrade, patch_images, patches
from inference.training.batches import Batch
from inference.training.train_grading import GradingTask, _posed, varied
from reporting.vocabulary import MachineFinding, SeriesRole

SIZE, SPACING_MM = 48, 0.5
ROWS, COLUMNS = 90, 70


@dataclass
class Study:
    """Five axial slices of air with a disc in the middle three, left of the middle."""

    drawn: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((5, 3, ROWS, COLUMNS), np.uint8))

    def __post_init__(self) -> None:
        self.drawn[1:4, :, 30:50, 10:30] = Tissue.DISC_ANNULUS
        self.drawn[1:4, :, 55:70, 20:40] = Tissue.CSF

    def codes(self, role: SeriesRole) -> NDArray[np.uint8]:
        return self.drawn

    def labels(self, role: SeriesRole) -> NDArray[np.uint8]:
        return label_map(self.drawn, "axial")

    def affine_lps_mm(self, role: SeriesRole) -> NDArray[np.float64]:
        return np.diag([4.0, 0.5, 0.5, 1.0])


def drawn(seed: int = 0, size: int = 8) -> Batch:
    return patches.PatchSource("axial", [Study()]).batch(np.random.default_rng(seed), size)  # type: ignore[list-item]


def made(batch: Batch, *, mirror: bool = True, seed: int = 1) -> Batch:
    torch.manual_seed(seed)
    return patch_images.images_of(batch, SIZE, SPACING_MM, may_mirror=mirror)


def plain(batch: Batch) -> Batch:
    """The same windows, looked at straight."""
    facts = dict(batch[1])
    count = len(batch[0])
    facts["angle"], facts["warp"] = torch.zeros(count), torch.zeros_like(facts["warp"])
    facts["scale"] = torch.ones(count, 2)
    return batch[0], facts


def test_a_batch_is_images_and_classes_of_one_size_and_the_same_for_the_same_seed() -> None:
    images, targets = made(drawn())
    assert images.shape == (8, 3, SIZE, SIZE)
    assert targets["classes"].shape == (8, 1, SIZE, SIZE)
    assert torch.isfinite(images).all()
    assert float(images.min()) >= -0.25
    assert float(images.max()) <= 1.5
    assert set(targets["classes"].unique().tolist()) <= set(range(1 + len(STRUCTURES["axial"])))
    again, _ = made(drawn())
    assert torch.equal(images, again)
    assert not torch.equal(images, made(drawn(seed=5))[0])


def test_a_straight_look_shows_the_labels_that_lie_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "_place", lambda labels, pixel_mm, rng: (2, (45.0, 35.0)))
    monkeypatch.setattr(patches, "_THIN_SHARE", 0.0)
    _, targets = made(plain(drawn(size=2)), mirror=False)
    truth = patches.class_of_label("axial")[Study().labels(SeriesRole.AXIAL_T2)[2]]
    start = 45 - SIZE // 2
    expected = truth[start : start + SIZE, 35 - SIZE // 2 : 35 + SIZE // 2]
    # Pixel centres lie between the study's: a border may fall to either side.
    same = (targets["classes"][0, 0].numpy() == expected).mean()
    assert same > 0.93
    assert {1, 2} <= set(np.unique(targets["classes"]).astype(int).tolist())


def test_image_and_truth_turn_and_mirror_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_images, "degraded", lambda image, shading, curve: image)
    lookup = torch.zeros(8, patches.OUTSIDE + 1)
    lookup[:, Tissue.DISC_ANNULUS] = 1.0
    codes, facts = drawn()
    facts["lookup"] = lookup
    images, targets = made((codes, facts))
    for image, classes in zip(images[:, 1], targets["classes"][:, 0], strict=True):
        if (disc := classes == 1).sum() > 200:
            inside, outside = float(image[disc].mean()), float(image[classes == 0].mean())
            assert inside > outside + 0.5


def test_what_lies_beyond_the_series_is_black(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "_place", lambda labels, pixel_mm, rng: (2, (2.0, 2.0)))
    monkeypatch.setattr(patch_images, "degraded", lambda image, shading, curve: image)
    monkeypatch.setattr(patch_images, "scale_to_percentiles", lambda image: image)
    codes, facts = plain(drawn(size=2))
    facts["lookup"] = torch.ones_like(facts["lookup"])
    facts["lookup"][:, patches.OUTSIDE] = 0.0
    images, _ = made((codes, facts), mirror=False)
    assert float(images[:, :, : SIZE // 2 - 4].abs().max()) == 0.0
    assert float(images[:, :, SIZE // 2 + 4 :, SIZE // 2 + 4 :].min()) > 0.5


def test_a_coarser_matrix_is_what_shrinking_and_enlarging_gives() -> None:
    image = torch.rand(1, 3, 64, 64)
    table = degrade._through_coarser(64, "cpu")
    low = 27
    for place, mode, side in ((3, "bilinear", 30), (64 + 1 - low + 10, "bicubic", 37)):
        shrunk = functional.interpolate(image, (side, side), mode="bilinear", antialias=True)
        expected = functional.interpolate(shrunk, (64, 64), mode=mode)
        assert torch.allclose(table[place] @ image @ table[place].T, expected, atol=1e-5)


def test_greys_are_scaled_by_each_patchs_own_percentiles() -> None:
    scale = torch.tensor([1.0, 50.0])[:, None, None, None]
    image = degrade.scale_to_percentiles(torch.rand(2, 3, 64, 64) * scale + 7)
    values = image[..., ::2, ::2].flatten(1)
    assert torch.allclose(values.quantile(0.01, dim=1), torch.zeros(2), atol=0.01)
    assert torch.allclose(values.quantile(0.995, dim=1), torch.ones(2), atol=0.01)


def test_every_artefact_leaves_shape_and_finite_greys() -> None:
    image = torch.rand(3, 3, 64, 64)
    for change in (
        degrade._coarser,
        degrade._ringing,
        degrade._ghosts,
        degrade._spikes,
        degrade._falling_off,
        degrade._dark_neighbours,
    ):
        spoilt = change(image)
        assert type(spoilt) is Tensor, change
        assert spoilt.shape == image.shape
        assert torch.isfinite(spoilt).all(), change
        assert not torch.equal(spoilt, image), change


def test_a_mirrored_herniation_lies_on_the_other_side() -> None:
    finding = MachineFinding.HERNIATION
    crops = torch.zeros(64, 8, 64, 64, dtype=torch.uint8)
    crops[:, 3, 20:44, 40:60] = 170  # a mask on one side
    task = GradingTask(finding, 3, OUTPUTS[finding])
    torch.manual_seed(0)
    seen, targets = varied((crops, {"offset": torch.full((64,), 0.5)}), task)
    right = seen[:, 3, :, 32:].sum(dim=(1, 2)) > seen[:, 3, :, :32].sum(dim=(1, 2))
    assert 10 < int(right.sum()) < 54
    assert torch.equal(targets["offset"] > 0, right)


def test_bent_outlines_keep_their_size() -> None:
    """Of a bar 4 mm high (0.3 mm pixels) the outline changes, its height on average not."""
    crops = torch.zeros(256, 1, 128, 128)
    crops[:, 0, 57:71, 40:88] = 1.0
    torch.manual_seed(0)
    bent, straight = (_posed(crops, bend)[:, 0, :, 56:72].sum(dim=1) for bend in (0.02, 0.0))
    heights = 0.3 * bent.mean(dim=1)
    assert abs(float(heights.mean()) - 0.3 * float(straight.mean())) < 0.05
    assert 0.1 < float(heights.std()) < 0.4
    within = (bent.max(dim=1).values - bent.min(dim=1).values).mean()
    assert within > 2 * (straight.max(dim=1).values - straight.min(dim=1).values).mean()
