"""How long a request may wait for the broker: not long, whether it is down or takes connections and says nothing."""

from __future__ import annotations

from typing import Any

SILENCE_S = 2
"""RabbitMQ's handshake, and each answer of Redis."""


def options_of(url: str) -> dict[str, Any]:
    """kombu's transport options for a broker at ``url``."""
    # Without these a request would wait six seconds and more for a broker that is down (measured, Redis and RabbitMQ).
    options: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
    if url.startswith("redis"):  # and without these for ever for a Redis that hangs
        options |= {"socket_connect_timeout": SILENCE_S, "socket_timeout": SILENCE_S}
    return options
