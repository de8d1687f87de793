"""``manage.py dicom_archive NAME AE_TITLE HOST PORT``: look up earlier studies there; ``--off NAME``: not any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.core.errors import DomainError
from reporting.dicom_network.archives import add_archive, switch_off
from reporting.dicom_network.models import Archive


class Command(BaseCommand):
    help = "Add, switch off or list the archives that are asked for earlier studies"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("ae_title", nargs="?", default="")
        parser.add_argument("host", nargs="?", default="")
        parser.add_argument("port", nargs="?", type=int, default=0)
        parser.add_argument("--off", action="store_true", help="it is not asked any more")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        try:
            if name and options["off"]:
                switch_off(Archive.objects.get(name=name), by=None)
            elif name:
                values = {key: options[key] for key in ("ae_title", "host", "port")}
                add_archive(name, **values, by=None)
        except Archive.DoesNotExist as error:
            raise CommandError(f"there is no archive {name}") from error
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for each in Archive.objects.all():
            off = "" if each.is_active else " (off)"
            self.stdout.write(f"{each.name}: {each.ae_title} {each.host}:{each.port}{off}")
