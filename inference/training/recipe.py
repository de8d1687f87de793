"""From nothing to committed weights: render phantoms, train segmentation, cut crops, train grading, calibrate."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from inference import weights
from inference.evaluation.provenance import commit
from inference.networks import Plane
from inference.phantom.thresholds import PHANTOM_VERSION, POSITIVE_MM
from inference.training import measure, train_grading, train_segmentation
from inference.training.card_page import write_page
from inference.training.crop_cache import CropJob, cut_crops, load_crops
from inference.training.loop import Recipe, Trained
from inference.training.parallel import in_processes
from inference.training.patches import ROLES_OF
from inference.training.plan import Plan
from inference.training.train_grading import GradingTask
from inference.weights import SEGMENTATION_NAMES, WeightsCard
from reporting.vocabulary import MachineFinding

TRAINED_ON = "synthetic images (Dens phantom)"
STAGES = ("phantoms", "crops")
FINDINGS = tuple(finding.value for finding in MachineFinding)


def run_all(plan: Plan) -> None:
    """Every stage and every network, those that do not wait for each other side by side."""
    run("phantoms", plan)
    _side_by_side([name for name in SEGMENTATION_NAMES.values() if name in plan.preset.recipes], plan)
    run("crops", plan)
    _side_by_side(FINDINGS, plan)


def run(name: str, plan: Plan) -> None:
    """Do one stage (``phantoms``, ``crops``) or train, measure and save one network.

    Raises:
        WeightsError: unknown name, or a stage that needs segmentation weights comes before they exist.
        ValueError: the preset does not train that network.
        TrainingError: the training ran away.
    """
    if name == "phantoms":
        plan.studies((*plan.split.train, *plan.split.validation, *plan.split.test))
        return
    if name == "crops":
        prepare_crops(plan)
        return
    weights.build(name)
    if (plane := weights.plane_of(name)) is not None:
        train_segmentation_weights(plane, plan)
    else:
        train_grading_weights(MachineFinding(name), plan)
    if plan.preset.is_served:
        write_page(plan.weights_directory)


def _side_by_side(names: Sequence[str], plan: Plan) -> None:
    if not names:
        return
    at_once = min(len(names), plan.jobs)
    share = replace(plan, jobs=max(1, plan.jobs // at_once))
    with ProcessPoolExecutor(at_once, get_context("spawn")) as pool:
        for _ in pool.map(run, names, [share] * len(names)):
            pass


def train_segmentation_weights(plane: Plane, plan: Plan) -> Path:
    """Train one plane's network and save it with its Dice on the test patients."""
    name = SEGMENTATION_NAMES[plane]
    recipe = plan.recipe(name, len(plan.split.train))
    sides = [plan.studies(seeds) for seeds in (plan.split.train, plan.split.validation, plan.split.test)]
    trained = train_segmentation.train(plane, sides[0], sides[1], recipe, plan.checkpoint(name), plan.reporter(name))
    figures: dict[str, Any] = {}
    for role in ROLES_OF[plane]:
        of_study = partial(measure.dice_of_study, trained.network, plane, role)
        figures[f"dice_{role.value}"] = measure.mean_dice(list(in_processes(of_study, sides[2], plan.jobs)))
    plan.report(f"{name}: {figures}")
    return weights.save(trained.network, card_of(name, plan, recipe, trained, figures), plan.weights_directory)


def prepare_crops(plan: Plan) -> None:
    """Cut the crops of every patient with the saved segmentation networks; those held out once, without jitter."""
    held_out = plan.studies((*plan.split.validation, *plan.split.test))
    train = plan.studies(plan.split.train)
    job = CropJob(plan.crop_directory, plan.preset.crops, plan.segmentation_directory)
    work = [(study, 0, False) for study in held_out]
    work += [(study, variant, True) for variant in range(plan.crop_variants) for study in train]
    for count, _ in enumerate(in_processes(partial(cut_crops, job), work, plan.jobs), start=1):
        if count % 50 == 0 or count == len(work):
            plan.report(f"crops of {count} of {len(work)} scans")


def train_grading_weights(finding: MachineFinding, plan: Plan) -> Path:
    """Train one finding's network, calibrate it on the validation patients, save it with figures of the test ones."""
    name, preset = finding.value, plan.preset
    sides = [
        load_crops(plan.crop_directory, finding, seeds)
        for seeds in (plan.split.train, plan.split.validation, plan.split.test)
    ]
    recipe = plan.recipe(name, len(sides[0]))
    plan.report(f"{name}: {len(sides[0])} training crops")
    task = GradingTask(finding, preset.crops[finding].images, preset.outputs[finding])
    trained = train_grading.train(
        task, preset.build(finding), sides[0], sides[1], recipe, plan.checkpoint(name), plan.reporter(name)
    )
    temperature, threshold = measure.calibrated(trained.network, task.outputs, sides[1])
    figures = measure.grading_figures(trained.network, task.outputs, sides[2], temperature, threshold)
    plan.report(f"{name}: {figures}")
    card = replace(
        card_of(name, plan, recipe, trained, figures),
        temperature=temperature,
        threshold=threshold,
    )
    return weights.save(trained.network, card, plan.weights_directory)


def card_of(name: str, plan: Plan, recipe: Recipe, trained: Trained, figures: dict[str, Any]) -> WeightsCard:
    """What the weights say of themselves when they were trained on phantoms."""
    return WeightsCard(
        name=name,
        version=weights.ALGORITHM_VERSION,
        phantom_version=PHANTOM_VERSION,
        trained_on=TRAINED_ON,
        seeds={**plan.split.described(), "training": recipe.seed},
        training={
            "commit": commit(),
            "preset": plan.preset.name,
            "optimizer": recipe.optimizer,
            "learning_rate": recipe.learning_rate,
            "weight_decay": recipe.weight_decay,
            "batch": recipe.batch,
            "schedule": f"warm-up, {recipe.schedule}; exponential average of the weights",
            "steps": trained.steps,
            "best_step": trained.best_step,
            "validation_loss": round(trained.best_loss, 4),
            "minutes": round(trained.elapsed_s / 60, 1),
            "device": trained.device,
            "torch": torch.__version__.split("+")[0],
            "masks": "predicted by the segmentation networks" if name in FINDINGS else "true",
            "positive_from_mm": {finding.value: mm for finding, mm in POSITIVE_MM.items()},
        },
        figures={"measured_on": "held-out phantoms; not clinical", **figures},
    )
