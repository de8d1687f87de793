"""People who write reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reporting.accounts.models import Role, User
from tests.reports.factories import make_user


@pytest.fixture
def junior(db: None) -> User:
    return make_user(Role.JUNIOR)


@pytest.fixture
def senior(db: None) -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def own_cache(settings: Any, tmp_path: Path) -> None:
    """Pictures that this test draws are kept, and found, in its own folder."""
    settings.STATE_DIR = tmp_path
