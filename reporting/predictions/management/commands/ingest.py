"""``manage.py ingest PATH… [--as USERNAME]``: files, folders and zip archives in, then ask for inference.

Every file that was not filed is named with its reason; the rest is stored. Exit status 0 when every DICOM object is
stored (what lies beside them and is none, such as a DICOMDIR or a text file, is only named), 1 when an object was
refused or quarantined, 2 when there was no object at all, 3 when the storage is full.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import Role, User
from reporting.core.errors import DomainError, StorageFull
from reporting.predictions.services import request_inference_for_new_studies
from reporting.studies.refusals import RefusalCode
from reporting.studies.services import FileStatus, IngestReport, ingest_paths

_NOT_FILED = (FileStatus.REFUSED, FileStatus.QUARANTINED)
_NO_OBJECT = (RefusalCode.NOT_DICOM, RefusalCode.MEDIA_DIRECTORY)


class Command(BaseCommand):
    help = "Take DICOM files, folders or zip archives in"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--as", dest="username", help="account that sends them; default: the only service account")
        parser.add_argument("--no-inference", action="store_true", help="do not ask for inference")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = _actor(options["username"])
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"{path}: no such file or folder", returncode=2)
        try:
            report = ingest_paths(options["paths"], by=actor)
            if not options["no_inference"]:
                request_inference_for_new_studies(report.studies, by=actor)
        except StorageFull as full:
            raise CommandError(full.message, returncode=3) from full
        except DomainError as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        self._show(report)

    def _show(self, report: IngestReport) -> None:
        for result in report.results:
            if result.status in _NOT_FILED:
                self.stdout.write(f"{result.status.label}: {result.name}: {result.message} [{result.code}]")
        for study in report.studies:
            self.stdout.write(f"study {study.pk}")
        self.stdout.write(report.summary())
        bad = [result for result in report.results if result.status in _NOT_FILED and result.code not in _NO_OBJECT]
        if bad:
            raise CommandError(f"{len(bad)} of {len(report.results)} files were not filed", returncode=1)
        if not any(result.status not in _NOT_FILED for result in report.results):
            raise CommandError("There was no DICOM object", returncode=2)


def _actor(username: str | None) -> User:
    if username:
        actor = User.objects.filter(username=username, is_active=True).first()
        if actor is None:
            raise CommandError(f"There is no active account {username!r}", returncode=2)
        return actor
    services = list(User.objects.filter(role=Role.SERVICE, is_active=True)[:2])
    if len(services) != 1:
        raise CommandError("Say who sends the files: --as USERNAME", returncode=2)
    return services[0]
