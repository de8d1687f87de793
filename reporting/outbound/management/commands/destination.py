"""``manage.py destination NAME KIND HOST PORT [--forms …]``: send signed reports there.

``--check`` asks each whether it answers. Without a name the destinations are listed.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.core.errors import DomainError
from reporting.core.hl7_text import Charset
from reporting.outbound.asking import ask
from reporting.outbound.destinations import LANGUAGES, Where, add_destination
from reporting.outbound.models import FORMS_OF, Destination, Form, Kind


class Command(BaseCommand):
    help = "Add, check or list those who are sent signed reports"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("kind", nargs="?", choices=["", *Kind.values], default="")
        parser.add_argument("host", nargs="?", default="")
        parser.add_argument("port", nargs="?", type=int, default=0)
        parser.add_argument("--forms", nargs="+", choices=Form.values, help="default: all that such a receiver takes")
        parser.add_argument("--tls", action="store_true")
        parser.add_argument("--preliminary", action="store_true", help="preliminary reports too (HL7 and FHIR)")
        parser.add_argument("--ae-title", default="", help="of a DICOM archive")
        parser.add_argument("--application", default="", help="MSH-5")
        parser.add_argument("--facility", default="", help="MSH-6")
        parser.add_argument("--charset", choices=[c.value for c in Charset], default=Charset.UTF_8.value)
        parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
        parser.add_argument("--path", default="", help="of a FHIR server's base address, such as /fhir")
        parser.add_argument("--secret-name", default="", help="file of its token in DENS_DESTINATIONS_SECRETS_DIR")
        parser.add_argument("--check", action="store_true", help="C-ECHO, NMQ^N01, or GET metadata")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if name and options["kind"]:
            try:
                add_destination(name, _where(options), by=None)
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal
        for each in Destination.objects.all():
            self.stdout.write(f"{each.name}: {each.kind} {each.host}:{each.port} {' '.join(each.forms)}")
            if options["check"] and name in ("", each.name):
                answer = ask(each, by=None)
                said = f"does not answer: {answer.fault}" if answer.fault else f"answers {answer.said}".rstrip()
                self.stdout.write(f"  {said}")


def _where(options: dict[str, Any]) -> Where:
    kind = Kind(options["kind"])
    return Where(
        kind,
        options["host"],
        options["port"],
        tuple(map(Form, options["forms"] or FORMS_OF[kind])),
        ae_title=options["ae_title"],
        uses_tls=options["tls"],
        with_preliminary=options["preliminary"],
        application=options["application"],
        facility=options["facility"],
        charset=Charset(options["charset"]),
        languages=tuple(options["languages"]),
        path=options["path"],
        secret_name=options["secret_name"],
    )
