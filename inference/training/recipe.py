"""From nothing to committed weights: render phantoms, train segmentation, cut crops, train grading, calibrate."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from inference import weights
from inference.networks import PLANES, Plane
from inference.phantom.thresholds import PHANTOM_VERSION, POSITIVE_MM
from inference.training import measure, train_grading, train_segmentation
from inference.training.card_page import write_page
from inference.training.crop_cache import cut_crops, load_crops
from inference.training.dataset import CachedStudy, render_studies
from inference.training.loop import Recipe, Report, Trained
from inference.training.splits import Split
from inference.training.train_segmentation import ROLES_OF
from inference.weights import SEGMENTATION_NAMES, WeightsCard
from reporting.vocabulary import MachineFinding

TRAINED_ON = "synthetic images (Dens phantom)"
STAGES = ("phantoms", "crops")
# Minutes on one core that the demo weights took.
DEMO_MINUTES = {
    **dict.fromkeys(SEGMENTATION_NAMES.values(), 51.0),
    MachineFinding.HERNIATION.value: 24.0,
    MachineFinding.OSTEOPHYTE.value: 7.0,
    MachineFinding.SLIP.value: 4.0,
    MachineFinding.PLL.value: 4.0,
    MachineFinding.LF.value: 4.0,
}
GRADING_LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Plan:
    """Where everything lies, who is trained on, and how long each network may take."""

    root: Path
    split: Split
    recipe: Recipe
    weights_directory: Path = weights.DIRECTORY
    crop_variants: int = 2
    report: Report = print

    def studies(self, seeds: tuple[int, ...]) -> list[CachedStudy]:
        return render_studies(self.root / f"phantoms-{PHANTOM_VERSION}", seeds, self.report)

    def checkpoint(self, name: str) -> Path:
        return self.root / "checkpoints" / f"{name}.safetensors"

    @property
    def crop_directory(self) -> Path:
        """One folder per pair of segmentation networks: crops of others would be stale."""
        manifest = weights.read_manifest(self.weights_directory)
        digests = [manifest[f"{name}.safetensors"][:8] for name in SEGMENTATION_NAMES.values()]
        return self.root / ("crops-" + "-".join(digests))


def run(name: str, plan: Plan) -> None:
    """Do one stage (``phantoms``, ``crops``) or train, measure and save one network.

    Raises:
        WeightsError: unknown name, or a stage that needs segmentation weights comes before they exist.
    """
    if name == "phantoms":
        for seeds in (plan.split.train, plan.split.validation, plan.split.test):
            plan.studies(seeds)
        return
    if name == "crops":
        prepare_crops(plan)
        return
    weights.build(name)
    planes = {network: plane for plane, network in SEGMENTATION_NAMES.items()}
    if name in planes:
        train_segmentation_weights(planes[name], plan)
    else:
        train_grading_weights(MachineFinding(name), plan)
    write_page(plan.weights_directory)


def train_segmentation_weights(plane: Plane, plan: Plan) -> Path:
    """Train one plane's network and save it with its Dice on the test patients."""
    name = SEGMENTATION_NAMES[plane]
    trained = train_segmentation.train(
        plane, plan.studies(plan.split.train), plan.recipe, plan.checkpoint(name), plan.report
    )
    test = plan.studies(plan.split.test)
    figures: dict[str, Any] = {
        f"dice_{role.value}": measure.dice_per_structure(trained.network, plane, role, test) for role in ROLES_OF[plane]
    }
    plan.report(f"{name}: {figures}")
    return weights.save(trained.network, _card(name, plan, trained, figures), plan.weights_directory)


def prepare_crops(plan: Plan) -> None:
    """Cut the crops of every patient with the saved segmentation networks; those held out once, without jitter."""
    networks = {plane: weights.load(SEGMENTATION_NAMES[plane], plan.weights_directory)[0] for plane in PLANES}
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for variant in range(plan.crop_variants):
        if variant == 0:
            for seeds in (plan.split.validation, plan.split.test):
                cut_crops(plan.crop_directory, plan.studies(seeds), networks, variant, jitter=False)
        cut_crops(plan.crop_directory, plan.studies(plan.split.train), networks, variant)
        plan.report(f"crops, variant {variant}: done")


def train_grading_weights(finding: MachineFinding, plan: Plan) -> Path:
    """Train one finding's network, calibrate it on the validation patients, save it with figures of the test ones."""
    sides = [
        load_crops(plan.crop_directory, finding, seeds)
        for seeds in (plan.split.train, plan.split.validation, plan.split.test)
    ]
    plan.report(f"{finding.value}: {len(sides[0])} training crops")
    trained = train_grading.train(finding, sides[0], plan.recipe, plan.checkpoint(finding.value), plan.report)
    temperature, threshold = measure.calibrated(trained.network, finding, sides[1])
    figures = measure.grading_figures(trained.network, finding, sides[2], temperature, threshold)
    plan.report(f"{finding.value}: {figures}")
    card = replace(
        _card(finding.value, plan, trained, figures),
        temperature=temperature,
        threshold=threshold,
    )
    return weights.save(trained.network, card, plan.weights_directory)


def _card(name: str, plan: Plan, trained: Trained, figures: dict[str, Any]) -> WeightsCard:
    return WeightsCard(
        name=name,
        version=weights.ALGORITHM_VERSION,
        phantom_version=PHANTOM_VERSION,
        trained_on=TRAINED_ON,
        seeds={**plan.split.described(), "training": plan.recipe.seed},
        training={
            "optimizer": "AdamW",
            "learning_rate": plan.recipe.learning_rate,
            "weight_decay": plan.recipe.weight_decay,
            "schedule": "warm-up, cosine; exponential average of the weights",
            "steps": trained.steps,
            "minutes": round(trained.elapsed_s / 60, 1),
            "device": "cuda" if torch.cuda.is_available() else f"1 core, {platform.machine()}",
            "torch": torch.__version__.split("+")[0],
            "masks": "predicted by the segmentation networks" if name in set(MachineFinding) else "true",
            "positive_from_mm": {finding.value: mm for finding, mm in POSITIVE_MM.items()},
        },
        figures={"measured_on": "held-out phantoms; not clinical", **figures},
    )
