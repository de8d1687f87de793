"""``manage.py frozen_cases NAME [--digest PREFIX]``: run an algorithm on the frozen cases here and now, and keep it.

Exit status 1 when it did not pass.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.tasks import look_at_cases
from reporting.core.errors import DomainError
from reporting.predictions.models import Algorithm
from reporting.predictions.services import claim_case_run, request_case_run


class Command(BaseCommand):
    help = "Run an algorithm on the frozen cases; it cannot be activated before it passes them"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="as on the page Algorithms; the newest version of that name")
        parser.add_argument("--digest", default="", metavar="PREFIX", help="of the weights, for an older version")

    def handle(self, *args: Any, **options: Any) -> None:
        versions = Algorithm.objects.filter(name=options["name"], weights_sha256__startswith=options["digest"])
        algorithm = versions.order_by("-created_at").first()
        if algorithm is None:
            raise CommandError(f"There is no algorithm {options['name']!r} with these weights")
        try:
            asked = algorithm.case_runs.filter(status="queued").first() or request_case_run(algorithm, by=None)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        run = claim_case_run(asked.pk, worker="frozen_cases")
        if run is None:
            raise CommandError("A worker took the run; its result is on the page Algorithms")
        passed = look_at_cases(run, progress=self.stdout.write)
        run.refresh_from_db()
        self.stdout.write(f"{algorithm} ({algorithm.weights_sha256[:12]}…): {run.status}")
        if not passed:
            raise CommandError(", ".join(run.results["reasons"]), returncode=1)
