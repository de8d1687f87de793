"""A pooled connection is handed out without a question, and never a dead one."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from config.database import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled() -> Iterator[base.DatabaseWrapper]:
    pool = {"min_size": 1, "max_size": 1, "timeout": 10}
    wrapper = base.DatabaseWrapper({**connection.settings_dict, "OPTIONS": {"pool": pool}}, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The server's processes that were asked whether they live."""
    found: list[int] = []
    check = ConnectionPool.check_connection

    def ask(conn: object) -> None:
        found.append(conn.info.backend_pid)  # type: ignore[attr-defined]
        check(conn)  # type: ignore[arg-type]

    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(ask))
    return found


def request(pooled: base.DatabaseWrapper) -> int:
    """One request's use of the database; which of the server's processes served it."""
    with pooled.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (found,) = cursor.fetchone()
    pooled.close()
    return int(found)


def test_a_connection_in_use_is_asked_once(pooled: base.DatabaseWrapper, asked: list[int]) -> None:
    assert {request(pooled) for _ in range(5)} == {asked[0]}
    assert len(asked) == 1


def test_one_that_was_silent_is_asked_again(
    pooled: base.DatabaseWrapper, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    request(pooled)
    now = time.monotonic()
    monkeypatch.setattr("config.database.base.time.monotonic", lambda: now + 60)
    request(pooled)
    assert len(asked) == 2


def test_a_connection_that_the_server_ended_reaches_nobody(pooled: base.DatabaseWrapper) -> None:
    ended = request(pooled)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
        assert cursor.fetchone() == (True,)
    assert request(pooled) != ended
