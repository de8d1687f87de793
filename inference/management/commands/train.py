"""``manage.py train NAME``: make weights from phantoms."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import weights
from inference.training.loop import Recipe
from inference.training.recipe import DEMO_MINUTES, GRADING_LEARNING_RATE, STAGES, Plan, run
from inference.training.splits import Split
from reporting.vocabulary import MachineFinding

ALL = "all"


class Command(BaseCommand):
    help = (
        "Render phantoms, train one network (or all, in order), measure it on held-out phantoms and write "
        "fixtures/weights. A run that was stopped goes on from its checkpoint."
    )
    requires_system_checks: list[str] = []  # trains with the database down

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", choices=(ALL, *STAGES, *weights.NAMES))
        parser.add_argument("--phantoms", type=int, default=200, help="training patients (default 200)")
        parser.add_argument("--held-out", type=int, default=20, help="validation and test patients, each (default 20)")
        parser.add_argument("--minutes", type=float, help="time for each network; default: what the demo weights took")
        parser.add_argument("--steps", type=int, help="steps for each network instead of minutes")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--data", type=Path, help="renders, crops and checkpoints (default: var/training)")
        parser.add_argument("--out", type=Path, default=weights.DIRECTORY, help="where the weights go")

    def handle(self, *args: Any, **options: Any) -> None:
        names = (*weights.NAMES[:2], "crops", *weights.NAMES[2:]) if options["name"] == ALL else (options["name"],)
        for name in names:
            minutes = options["minutes"]
            if minutes is None and options["steps"] is None:
                minutes = DEMO_MINUTES.get(name, 1.0)
            plan = Plan(
                root=options["data"] or settings.STATE_DIR / "training",
                split=Split.of_phantoms(options["phantoms"], options["held_out"], options["held_out"]),
                recipe=_recipe(name, Recipe(steps=options["steps"], minutes=minutes, seed=options["seed"])),
                weights_directory=options["out"],
                report=self._report,
            )
            try:
                run(name, plan)
            except weights.WeightsError as error:
                raise CommandError(str(error)) from error

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _recipe(name: str, recipe: Recipe) -> Recipe:
    return replace(recipe, learning_rate=GRADING_LEARNING_RATE) if name in set(MachineFinding) else recipe
