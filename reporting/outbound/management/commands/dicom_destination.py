"""``manage.py dicom_destination NAME AE_TITLE HOST PORT [--forms dicom_sr dicom_pdf]``: send signed reports there.

``--check`` asks it by C-ECHO whether it knows us. Without a name the destinations are listed.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.core.errors import DomainError
from reporting.outbound.dicom_store import echo
from reporting.outbound.models import Destination, Form
from reporting.outbound.services import NotSent, add_destination


class Command(BaseCommand):
    help = "Add, check or list the archives that signed reports are sent to"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("ae_title", nargs="?", default="")
        parser.add_argument("host", nargs="?", default="")
        parser.add_argument("port", nargs="?", type=int, default=0)
        parser.add_argument("--forms", nargs="+", choices=list(Form.values), default=list(Form.values))
        parser.add_argument("--check", action="store_true", help="C-ECHO")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if name and options["ae_title"]:
            where = {key: options[key] for key in ("host", "port", "ae_title")}
            try:
                add_destination(name, forms=[Form(form) for form in options["forms"]], by=None, **where)
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal
        for each in Destination.objects.all():
            self.stdout.write(f"{each.name}: {each.ae_title} {each.host}:{each.port} {' '.join(each.forms)}")
            if options["check"] and name in ("", each.name):
                self.stdout.write(f"  {_answer(each)}")


def _answer(destination: Destination) -> str:
    try:
        echo(destination)
    except NotSent as refusal:
        return f"does not answer: {refusal.code}"
    return "answers"
