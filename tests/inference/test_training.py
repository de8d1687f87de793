"""Training: it learns, it goes on after a kill as if nothing had happened, and it never mixes patients."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inference.networks import OUTPUTS, grading_network
from inference.training import calibrate
from inference.training.batches import Batch, batches_from
from inference.training.crop_cache import CropSet
from inference.training.loop import Recipe, TrainingError, fit
from inference.training.paper2024 import PAPER2024
from inference.training.splits import Split, SplitError
from inference.training.train_grading import GradingTask, loss_of, train
from reporting.statistics.auc import auc_value
from reporting.statistics.calibration import expected_calibration_error
from reporting.vocabulary import MachineFinding

FINDING = MachineFinding.OSTEOPHYTE


class Toy:
    """Crops with a bar whose length is the size to be found."""

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        return toy_batch(rng, size)


def toy_batch(rng: np.random.Generator, count: int) -> Batch:
    mm = rng.uniform(0, 6, count).astype(np.float32)
    crops = rng.normal(0, 0.05, (count, 5, 8, 32, 64)).astype(np.float32)
    for crop, size in zip(crops, mm, strict=True):
        crop[:, 2:6, 12:20, 16 : 16 + int(5 * size)] += 1.0
    return torch.from_numpy(crops), {"mm": torch.from_numpy(mm), "positive": torch.from_numpy((mm > 3).astype("f4"))}


def toy_loss(outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
    return loss_of(OUTPUTS[FINDING], outputs, targets)


def new_network() -> nn.Module:
    torch.manual_seed(1)
    return grading_network(FINDING)


def test_some_steps_lower_the_loss(tmp_path: Path) -> None:
    images, targets = toy_batch(np.random.default_rng(99), 16)

    def loss_now(network: nn.Module) -> float:
        with torch.inference_mode():
            return float(toy_loss(network(images), targets))

    before = loss_now(new_network().eval())
    trained = fit(new_network(), Toy(), toy_loss, Recipe(steps=60, ema_decay=0.8, warm_up_steps=5), tmp_path / "c")
    assert trained.steps == 60
    assert loss_now(trained.network) < 0.6 * before


def test_a_run_that_was_killed_ends_where_an_uninterrupted_one_ends(tmp_path: Path) -> None:
    recipe = Recipe(steps=6, seed=5, save_every_s=0.0)
    held_out = [toy_batch(np.random.default_rng(7), 8)]
    whole = fit(new_network(), Toy(), toy_loss, recipe, tmp_path / "whole", validation=held_out)
    calls = 0

    class KilledAtTheFourth:
        def batch(self, rng: np.random.Generator, size: int) -> Batch:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise KeyboardInterrupt
            return toy_batch(rng, size)

    with pytest.raises(KeyboardInterrupt):
        fit(new_network(), KilledAtTheFourth(), toy_loss, recipe, tmp_path / "halved", validation=held_out)
    resumed = fit(new_network(), Toy(), toy_loss, recipe, tmp_path / "halved", validation=held_out)
    assert resumed.steps == 6
    for (key, value), other in zip(
        whole.network.state_dict().items(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), key
    assert resumed.best_loss == whole.best_loss
    events = [json.loads(line)["event"] for line in (tmp_path / "halved.jsonl").read_text().splitlines()]
    assert events.count("resumed") == 1
    assert events[-1] == "ended"


def test_a_run_that_gets_no_better_stops_early_and_keeps_its_best(tmp_path: Path) -> None:
    recipe = Recipe(
        steps=500,
        batch=1,
        learning_rate=0.5,
        schedule="constant",
        ema_decay=0.8,
        validate_every=2,
        patience=3,
        warm_up_steps=0,
    )
    held_out = [toy_batch(np.random.default_rng(7), 8)]
    trained = fit(new_network(), Toy(), toy_loss, recipe, tmp_path / "c", validation=held_out)
    assert trained.steps < 500
    assert trained.best_step < trained.steps


def test_a_loss_that_is_no_number_ends_the_run_with_a_reason(tmp_path: Path) -> None:
    def broken(outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
        return toy_loss(outputs, targets) * float("nan")

    with pytest.raises(TrainingError, match="no longer finite"):
        fit(new_network(), Toy(), broken, Recipe(steps=60, batch=1), tmp_path / "c")


def test_batches_are_the_same_whoever_makes_them() -> None:
    alone = batches_from(Toy(), 4, 3, 10, 0, pinned=False)
    helped = batches_from(Toy(), 4, 3, 10, 2, pinned=False)
    for _ in range(3):
        (mine, _), (theirs, _) = next(alone), next(helped)
        assert torch.equal(mine, theirs)


def papers_crops(finding: MachineFinding, count: int) -> CropSet:
    geometry = PAPER2024.crops[finding]
    values = np.random.default_rng(3).integers(0, 255, (count, geometry.channels, *geometry.shape), dtype=np.uint8)
    return CropSet(
        files=(values,),
        place=np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1),
        seeds=np.arange(count),
        levels=("C5",) * count,
        targets={"positive": (np.arange(count) % 2).astype(np.float32), "mm": np.ones(count, np.float32)},
    )


@pytest.mark.parametrize("finding", list(MachineFinding))
def test_the_papers_recipe_runs_at_reduced_epochs(finding: MachineFinding, tmp_path: Path) -> None:
    crops, few = papers_crops(finding, PAPER2024.recipes[finding.value].batch), papers_crops(finding, 2)
    recipe = replace(PAPER2024, epochs=1).recipe(finding.value, len(crops))
    assert (recipe.steps, recipe.optimizer, recipe.learning_rate) == (1, "Adam", 1e-4)
    task = GradingTask(finding, PAPER2024.crops[finding].images, PAPER2024.outputs[finding])
    trained = train(task, PAPER2024.build(finding), crops, few, recipe, tmp_path / "c")
    assert trained.steps == 1
    with torch.inference_mode():
        assert trained.network(torch.from_numpy(crops.crop(0))[None]).shape == (1, 1)


def test_the_papers_preset_trains_five_hundred_epochs_and_no_segmentation() -> None:
    assert PAPER2024.recipe("slip", 189).steps == 48 * 500
    with pytest.raises(ValueError, match="does not train sagittal_segmentation"):
        PAPER2024.recipe("sagittal_segmentation", 1)


def test_a_patient_on_both_sides_of_a_split_is_refused() -> None:
    with pytest.raises(SplitError, match="patient 3 is in train and in test"):
        Split(train=(1, 2, 3), validation=(4,), test=(3, 5))
    with pytest.raises(SplitError, match="twice in validation"):
        Split(train=(1,), validation=(4, 4), test=(5,))


def test_a_split_is_read_from_a_file_and_refused_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text('{"train": [1, 2], "validation": [3], "test": [4]}')
    assert Split.read(path) == Split((1, 2), (3,), (4,))
    for text, reason in (
        ('{"train": [1, 2], "validation": [2], "test": [4]}', "split.json: patient 2 is in train and in validation"),
        ('{"train": [1], "validation": [2]}', "split.json: no split"),
        ('{"train": [1], "validation": [2], "test": []}', "need patients"),
        ("[]", "split.json: no split"),
    ):
        path.write_text(text)
        with pytest.raises(SplitError, match=reason):
            Split.read(path)


def test_phantom_splits_never_overlap_and_say_their_seeds() -> None:
    split = Split.of_phantoms(5, 2, 3)
    assert split.described()["test"] == "3000000..3000002 (3)"
    assert not set(split.train) & set(split.test)


def test_temperature_and_threshold_recover_what_was_put_in() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    positive = rng.random(20_000) < calibrate.sigmoid(honest)
    assert calibrate.temperature(honest * 3.0, positive) == pytest.approx(3.0, rel=0.05)
    assert expected_calibration_error(calibrate.sigmoid(honest), positive) < 0.02
    assert calibrate.threshold(calibrate.sigmoid(honest), positive) == pytest.approx(0.5, abs=0.08)
    assert auc_value(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75


def test_every_grading_network_has_one_output_per_name() -> None:
    for finding, names in OUTPUTS.items():
        assert {"logit", "mm"} <= set(names)
        parameters = sum(value.numel() for value in grading_network(finding).parameters())
        assert parameters < 600_000
