"""``manage.py message_listener``: take orders and patient messages until told to stop. docs/connected.md says how."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.orders.listener import Limits, MessageListener, tls_context


class Command(BaseCommand):
    help = "Receive HL7 v2 messages over MLLP (orders, patient updates, merges)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default=settings.HL7_BIND, help="HOST:PORT; default: DENS_MESSAGES_BIND")

    def handle(self, *args: Any, **options: Any) -> None:
        host, _colon, port = options["bind"].rpartition(":")
        try:
            listener = MessageListener((host, int(port)), Limits.from_settings(), tls_context())
        except (OSError, ValueError, OverflowError) as error:
            raise CommandError(f"{options['bind']}: {error}") from error

        def end(number: int, frame: object) -> None:
            threading.Thread(target=listener.shutdown).start()  # it waits for the loop that this handler interrupts

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        self.stdout.write(f"listens for HL7 messages on port {listener.server_address[1]}")
        self.stdout.flush()
        listener.serve_forever()
        listener.close_gently()
