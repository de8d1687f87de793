"""Fill a database with invented signed reports, to measure and to look at the department audit with."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reporting.core.errors import DomainError
from reporting.department_audit.seeding.invent import MONTHS, month_end
from reporting.department_audit.seeding.store import seed_reports


class Command(BaseCommand):
    help = "Invent N signed reports with their facts; for empty databases, and never for a hospital's own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("n", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same reports (1)")
        parser.add_argument(
            "--drawn",
            type=int,
            metavar="M",
            help="invent M one by one; the others are copies with other patients and months, without texts and images",
        )
        parser.add_argument("--until", metavar="YYYY-MM", help=f"last of the {MONTHS} months (this one, up to today)")
        parser.add_argument("--beside-others", action="store_true", help="also where there are other studies")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["n"] < 1:
            raise CommandError("N must be at least 1")
        if options["drawn"] is not None and options["drawn"] < 1:
            raise CommandError("M must be at least 1")
        try:
            year, month = map(int, (options["until"] or timezone.now().strftime("%Y-%m")).split("-"))
            until = min(month_end(year, month), timezone.now().replace(hour=0, minute=0, second=0, microsecond=0))
        except ValueError as error:
            raise CommandError("--until is written like 2026-03") from error
        began = time.monotonic()
        try:
            seeded = seed_reports(
                options["n"],
                seed=options["seed"],
                until=until,
                drawn=options["drawn"],
                beside_others=options["beside_others"],
                told=self._tell if options["verbosity"] > 1 else lambda _n: None,
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{seeded.reports} reports in {seconds:.0f} s, {seeded.counting_s:.0f} s of them to count them"
        )

    def _tell(self, stored: int) -> None:
        self.stdout.write(f"{stored} …")
