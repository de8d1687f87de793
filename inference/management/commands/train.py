"""``manage.py train NAME``: make weights from phantoms."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import weights
from inference.training.loop import TrainingError
from inference.training.plan import Plan
from inference.training.recipe import STAGES, run, run_all
from inference.training.splits import Split

ALL = "all"


class Command(BaseCommand):
    help = (
        "Render phantoms, train one network (or all, in order), measure it on held-out phantoms and write "
        "fixtures/weights. A run that was stopped goes on from its checkpoint; every run keeps a log beside it."
    )
    requires_system_checks: list[str] = []  # trains with the database down

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", choices=(ALL, *STAGES, *weights.NAMES))
        parser.add_argument("--phantoms", type=int, default=480, help="training patients (default 480)")
        parser.add_argument("--held-out", type=int, default=30, help="validation and test patients, each (default 30)")
        parser.add_argument("--minutes", type=float, help="end every network's training after so many minutes")
        parser.add_argument("--steps", type=int, help="steps of every network instead of the preset's")
        parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at work (default: all cores)")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--data", type=Path, help="renders, crops, checkpoints and logs (default: var/training)")
        parser.add_argument("--out", type=Path, default=weights.DIRECTORY, help="where the weights go")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            root=options["data"] or settings.STATE_DIR / "training",
            split=Split.of_phantoms(options["phantoms"], options["held_out"], options["held_out"]),
            weights_directory=options["out"],
            jobs=options["jobs"],
            minutes=options["minutes"],
            steps=options["steps"],
            seed=options["seed"],
        )
        try:
            run_all(plan) if options["name"] == ALL else run(options["name"], plan)
        except (weights.WeightsError, TrainingError) as error:
            raise CommandError(str(error)) from error
