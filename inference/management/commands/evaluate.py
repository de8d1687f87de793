"""``manage.py evaluate --seeds A:B``: analyse phantoms end to end, write one HTML report and one JSON file."""

from __future__ import annotations

import json
import logging
import warnings
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import weights
from inference.evaluation import real_scans
from inference.evaluation.conditions import Condition, Settings, conditions
from inference.evaluation.provenance import commit, provenance
from inference.evaluation.records import StudyRecord
from inference.evaluation.report import write_report
from inference.evaluation.runner import picture_folder, run_all
from inference.evaluation.seeds import SeedError, parse, refuse_seen
from inference.evaluation.speed import speed
from inference.evaluation.study import Task
from inference.evaluation.summary import summarise
from inference.phantom.spec import FAMILIES

SUMMARY, REPORT = "evaluation.json", "report.html"
_QUICK = {"matrix": 256, "samples": 2, "truth_samples": 3}


class Command(BaseCommand):
    help = (
        "Write phantoms of the given seeds as DICOM, analyse them with the installed networks, compare with the truth "
        f"and write {REPORT} and {SUMMARY}. A run that was stopped goes on where it was. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seeds", required=True, metavar="A:B", help="phantoms A, A + 1, … B − 1, none trained on")
        parser.add_argument("--family", choices=FAMILIES, default="first", help="shape family of the phantoms")
        parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default: var/evaluation)")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes of one thread each")
        parser.add_argument("--robustness", action="store_true", help="the same seeds again, scanned worse in six ways")
        parser.add_argument("--mirror", action="store_true", help="the same seeds again with left and right exchanged")
        parser.add_argument(
            "--real", type=Path, metavar="DIR", help="folder of the public sample scans: adds the rows on real images"
        )
        parser.add_argument("--no-speed", action="store_true", help="do not time a study at the end")
        parser.add_argument("--quick", action="store_true", help="small images, only with the gap: to see that it runs")
        parser.add_argument("--fresh", action="store_true", help="analyse again what was analysed before")
        parser.add_argument("--commit", metavar="HASH", help="the program's commit, where git cannot be asked")
        parser.add_argument("--device", help="torch device (default: CUDA when there is one)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["workers"] < 1:
            raise CommandError("--workers must be 1 or more")
        if options["real"] is not None and not options["real"].is_dir():
            raise CommandError(f"{options['real']}: no such folder")
        warnings.simplefilter("ignore")  # readers warn of every oddity; ours are in the records
        logging.getLogger("inference.evaluation").setLevel(logging.CRITICAL)  # the record has the error
        try:
            seeds = parse(options["seeds"])
            cards = {name: weights.load(name)[1] for name in weights.NAMES}
            refuse_seen(seeds, cards.values())
        except (SeedError, weights.WeightsError) as error:
            raise CommandError(str(error)) from error
        out = options["out"] or settings.STATE_DIR / "evaluation"
        phantoms = Settings(options["family"], **(_QUICK if options["quick"] else {}))
        records = self._records(seeds, phantoms, out / "studies", options)
        timed = None if options["no_speed"] else self._speed(seeds[0], phantoms, options["device"])
        real = None if options["real"] is None else real_scans.look_at(options["real"], options["device"], self._say)
        summary = summarise(
            records,
            provenance=provenance(cards, options["commit"] or commit()),
            arguments=_arguments(seeds, options),
            speed=timed,
            real=real,
        )
        text = json.dumps(summary, ensure_ascii=False, separators=(",", ":"))
        (out / SUMMARY).write_text(text + "\n", encoding="utf-8")
        folders = {name: picture_folder(out / "studies", name) for name in records}
        write_report(out / REPORT, summary, records, folders)
        self._tell(summary, out)

    def _records(
        self, seeds: range, phantoms: Settings, folder: Path, options: dict[str, Any]
    ) -> dict[str, list[StudyRecord]]:
        chosen = conditions(
            family=options["family"],
            quick=options["quick"],
            robustness=options["robustness"],
            mirror=options["mirror"],
        )
        program = options["commit"] or commit()

        def task(seed: int, condition: Condition) -> Task:
            pictures = picture_folder(folder, condition.name)
            return Task(seed, condition, phantoms, pictures, options["device"], program)

        tasks = [task(seed, condition) for condition in chosen for seed in seeds]
        found = run_all(tasks, folder, workers=options["workers"], fresh=options["fresh"], report=self._say)
        return {one.name: [record for record in found if record.condition == one.name] for one in chosen}

    def _speed(self, seed: int, phantoms: Settings, device: str | None) -> dict[str, Any] | None:
        try:
            return speed(seed, phantoms, device)
        except Exception as fault:  # an hour of figures is not lost to a stop-watch
            self._say(f"time and memory could not be measured: {type(fault).__name__}: {fault}")
            return None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _tell(self, summary: dict[str, Any], out: Path) -> None:
        for row in summary["targets"]:
            value = row["measured"]["value"]
            shown = value if isinstance(value, str) else f"{value:.3f}"
            bounds = f"floor {row['floor']:g}, target {row['target']:g}"
            self._say(f"{row['verdict']:<13} {row['item']}: {shown} {row['unit']} ({bounds})")
        failed = sum(len(one["failed"]) for one in summary["conditions"].values())
        self._say(f"{failed} studies failed; {out / REPORT} and {out / SUMMARY} written")


def _arguments(seeds: range, options: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, without paths."""
    kept = ("family", "robustness", "mirror", "quick", "workers")
    return {"first_seed": seeds[0], "last_seed": seeds[-1], **{name: options[name] for name in kept}}
