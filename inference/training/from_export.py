"""Train a network on what people signed and drew, instead of on phantoms alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inference import weights
from inference.networks import Plane
from inference.results import PipelineError
from inference.training import measure, train_grading
from inference.training.crop_cache import CropSet, load_crops
from inference.training.exported import Export, ExportedStudy, read_export
from inference.training.exported_contours import cut_slices, slices_of
from inference.training.exported_crops import cut_study
from inference.training.exported_segmentation import further, train_further
from inference.training.plan import Plan
from inference.training.recipe import card_of
from inference.training.train_grading import GradingTask
from inference.weights import WeightsCard
from reporting.statistics.auc import auc_value
from reporting.vocabulary import MachineFinding

TRAINED_ON = "signed reads of the department"
CONTOURS = "synthetic images (Dens phantom), then contours of the department"


def train_from_export(name: str, folder: Path, plan: Plan) -> Path:
    """Train and save one network; returns the weights' file.

    Raises:
        ExportDamaged, SplitError: see ``read_export``.
        ValueError: no single network, or a side has nothing that teaches it.
    """
    if name not in weights.NAMES:
        raise ValueError(f"{name} is not trained from an export; name one network: {', '.join(weights.NAMES)}")
    export = read_export(folder)
    plane = weights.plane_of(name)
    return _grading(MachineFinding(name), export, plan) if plane is None else _segmentation(plane, export, plan)


def _segmentation(plane: Plane, export: Export, plan: Plan) -> Path:
    """The network of a plane, trained further on contours (``exported_segmentation``)."""
    name = weights.SEGMENTATION_NAMES[plane]
    root = plan.root / f"contours-{export.digest[:16]}" / plane
    _of_every_study(export, plan, "contours", partial(cut_slices, root, plane=plane))
    sides = {side: slices_of(root, patients) for side, patients in vars(export.split).items()}
    if empty := [side for side, slices in sides.items() if not slices]:
        raise ValueError(f"no contour that {name} can learn from is in {', '.join(empty)}: export more")
    plan.report(f"{name}: {sum(map(len, sides.values()))} slices with contours")
    recipe = further(plan.recipe(name, len(sides["train"])), plan)
    phantoms = plan.studies(plan.split.train) if plan.split.train else []
    trained, figures = train_further(plane, sides, phantoms, recipe, _checkpoint(plan, export, name), plan)
    plan.report(f"{name}: {figures}")
    card = _said_of(card_of(name, plan, recipe, trained, figures), export, CONTOURS, figures)
    return weights.save(trained.network, card, plan.weights_directory)


def _grading(finding: MachineFinding, export: Export, plan: Plan) -> Path:
    """One finding's network, calibrated on the validation patients."""
    name = finding.value
    plan = replace(plan, split=export.split)
    root = plan.root / f"crops-{export.digest[:16]}"
    _of_every_study(export, plan, "crops", partial(cut_study, root))
    train, validation, test = (_crops(root, finding, side, patients) for side, patients in vars(export.split).items())
    recipe = plan.recipe(name, len(train))
    task = GradingTask(finding, plan.preset.crops[finding].images, plan.preset.outputs[finding])
    trained = train_grading.train(
        task,
        plan.preset.build(finding),
        train,
        validation,
        recipe,
        _checkpoint(plan, export, name),
        plan.reporter(name),
    )
    temperature, threshold = measure.calibrated(trained.network, task.outputs, validation)
    figures = _figures(trained.network, task, test, temperature, threshold)
    plan.report(f"{name}: {figures}")
    card = replace(
        _said_of(card_of(name, plan, recipe, trained, figures), export, TRAINED_ON, figures),
        temperature=temperature,
        threshold=threshold,
    )
    return weights.save(trained.network, card, plan.weights_directory)


def _of_every_study(export: Export, plan: Plan, what: str, make: Callable[[ExportedStudy], None]) -> None:
    """``make`` of every study that can be read; the others are named."""
    for number, path in enumerate(export.studies, start=1):
        try:
            make(export.study(path))
        except PipelineError as error:
            plan.report(f"{path.name}: left out: {error.message}")
        if number % 50 == 0 or number == len(export.studies):
            plan.report(f"{what} of {number} of {len(export.studies)} studies")


def _checkpoint(plan: Plan, export: Export, name: str) -> Path:
    return plan.root / f"checkpoints-{export.digest[:16]}" / f"{name}.safetensors"


def _said_of(card: WeightsCard, export: Export, trained_on: str, figures: dict[str, Any]) -> WeightsCard:
    return replace(
        card,
        trained_on=f"{trained_on} ({_counts(export)}; manifest {export.digest})",
        figures={"measured_on": "held-out patients of the same export", **figures},
    )


def _crops(root: Path, finding: MachineFinding, side: str, patients: tuple[int, ...]) -> CropSet:
    try:
        return load_crops(root, finding, patients)
    except IndexError as error:
        raise ValueError(f"no labelled place of {finding.value} is in {side}: export more") from error


def _counts(export: Export) -> str:
    return f"{len(export.studies)} studies of {len(export.patients)} patients"


def _figures(network: Any, task: GradingTask, crops: CropSet, warmth: float, cut: float) -> dict[str, Any]:
    """Against the final or settled read; sizes are not measured against, because few were given."""
    logits, positive = measure.raw_outputs(network, task.outputs, crops)["logit"], crops.targets["positive"] > 0.5
    probability = 1 / (1 + np.exp(-logits / warmth))
    said = probability >= cut
    both = bool(positive.any()) and not bool(positive.all())
    return {
        "patients": len(np.unique(crops.seeds)),
        "crops": len(crops),
        "positives": int(positive.sum()),
        "auc": round(float(auc_value(probability, positive)), 4) if both else None,
        "sensitivity": round(float(said[positive].mean()), 4) if positive.any() else None,
        "specificity": round(float((~said[~positive]).mean()), 4) if (~positive).any() else None,
    }
