"""People in front of a list."""

from __future__ import annotations

import pytest
from django.test import Client

from reporting.accounts.models import Role, User
from tests.factories import make_user


@pytest.fixture
def junior(db: None) -> User:
    return make_user(Role.JUNIOR, section="neuroradiology")


@pytest.fixture
def senior(db: None) -> User:
    return make_user(Role.SENIOR)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
