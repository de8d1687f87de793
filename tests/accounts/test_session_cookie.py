"""Which answers write the session cookie: the last one to reach a browser decides who is logged in there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db
COOKIE = "dens-session"


@pytest.fixture
def page() -> str:
    return reverse("worklist:list")


def test_an_answer_to_a_session_that_is_gone_leaves_the_next_one_alone(client: Client, page: str) -> None:
    client.force_login(make_user(Role.SENIOR))
    client.session.flush()
    answer = client.get(page)
    assert answer.status_code == 302
    assert COOKIE not in answer.cookies


def test_a_session_that_ended_by_itself_leaves_the_next_one_alone(client: Client, page: str, settings: Any) -> None:
    client.force_login(make_user(Role.SENIOR))
    client.get(page)
    session = client.session
    session["last_seen"] -= settings.SESSION_IDLE_S + 1
    session.save()
    answer = client.get(page)
    assert answer.status_code == 302
    assert COOKIE not in answer.cookies
    assert not client.session.exists(session.session_key)


def test_a_session_that_is_written_again_leaves_the_next_one_alone(client: Client, page: str) -> None:
    client.force_login(make_user(Role.SENIOR))
    client.get(page)
    session = client.session
    session["last_seen"] = earlier = session["last_seen"] - 60
    session.save()
    answer = client.get(page)
    assert client.session["last_seen"] > earlier
    assert COOKIE not in answer.cookies


def test_logging_out_takes_the_cookie_away(client: Client) -> None:
    for log_out in (
        lambda: client.post(reverse("accounts:logout")),
        lambda: client.delete(reverse("api:session")),
    ):
        client.force_login(make_user(Role.SENIOR))
        written = log_out().cookies[COOKIE]
        assert written.value == ""
        assert written["max-age"] == 0
