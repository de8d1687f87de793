"""Make the department audit's facts and summaries: what is new, all of them again, or compare them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.department_audit import intake

SHOWN = 20


class Command(BaseCommand):
    help = (
        "take: facts of newly signed reports; recount: summaries from the facts;"
        " rebuild: facts from the signed versions; check: compare with them"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["take", "recount", "rebuild", "check", "digest"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "take":
            self.stdout.write(f"{intake.take_pending()} reports")
        elif options["act"] == "recount":
            intake.count_again()
        elif options["act"] == "rebuild":
            self.stdout.write(intake.rebuild())
        elif options["act"] == "digest":
            self.stdout.write(intake.digest())
        else:
            self._check()

    def _check(self) -> None:
        faults = intake.faults()
        if faults:
            shown = "\n".join(faults[:SHOWN])
            raise CommandError(f"{len(faults)} faults:\n{shown}")
        self.stdout.write("Facts are those of the signed versions; summaries are those of a full recount.")
