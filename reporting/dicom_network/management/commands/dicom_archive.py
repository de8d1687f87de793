"""``manage.py dicom_archive NAME AE_TITLE HOST PORT [--tls]``: look up earlier studies there.

Of a name that is known: there from now on. ``NAME --off``: not any more. ``--check`` asks each whether it answers.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.core.dicom_address import Called
from reporting.core.errors import DomainError
from reporting.dicom_network.known_archives import add_archive, change_archive, ping_archive
from reporting.dicom_network.models import Archive


class Command(BaseCommand):
    help = "Add, change, switch off, check or list the archives that are asked for earlier studies"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("ae_title", nargs="?", default="")
        parser.add_argument("host", nargs="?", default="")
        parser.add_argument("port", nargs="?", type=int, default=0)
        parser.add_argument("--tls", action="store_true")
        parser.add_argument("--off", action="store_true", help="it is not asked any more")
        parser.add_argument("--check", action="store_true", help="C-ECHO")

    def handle(self, *args: Any, **options: Any) -> None:
        name, off = options["name"], options["off"]
        try:
            if name and off:
                known = Archive.objects.get(name=name)
                change_archive(known, known.called, is_active=False, by=None, expected_version=known.version)
            elif name and (options["ae_title"] or not options["check"]):
                _say(name, Called(options["host"], options["port"], options["ae_title"], options["tls"]))
        except Archive.DoesNotExist as error:
            raise CommandError(f"there is no archive {name}") from error
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for each in Archive.objects.all():
            off_or_tls = f"{' TLS' if each.uses_tls else ''}{'' if each.is_active else ' (off)'}"
            self.stdout.write(f"{each.name}: {each.ae_title} {each.host}:{each.port}{off_or_tls}")
            if options["check"] and name in ("", each.name):
                fault = ping_archive(each, by=None)
                self.stdout.write(f"  does not answer: {fault}" if fault else "  answers")


def _say(name: str, called: Called) -> None:
    known = Archive.objects.filter(name=name).first()
    if known is None:
        add_archive(name, called, by=None)
    else:
        change_archive(known, called, is_active=True, by=None, expected_version=known.version)
