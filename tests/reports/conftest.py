"""People who write reports."""

from __future__ import annotations

import pytest

from reporting.accounts.models import Role, User
from tests.reports.factories import make_user


@pytest.fixture
def junior(db: None) -> User:
    return make_user(Role.JUNIOR)


@pytest.fixture
def senior(db: None) -> User:
    return make_user(Role.SENIOR)
