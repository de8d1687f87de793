"""Print the report template: the newest fixtures/report_template_v*.json and docs/vocabulary.md are made with it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reporting.reports.template import CURRENT
from reporting.reports.template.export import as_text
from reporting.reports.vocabulary_document import vocabulary_document


class Command(BaseCommand):
    help = "Print the current report template as JSON, or with --markdown as the document docs/vocabulary.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--markdown", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(vocabulary_document() if options["markdown"] else as_text(CURRENT), ending="")
