"""Knocking on the sender's door. A message may be lost: the row is the work order, and the clock knocks each minute."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from reporting.core.knock import knock

SEND_DELIVERIES = "reporting.send_deliveries"


def announce_deliveries_on_commit() -> None:
    transaction.on_commit(partial(knock, SEND_DELIVERIES), robust=True)
