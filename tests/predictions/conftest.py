"""Looking at the messages that left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import current_app

Message = tuple[str, dict[str, str]]
Messages = Callable[[], list[Message]]


@pytest.fixture
def messages() -> Iterator[Messages]:
    """A function that takes and returns every message sent since the last call: (task name, ids)."""

    def take() -> list[Message]:
        taken = []
        with current_app.connection_for_read() as connection:
            for queue in ("default", "inference"):
                simple = connection.SimpleQueue(queue)
                try:
                    while True:
                        message = simple.get_nowait()
                        message.ack()
                        taken.append((message.headers["task"], message.payload[1]))
                except simple.Empty:
                    simple.close()
        return taken

    take()
    yield take
    take()
