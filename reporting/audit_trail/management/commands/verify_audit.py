"""Walk the audit chain and name the first broken row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.audit_trail.services import head, verify_chain


class Command(BaseCommand):
    help = "Verify the keyed chain of the audit trail; exit 1 naming the first broken row."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = verify_chain()
        if broken is not None:
            raise CommandError(f"audit row {broken.sequence}: {broken.reason}")
        sequence, digest = head()
        self.stdout.write(f"audit trail holds: {sequence} events, head {digest}")
