"""``manage.py deidentified_study STUDY_UID … --out DIR --as NAME --purpose … --note …``: files that may leave."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import User
from reporting.core.errors import DomainError
from reporting.studies.models import Study
from reporting.studies.services.deidentified_export import export_deidentified


class Command(BaseCommand):
    help = "Write de-identified studies, one zip each (docs/deidentification.md)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study_uids", nargs="+", metavar="STUDY_UID")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")
        parser.add_argument("--as", dest="username", required=True, help="the account that exports: an auditor")
        parser.add_argument("--purpose", required=True, help="draws the pseudonyms: equal purposes can be joined")
        parser.add_argument("--note", required=True, help="licence and consent: who may use it, for what")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["username"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active account {options['username']!r}", returncode=2)
        options["out"].mkdir(parents=True, exist_ok=True)
        for number, uid in enumerate(options["study_uids"], start=1):
            study = Study.objects.select_related("patient").filter(study_instance_uid=uid).first()
            if study is None:
                raise CommandError(f"There is no study number {number} of those named")
            with tempfile.NamedTemporaryFile(dir=options["out"], suffix=".part", delete=False) as file:
                path = Path(file.name)
                try:
                    made = export_deidentified(study, file, purpose=options["purpose"], note=options["note"], by=by)
                except DomainError as refusal:
                    path.unlink()
                    raise CommandError(refusal.message) from refusal
                except BaseException:
                    path.unlink()
                    raise
            path.replace(options["out"] / made.name)
            left_out = f", left out: {' '.join(made.left_out)}" if made.left_out else ""
            self.stdout.write(f"{made.name}: {made.objects} objects{left_out}; manifest {made.manifest_sha256}")
