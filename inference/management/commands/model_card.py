"""``manage.py model_card FILE.json [--out FILE.md]``: print or write the model card of an evaluation."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.evaluation.model_card import card_of


class Command(BaseCommand):
    help = "Make the model card from the JSON file of `manage.py evaluate`."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("summary", type=Path, metavar="FILE.json")
        parser.add_argument("--out", type=Path, metavar="FILE.md", help="write it there instead of printing it")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["summary"]
        try:
            card = card_of(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise CommandError(f"{path} is no summary written by `manage.py evaluate`") from error
        if options["out"] is None:
            self.stdout.write(card, ending="")
        else:
            options["out"].write_text(card, encoding="utf-8")
