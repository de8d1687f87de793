"""``manage.py message_sender NAME ADDRESS…``: listen to a RIS. Without a name the senders are listed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.core.errors import DomainError
from reporting.core.hl7_text import Charset
from reporting.orders.models import MessageSender
from reporting.orders.senders import Calling, add_sender


class Command(BaseCommand):
    help = "Add or list those who may send us HL7 v2 messages"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("addresses", nargs="*", help="IP addresses or networks that it calls from")
        parser.add_argument("--application", default="", help="what MSH-3 must say")
        parser.add_argument("--facility", default="", help="what MSH-4 must say")
        parser.add_argument(
            "--charset", choices=[c.value for c in Charset], default=Charset.UTF_8.value, help="without MSH-18"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"]:
            calling = Calling(options["addresses"], options["application"], options["facility"], options["charset"])
            try:
                add_sender(options["name"], calling, by=None)
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal
        for each in MessageSender.objects.all():
            state = "" if each.is_active else " (off)"
            self.stdout.write(f"{each.name}: {' '.join(each.addresses)} {each.application} {each.facility}{state}")
