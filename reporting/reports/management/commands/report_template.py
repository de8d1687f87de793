"""Print the report template as JSON: the file in fixtures/ is made with it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reporting.reports.template import CURRENT
from reporting.reports.template.export import as_text


class Command(BaseCommand):
    help = "Print the current report template as JSON (fixtures/report_template_v1.json)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(as_text(CURRENT), ending="")
