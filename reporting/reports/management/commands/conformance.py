"""``manage.py conformance``: the tables of the conformance statement, for docs/connected.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reporting.reports.exports.conformance import conformance_tables


class Command(BaseCommand):
    help = "Print the tables of the conformance statement"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(conformance_tables())
