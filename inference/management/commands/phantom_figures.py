"""``manage.py phantom_figures SAMPLES``: the pictures of docs/phantom_figures.md. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.phantom_figures import write_figures


class Command(BaseCommand):
    help = "Draw phantom slices beside public real ones, for docs/phantom_figures.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("samples", type=Path, help="folder with the public samples (nifti/…)")
        parser.add_argument("--out", type=Path, default=Path("docs/figures"), help="folder to write into")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            paths = write_figures(options["samples"], options["out"])
        except OSError as error:
            raise CommandError(str(error)) from error
        for path in paths:
            self.stdout.write(f"{path}: {path.stat().st_size // 1024} KiB")
