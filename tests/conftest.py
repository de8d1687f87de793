"""Fixtures used by three or more folders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first, so that no core is left with a browser when the other is done."""
    items.sort(key=lambda item: not {"browser", "process"} & {mark.name for mark in item.iter_markers()})


# Django writes these after every flush again, for hundreds of permissions; no test changes them.
_KEPT = frozenset({"django_content_type", "auth_permission"})


@pytest.fixture(scope="session", autouse=True)
def _empty_despite_triggers() -> Iterator[None]:
    """After tests that commit: Django's TRUNCATE of every table takes a second, and our append-only triggers refuse it.

    The triggers, those of foreign keys too, are lifted, and the tables that hold something are emptied.
    """
    original: Any = TransactionTestCase._fixture_teardown

    def teardown(self: Any) -> None:
        names = sorted(set(connection.introspection.django_table_names(include_views=False)) - _KEPT)
        tables = [connection.ops.quote_name(name) for name in names]
        each = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(each))
            filled = [table for (table,) in cursor.fetchall()]
            emptying = "; ".join(f"DELETE FROM {table}" for table in filled)
            cursor.execute(
                f"SET session_replication_role = replica; {emptying}; SET session_replication_role = DEFAULT"
            )

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A thread of the last test's server may still hold its connection, and the database could not be dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind in the thread, where the next test would find it."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _own_blob_dir(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.BLOB_DIR = tmp_path_factory.mktemp("blobs")


@pytest.fixture(autouse=True)
def _smallest_numbers() -> Iterator[None]:
    """Training lets its process round the smallest numbers to nothing; hypothesis refuses to draw any after that."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
