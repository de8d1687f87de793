"""``manage.py register_algorithm [--activate]``: name the weights of this installation in the database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference import weights
from reporting.predictions.services import register_algorithm

SYNTHETIC = "trained on synthetic images; not for clinical use"


class Command(BaseCommand):
    help = "Register the algorithm under the digest of its weights; --activate makes it the one that new jobs use"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--applicability", default=SYNTHETIC, help="printed with every value of the machine")
        parser.add_argument("--activate", action="store_true", help="use it for new jobs from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            info = weights.algorithm_info()
        except weights.WeightsError as error:
            raise CommandError(str(error)) from error
        algorithm = register_algorithm(
            name=info.name,
            version=info.version,
            weights_sha256=info.weights_sha256,
            applicability=options["applicability"],
            activate=options["activate"],
            by=None,
        )
        state = "active" if algorithm.is_active else "registered"
        self.stdout.write(f"{algorithm} ({algorithm.weights_sha256[:12]}…): {state}")
