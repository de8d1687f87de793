"""Train a grading network on what people signed, instead of on phantoms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from inference import weights
from inference.results import PipelineError
from inference.training import measure, train_grading
from inference.training.crop_cache import CropSet, load_crops
from inference.training.exported import Export, read_export
from inference.training.exported_crops import cut_study
from inference.training.plan import Plan
from inference.training.recipe import card_of
from inference.training.train_grading import GradingTask
from reporting.statistics.auc import auc_value
from reporting.vocabulary import MachineFinding

TRAINED_ON = "signed reads of the department"


def train_from_export(name: str, folder: Path, plan: Plan) -> Path:
    """Train, calibrate and save one grading network; returns the weights' file.

    Raises:
        ExportDamaged, SplitError: see ``read_export``.
        ValueError: no grading network, or a side has no crops of the finding.
    """
    if name not in [finding.value for finding in MachineFinding]:
        raise ValueError(f"{name} is not trained from an export; grading networks are: {', '.join(MachineFinding)}")
    finding = MachineFinding(name)
    export = read_export(folder)
    plan = replace(plan, split=export.split)
    root = plan.root / f"crops-{export.digest[:16]}"
    for number, path in enumerate(export.studies, start=1):
        try:
            cut_study(root, export.study(path))
        except PipelineError as error:
            plan.report(f"{path.name}: left out: {error.message}")
        if number % 50 == 0 or number == len(export.studies):
            plan.report(f"crops of {number} of {len(export.studies)} studies")
    train, validation, test = (_crops(root, finding, side, patients) for side, patients in vars(export.split).items())
    recipe = plan.recipe(name, len(train))
    task = GradingTask(finding, plan.preset.crops[finding].images, plan.preset.outputs[finding])
    checkpoint = plan.root / f"checkpoints-{export.digest[:16]}" / f"{name}.safetensors"
    trained = train_grading.train(
        task, plan.preset.build(finding), train, validation, recipe, checkpoint, plan.reporter(name)
    )
    temperature, threshold = measure.calibrated(trained.network, task.outputs, validation)
    figures = _figures(trained.network, task, test, temperature, threshold)
    plan.report(f"{name}: {figures}")
    card = replace(
        card_of(name, plan, recipe, trained, figures),
        trained_on=f"{TRAINED_ON} ({_counts(export)}; manifest {export.digest})",
        figures={"measured_on": "held-out patients of the same export", **figures},
        temperature=temperature,
        threshold=threshold,
    )
    return weights.save(trained.network, card, plan.weights_directory)


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
