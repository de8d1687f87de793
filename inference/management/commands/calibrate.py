"""``manage.py calibrate --seeds A:B``: fit probabilities and sizes of the grading networks on whole phantoms."""

from __future__ import annotations

import logging
import warnings
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import weights
from inference.evaluation.conditions import CONTINUOUS, GAP, Condition, Settings
from inference.evaluation.provenance import commit
from inference.evaluation.runner import picture_folder, run_all
from inference.evaluation.seeds import SeedError, parse, refuse_seen
from inference.evaluation.study import Task
from inference.training.card_page import write_page
from inference.training.recalibrate import recalibrated, uncalibrated
from reporting.vocabulary import MachineFinding


class Command(BaseCommand):
    help = (
        "Write phantoms of the given seeds as DICOM, analyse them with the installed networks, and write the best "
        "temperature, and scale and offset of sizes, into the cards of fixtures/weights; thresholds move along, so "
        "that no decision changes."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seeds", required=True, metavar="A:B", help="phantoms that no network has met")
        parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the analysed studies (var/calibration)")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes of one thread each")

    def handle(self, *args: Any, **options: Any) -> None:
        warnings.simplefilter("ignore")  # readers warn of every oddity; ours are in the records
        logging.getLogger("inference.evaluation").setLevel(logging.CRITICAL)
        try:
            seeds = parse(options["seeds"])
            refuse_seen(seeds, (uncalibrated(weights.load(name)[1]) for name in weights.NAMES))
        except (SeedError, weights.WeightsError) as error:
            raise CommandError(str(error)) from error
        folder = (options["out"] or settings.STATE_DIR / "calibration") / "studies"
        # With and without sizes near the thresholds: either alone would make one of them too sure of itself.
        tasks = [_task(seed, condition, folder) for condition in (GAP, CONTINUOUS) for seed in seeds]
        records = run_all(tasks, folder, workers=options["workers"], fresh=False, report=self.stdout.write)
        for finding in MachineFinding:
            network, card = weights.read_network(finding.value)
            try:
                fitted = recalibrated(card, records, seeds)
            except ValueError as error:
                raise CommandError(str(error)) from error
            weights.save(network, fitted)
            self.stdout.write(
                f"{finding.value}: temperature {card.temperature:.3f} → {fitted.temperature:.3f}, "
                f"threshold {card.threshold} → {fitted.threshold}, "
                f"size × {fitted.size_scale} + {fitted.size_offset_mm} mm"
            )
        write_page(weights.DIRECTORY)


def _task(seed: int, condition: Condition, folder: Path) -> Task:
    return Task(seed, condition, Settings(), picture_folder(folder, condition.name), None, commit())
