"""The world that every test of this folder looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from config import health
from tests.permissions.world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Built once, because two of everything take a while; each test leaves it as it was."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        pytest.MonkeyPatch.context() as patch,
        override_settings(BLOB_DIR=tmp_path_factory.mktemp("blobs")),
    ):
        patch.setattr(health, "_broker", lambda: "ok")
        yield make_world()
        transaction.set_rollback(True)
