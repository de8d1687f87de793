"""Print counts and digests of everything stored; ends with 1 when a file is missing or damaged."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from reporting.reports.state_digest import state_digest


class Command(BaseCommand):
    help = "Counts and digests of reports, files and the audit trail, to compare two copies of an installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--read-files", action="store_true", help="hash the contents of every file (slow)")

    def handle(self, *args: Any, **options: Any) -> None:
        at_once = not connection.in_atomic_block
        with transaction.atomic():
            if at_once:
                with connection.cursor() as cursor:  # one moment for all tables, whatever goes on meanwhile
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = state_digest(read_files=options["read_files"])
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1, sort_keys=True))
        else:
            self._print(found)
        if found["files"]["missing"] or found["files"]["damaged"]:
            sys.exit(1)

    def _print(self, found: dict[str, Any]) -> None:
        for name, table in found["tables"].items():
            self.stdout.write(f"{name:<32}{table['count']:>9}  {table['digest'][:32]}")
        files, head = found["files"], found["audit_head"]
        self.stdout.write(f"{'files':<32}{files['count']:>9}  {files['digest'][:32]}  {files['bytes']} bytes")
        for kind in ("missing", "damaged"):
            for sha256 in files[kind]:
                self.stdout.write(f"  {kind}: {sha256}")
        self.stdout.write(f"{'files without a row':<32}{files['without_row']:>9}")
        self.stdout.write(f"{'audit head':<32}{head['sequence']:>9}  {head['digest'][:32]}")
        self.stdout.write(f"{'state':<43}{found['state']}")
