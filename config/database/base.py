"""Django's PostgreSQL, and a pool whose connections are asked whether they live only where there is doubt."""

from __future__ import annotations

import select
import time
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

_TRUSTED_S = 5.0
_answered: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()
"""When each was last known to answer (monotonic seconds)."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own check of a pool is a question to the server for each request, an eighth of the time of a frame.

    A server that ends says so on the connection, and a network in between forgets only what was silent for long: a
    connection used in the last seconds on which nothing has come is handed out as it is; every other is asked.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        while True:
            connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
            if not self.pool or _lives(connection):
                return connection
            connection.close()  # the pool makes another in its place
            self.pool.putconn(connection)


def _lives(connection: psycopg.Connection[Any]) -> bool:
    now = time.monotonic()
    if now - _answered.get(connection, now - _TRUSTED_S) >= _TRUSTED_S or _has_come(connection):
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            return False
    _answered[connection] = now
    return True


def _has_come(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server said or closed something since the last answer."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
