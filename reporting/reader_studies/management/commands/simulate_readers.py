"""``manage.py simulate_readers``: a reader study before it is run, with a known truth and the analysis of Dens."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.reader_studies.planning.repeated import Repeated, Summary, repeat, seed_of
from reporting.reader_studies.planning.trial import Trial, rating_rows
from reporting.reader_studies.simulation import Spread
from reporting.reader_studies.words import ArmKind, Design

NOTE = "simulated readers of invented cases; nobody read anything"
RATING_COLUMNS = ("modality", "reader", "patient", "case", "truth", "score")
SHOWN = (
    *("figure", "what", "method", "truth", "mean", "bias", "mc_se", "sd", "mean_se"),
    *("coverage", "found", "noninferior", "undefined"),
)
DEFAULT = Spread()


class Command(BaseCommand):
    help = (
        "Draw a planned reader study again and again from a known truth (Roe and Metz), analyse each as a closed study "
        "is analysed, and say bias, coverage and power."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--arm",
            action="append",
            metavar="KIND=AUC",
            help="unaided, aided or aided_after_unaided with its true AUC; twice or more (unaided=0.80 aided=0.86)",
        )
        parser.add_argument("--cases", type=int, default=100)
        parser.add_argument("--readers", type=int, default=6)
        parser.add_argument("--places", type=int, default=1, help="rated places a case; a case is the cluster")
        parser.add_argument("--prevalence", type=float, default=0.5, help="share of diseased places")
        parser.add_argument("--design", choices=Design.values, default=Design.FULLY_CROSSED.value)
        parser.add_argument("--reader-groups", type=int, default=2, help="split-plot only")
        for name, what in (
            ("reader", "variance of readers"),
            ("arm-reader", "variance of arm x reader"),
            ("case", "share of cases"),
            ("arm-case", "share of arm x case"),
            ("reader-case", "share of reader x case; what the case's three shares leave is error"),
            ("within", "correlation between the places of one case"),
        ):
            default = getattr(DEFAULT, name.replace("-", "_"))
            parser.add_argument(f"--{name}", type=float, default=default, help=f"{what} ({default})")
        parser.add_argument("--repetitions", type=int, default=200)
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same output (1)")
        parser.add_argument("--resamples", type=int, default=200, help="bootstrap resamples of each repetition")
        parser.add_argument("--margin", type=float, default=0.05, help="of non-inferiority")
        parser.add_argument("--alpha", type=float, default=0.05)
        parser.add_argument("--json", type=Path, metavar="FILE", help="everything, with the plan")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="one line a figure and method")
        parser.add_argument("--ratings", type=Path, metavar="FILE", help="the first repetition, for manage.py stats")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repetitions"] < 2 or options["resamples"] < 2 or options["seed"] < 0:
            raise CommandError("two repetitions and resamples or more, and a seed that is not negative")
        if not 0 < options["alpha"] < 1 or not 0 < options["margin"] < 1:
            raise CommandError("alpha and margin lie between 0 and 1")
        trial = _trial(options)
        asked = {name: options[name] for name in ("seed", "resamples", "margin", "alpha")}
        found = repeat(trial, options["repetitions"], **asked)
        self._print(trial, found)
        if options["json"]:
            plan = {"note": NOTE, "plan": _plan(trial), "repetitions": options["repetitions"]} | asked
            said = {"components": found.components, "summaries": [one._asdict() for one in found.summaries]}
            text = json.dumps(plan | said, indent=2, allow_nan=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        if options["csv"]:
            _write_csv(options["csv"], Summary._fields, found.summaries)
        if options["ratings"]:
            _write_csv(options["ratings"], RATING_COLUMNS, rating_rows(trial.drawn(seed_of(options["seed"], 0))))

    def _print(self, trial: Trial, found: Repeated) -> None:
        self.stdout.write(NOTE)
        for arm in trial.arms:
            true = ", ".join(f"{name} {trial.true_value(name, arm):.4f}" for name in ("auc", "sensitivity"))
            self.stdout.write(f"true {arm.value}: {true} (specificity the same)")
        rows = [SHOWN, *([_shown(one._asdict()[name]) for name in SHOWN] for one in found.summaries)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(SHOWN))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if found.components:
            said = ", ".join(f"{name} {value:.3g}" for name, value in found.components.items())
            self.stdout.write(f"mean variance components of AUC with {trial.cases} cases: {said}")


def _trial(options: dict[str, Any]) -> Trial:
    spread = ("reader", "arm_reader", "case", "arm_case", "reader_case", "within")
    plan = ("cases", "readers", "places", "prevalence", "reader_groups")
    try:
        areas = dict(_area(text) for text in options["arm"] or ("unaided=0.80", "aided=0.86"))
        parts: dict[str, Any] = {name: options[name] for name in plan}
        return Trial(
            areas, design=Design(options["design"]), spread=Spread(**{name: options[name] for name in spread}), **parts
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def _area(text: str) -> tuple[ArmKind, float]:
    kind, _, area = text.partition("=")
    return ArmKind(kind), float(area)


def _plan(trial: Trial) -> dict[str, Any]:
    plan = asdict(trial)
    return plan | {"areas": {arm.value: trial.areas[arm] for arm in trial.arms}, "design": trial.design.value}


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _write_csv(path: Path, header: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
