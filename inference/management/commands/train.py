"""``manage.py train NAME``: make weights from phantoms, or from a training set that was exported."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import weights
from inference.training.from_export import train_from_export
from inference.training.loop import TrainingError
from inference.training.paper2024 import PAPER2024
from inference.training.plan import Plan
from inference.training.presets import DEFAULT, Preset
from inference.training.recipe import STAGES, run, run_all
from inference.training.splits import Split

ALL = "all"
PRESETS = {preset.name: preset for preset in (DEFAULT, PAPER2024)}
_HELD_OUT = 30


class Command(BaseCommand):
    help = (
        "Render phantoms (or read an export), train one network (or all, in order), measure it on held-out patients "
        "and write its weights. A run that was stopped goes on from its checkpoint; every run keeps a log beside it."
    )
    requires_system_checks: list[str] = []  # trains with the database down

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", choices=(ALL, *STAGES, *weights.NAMES))
        parser.add_argument(
            "--preset", choices=PRESETS, default=DEFAULT.name, help="paper2024: the published recipe, to compare with"
        )
        parser.add_argument("--phantoms", type=int, default=480, help="training patients (default 480)")
        parser.add_argument(
            "--held-out", type=int, help="validation and test patients, each (default 30; paper2024: 8:1:1)"
        )
        parser.add_argument("--split", type=Path, help="patients of each side as JSON, instead of the counts above")
        parser.add_argument("--minutes", type=float, help="end every network's training after so many minutes")
        parser.add_argument("--steps", type=int, help="steps of every network instead of the preset's")
        parser.add_argument("--epochs", type=int, help="paper2024: instead of its 500")
        parser.add_argument("--patience", type=int, help="stop after so many validations without a better network")
        parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at work (default: all cores)")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="a training set of manage.py dataset export, instead of phantoms"
        )
        parser.add_argument("--work", type=Path, help="renders, crops, checkpoints and logs (default: var/training)")
        parser.add_argument(
            "--out",
            type=Path,
            help="where the weights go (default: fixtures/weights; paper2024 and --data: under --work)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            plan = self._plan(options)
            if options["data"] is not None:
                train_from_export(options["name"], options["data"], plan)
            elif options["name"] == ALL:
                run_all(plan)
            else:
                run(options["name"], plan)
        except (weights.WeightsError, TrainingError, ValueError) as error:
            raise CommandError(str(error)) from error

    def _plan(self, options: dict[str, Any]) -> Plan:
        preset: Preset = PRESETS[options["preset"]]
        if options["epochs"] is not None:
            preset = replace(preset, epochs=options["epochs"])
        root = options["work"] or settings.STATE_DIR / "training"
        served = options["out"] or weights.DIRECTORY
        is_served = preset.is_served and options["data"] is None
        return Plan(
            root=root,
            split=_split(preset, options),
            preset=preset,
            weights_directory=served if is_served else options["out"] or root / _folder(preset, options),
            segmentation_directory=served if is_served else weights.DIRECTORY,
            jobs=options["jobs"],
            minutes=options["minutes"],
            steps=options["steps"],
            patience=options["patience"],
            seed=options["seed"],
        )


def _folder(preset: Preset, options: dict[str, Any]) -> str:
    return f"weights-{preset.name}" if options["data"] is None else "weights-exported"


def _split(preset: Preset, options: dict[str, Any]) -> Split:
    if options["split"]:
        return Split.read(options["split"])
    phantoms, held_out = options["phantoms"], options["held_out"]
    if preset.held_out_share is not None and held_out is None:
        share = max(1, round(phantoms * preset.held_out_share))
        return Split.of_phantoms(phantoms - 2 * share, share, share)
    held_out = _HELD_OUT if held_out is None else held_out
    return Split.of_phantoms(phantoms, held_out, held_out)
