"""An unattended session ends, also on a page that keeps asking by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role
from tests.factories import make_user


def idle_for(client: Client, seconds: float) -> None:
    session = client.session
    session["last_seen"] -= seconds
    session.save()


@pytest.mark.django_db
def test_a_page_that_refreshes_itself_does_not_keep_a_session_alive(client: Client, settings: Any) -> None:
    client.force_login(make_user(Role.SENIOR))
    rows = reverse("worklist:rows")
    assert client.get(rows).status_code == 200
    half = settings.SESSION_IDLE_S * 0.6
    idle_for(client, half)
    assert client.get(rows, headers={"X-Background": "1"}).status_code == 200
    idle_for(client, half)
    assert client.get(rows, headers={"X-Background": "1"}).status_code == 302


@pytest.mark.django_db
def test_a_person_at_work_stays_logged_in(client: Client, settings: Any) -> None:
    client.force_login(make_user(Role.SENIOR))
    page = reverse("worklist:list")
    assert client.get(page).status_code == 200
    for _ in range(3):
        idle_for(client, settings.SESSION_IDLE_S * 0.6)
        assert client.get(page).status_code == 200
