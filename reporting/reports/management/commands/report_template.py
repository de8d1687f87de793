"""Print the report template, for people and for programs: fixtures/ and docs/vocabulary.md are made with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reporting.reports.exports.mrrt import mrrt_html
from reporting.reports.rendering import Language
from reporting.reports.template import CURRENT, Template
from reporting.reports.template.elements import elements_csv, elements_json
from reporting.reports.template.export import as_text
from reporting.reports.vocabulary_document import vocabulary_document

FORMATS: dict[str, Callable[[Template], str]] = {
    "json": as_text,
    "markdown": lambda _: vocabulary_document(),
    "elements": elements_json,
    "elements-csv": elements_csv,
    "mrrt-en": lambda template: mrrt_html(template, Language.EN),
    "mrrt-zh": lambda template: mrrt_html(template, Language.ZH),
}


class Command(BaseCommand):
    help = (
        "Print the current report template: json (what reports are tied to), markdown (docs/vocabulary.md), "
        "elements or elements-csv (open data elements), mrrt-en or mrrt-zh (IHE report template, HTML5)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(FORMATS[options["format"]](CURRENT), ending="")
