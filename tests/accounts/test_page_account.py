"""What a page sends is done by the person it was made for, or not at all."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_page_of_one_account_does_nothing_in_the_session_of_another(client: Client) -> None:
    mine, other = make_user(Role.SENIOR), make_user(Role.SENIOR)
    client.force_login(other)
    for address in (reverse("api:session"), reverse("worklist:rows")):
        refused = client.get(address, headers={"X-Account": str(mine.pk)})
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "other_account"
        assert client.get(address, headers={"X-Account": str(other.pk)}).status_code == 200
        assert client.get(address).status_code == 200


def test_a_page_whose_session_has_ended_is_told_so(client: Client) -> None:
    answer = client.get(reverse("api:session"), headers={"X-Account": str(make_user(Role.SENIOR).pk)})
    assert answer.status_code == 401
