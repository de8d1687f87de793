"""The audit's pages: one address for one filter, the way from a number to its reports, and files of what is shown."""

from __future__ import annotations

import pytest
from django.test import Client

from reporting.accounts.models import Role, User
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR)


@pytest.fixture
def client(auditor: User) -> Client:
    client = Client()
    client.force_login(auditor)
    return client


PAGES = [
    "/audit/",
    "/audit/findings/slip/",
    "/audit/groups/vendor/",
    "/audit/process/",
    "/audit/readers/",
    "/audit/cases/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_without_any_fact_says_so_and_shows_no_zero(address: str, client: Client) -> None:
    page = client.get(address)
    assert page.status_code == 200
    text = page.content.decode()
    assert "No signed report matches" in text
    assert "0.0 %" not in text
