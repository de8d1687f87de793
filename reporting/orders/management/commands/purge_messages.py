"""``manage.py purge_messages [--days N]``: forget received messages that nobody must look at. For a daily clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reporting.orders.models import InboundMessage, Outcome


class Command(BaseCommand):
    help = "Remove the records of HL7 v2 messages that are older than DENS_MESSAGES_KEEP_DAYS"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=settings.HL7_KEEP_DAYS, help="instead of the setting")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("Set DENS_MESSAGES_KEEP_DAYS, or give --days: without it messages are kept for ever")
        # By the last time that it came: a sender who still repeats a message must find that it was taken.
        old = InboundMessage.objects.filter(updated_at__lt=timezone.now() - timedelta(days=options["days"]))
        parked = old.filter(outcome=Outcome.PARKED).count()
        number, _by_model = old.exclude(outcome=Outcome.PARKED).delete()
        self.stdout.write(f"{number} removed")
        if parked:
            self.stdout.write(f"{parked} are as old and could not be used: they wait for people, with their bytes")
