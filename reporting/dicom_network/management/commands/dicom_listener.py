"""``manage.py dicom_listener``: receive objects from peers until told to stop. docs/connected.md says how."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.dicom_network.listener.front import Front, listen
from reporting.dicom_network.listener.limits import Limits, tls_context


class Command(BaseCommand):
    help = "Receive DICOM objects from peers (C-ECHO, C-STORE, storage commitment)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default=settings.DICOM_BIND, help="HOST:PORT; default: DENS_DICOM_BIND")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listening = listen(options["bind"])
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['bind']}: {error}") from error
        port = listening.getsockname()[1]
        front = Front(listening, Limits.from_settings(), tls_context())
        front.run(lambda: self.stdout.write(f"{settings.DICOM_AE_TITLE} listens on port {port}"))
