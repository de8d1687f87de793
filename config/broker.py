"""The embedded broker's transport: kombu's for PGMQ, with places in hand that come free when a message is lost.

A worker takes only so many messages before the first is acknowledged. Where the database dies in that moment kombu
keeps the place for ever, and because its pool of connections mends itself nobody begins anew: after as many such
messages as a worker may hold it takes no more, while it says that it is alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, pgmq


class Channel(pgmq.Channel):
    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        with self._place_freed(delivery_tag):
            super().basic_ack(delivery_tag, multiple)  # type: ignore[no-untyped-call]

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        with self._place_freed(delivery_tag):
            super().basic_reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _place_freed(self, delivery_tag: str) -> Iterator[None]:
        """The message comes back after its visibility timeout; that it is done already the row of its job says."""
        try:
            yield
        except Exception:
            self.qos.ack(delivery_tag)  # in this process alone: "no longer in hand"
            raise


class Transport(pgmq.Transport):
    Channel: Any = Channel


def use_for_pgmq() -> None:
    """Let addresses that begin with ``pgmq:`` mean this transport."""
    TRANSPORT_ALIASES["pgmq"] = f"{__name__}:Transport"
