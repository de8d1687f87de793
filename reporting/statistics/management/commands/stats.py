"""``manage.py stats NAME --input FILE.csv --params '{…}'``: any statistic of the catalogue, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.statistics.catalogue import CATALOGUE, compute
from reporting.statistics.catalogue.columns import InputError


class Command(BaseCommand):
    help = "Compute a statistic from a CSV file and print it as JSON, with counts, positive class, unit and method."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="a statistic; --list names them")
        parser.add_argument("--list", action="store_true", help="name all statistics with their parameters, as JSON")
        parser.add_argument("--input", type=Path, metavar="FILE.csv", help="a header and one row per unit")
        parser.add_argument("--params", default="{}", metavar="JSON", help="an object: columns, codes, options")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._print([one.as_json() for one in CATALOGUE.values()])
            return
        if options["name"] is None:
            raise CommandError("name a statistic, or give --list")
        try:
            self._print(compute(options["name"], options["input"], _object(options["params"])).as_json())
        except InputError as error:
            raise CommandError(str(error)) from error

    def _print(self, shown: Any) -> None:
        self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2, allow_nan=False))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--params is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise CommandError("--params must be a JSON object")
    return found
