"""``manage.py dataset export``: a training set from signed reads and settled truth (docs/learning_loop.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import User
from reporting.core.errors import DomainError
from reporting.department_audit.dataset import files
from reporting.department_audit.dataset.export import Order, export_dataset
from reporting.department_audit.filters import Filter


class Command(BaseCommand):
    help = "export: write a training set into a folder; verify: check every digest of one"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export")
        export.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder, or one begun before")
        export.add_argument(
            "--as", dest="username", required=True, help="the account that exports: auditor, researcher"
        )
        export.add_argument("--purpose", default="training", help="draws the pseudonyms: equal purposes can be joined")
        export.add_argument("--note", required=True, help="licence and consent: who may use it, for what")
        export.add_argument(
            "--seed", type=int, default=1, help="draws the sides of the split; keep it for later exports"
        )
        export.add_argument("--filter", default="", help="as in an address of the audit: vendor=GE&month_from=2026-01")
        verify = acts.add_parser("verify")
        verify.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["act"] == "verify":
                manifest = files.verified(options["folder"])
                self.stdout.write(f"{manifest['files']} files are those of the manifest")
                return
            manifest = self._export(options)
        except (DomainError, files.ExportDamaged) as error:
            raise CommandError(str(error)) from error
        counts = ", ".join(f"{count} {what}" for what, count in manifest["counts"].items())
        self.stdout.write(f"{options['out']}: {counts}; manifest {manifest['manifest_sha256']}")

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        by = User.objects.filter(username=options["username"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active account {options['username']!r}", returncode=2)
        chosen = Filter.from_query(dict(parse_qsl(options["filter"], keep_blank_values=True)))
        order = Order(options["purpose"], options["seed"], chosen, options["note"])
        return export_dataset(options["out"], order, by=by)
