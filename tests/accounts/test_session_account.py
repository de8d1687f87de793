"""A request's account is read with its session, and as the database has it now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, Session, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def opens(client: Client) -> bool:
    return client.get(reverse("worklist:rows")).status_code == 200


@pytest.fixture
def senior(client: Client) -> User:
    account = make_user(Role.SENIOR)
    client.force_login(account)
    assert opens(client)
    return account


def test_the_session_and_its_account_are_one_question(client: Client, senior: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert opens(client)
    of_accounts = [query["sql"] for query in asked if query["sql"].startswith('SELECT "accounts_')]
    assert len(of_accounts) == 1
    assert Session.objects.get().user == senior


def test_an_account_switched_off_is_out_at_once(client: Client, senior: User) -> None:
    User.objects.filter(pk=senior.pk).update(is_active=False)
    assert not opens(client)


def test_another_password_ends_the_session(client: Client, senior: User) -> None:
    User.objects.filter(pk=senior.pk).update(password="!another")
    assert not opens(client)
    assert not Session.objects.exists(), "it is not only refused: it is gone"


def test_another_role_holds_from_the_next_request_on(client: Client, senior: User) -> None:
    User.objects.filter(pk=senior.pk).update(role=Role.ADMIN)
    assert client.get(reverse("worklist:rows")).status_code == 403


def test_the_account_follows_the_login(client: Client, senior: User) -> None:
    other = make_user(Role.JUNIOR)
    client.force_login(other)
    assert opens(client)
    assert list(Session.objects.values_list("user", flat=True)) == [other.pk]
    client.post(reverse("accounts:logout"))
    assert not opens(client)


def test_sessions_that_are_over_go_with_the_next_login(client: Client, senior: User) -> None:
    over = Session.objects.get()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not opens(client)
    Client().force_login(senior)
    assert not Session.objects.filter(pk=over.pk).exists()
