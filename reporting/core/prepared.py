"""Statements that the server plans once for each connection: to plan them takes longer than to answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper


@contextmanager
def prepared_cursor(using: str = DEFAULT_DB_ALIAS) -> Iterator[CursorWrapper]:
    """Of the connection (and transaction) that Django uses, in Django's wrapper. Each statement should come often.

    Django's own cursor puts the values into the text, and so prepares nothing; it serves where statements are logged,
    for the log cannot read the other.
    """
    connection = connections[using]
    if connection.queries_logged:
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    session = connection.connection
    session.prepare_threshold = 0
    with psycopg.Cursor(session) as cursor:
        yield connection.make_cursor(cursor)  # type: ignore[arg-type]  # by the stubs a wrapper wraps a wrapper
