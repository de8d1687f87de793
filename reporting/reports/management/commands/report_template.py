"""Print the report template, for people and for programs: fixtures/ and docs/vocabulary.md are made with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reporting.reports.exports.template_files import TEMPLATE_FILES
from reporting.reports.template import CURRENT, Template
from reporting.reports.template.export import as_text
from reporting.reports.vocabulary_document import vocabulary_document

FORMATS: dict[str, Callable[[Template], str]] = {
    "json": as_text,
    "markdown": lambda _: vocabulary_document(),
    **{name: file.of for name, file in TEMPLATE_FILES.items()},
}


class Command(BaseCommand):
    help = (
        "Print the current report template: json (what reports are tied to), markdown (docs/vocabulary.md), "
        "elements.json or elements.csv (open data elements), mrrt-en.html or mrrt-zh.html (IHE report template, HTML5)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(FORMATS[options["format"]](CURRENT), ending="")
