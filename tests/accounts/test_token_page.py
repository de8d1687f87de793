"""The page on which people give their programs access: their own, with their password, shown once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from reporting.accounts.access_tokens import issue_token, known_token
from reporting.accounts.models import AccessToken, Role, TokenScope, User
from reporting.audit_trail.models import AuditEvent
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/accounts/tokens/"
PASSWORD = "a long enough password"


@pytest.fixture
def senior(client: Client) -> User:
    user = make_user(Role.SENIOR)
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    return user


def make(client: Client, **said: str) -> Any:
    return client.post(PAGE, {"name": "room 3", "scope": "images", "days": "30", "password": PASSWORD, **said})


def test_a_token_is_made_and_shown_once(client: Client, senior: User) -> None:
    page = make(client)
    (token,) = re.findall(r'value="(dens_[\w-]+)"', page.content.decode())
    known = known_token(token)
    assert known is not None
    assert (known.user, known.scope, known.name) == (senior, "images", "room 3")
    assert page["Cache-Control"] == "no-store"
    again = client.get(PAGE).content.decode()
    assert "room 3" in again
    assert token not in again


@pytest.mark.parametrize(
    "said",
    [{"password": "wrong"}, {"name": " "}, {"days": "91"}, {"days": "0"}, {"scope": "store"}, {"name": "a\u202eb"}],
)
def test_what_does_not_fit_makes_none(client: Client, senior: User, said: dict[str, str]) -> None:
    page = make(client, **said)
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert not AccessToken.objects.exists()


def test_a_wrong_password_here_is_no_attempt_to_sign(client: Client, senior: User) -> None:
    make(client, password="wrong")
    assert AuditEvent.objects.get(act="token.refused").object_id == str(senior.pk)
    assert not AuditEvent.objects.filter(act="signature.refused").exists()


def test_one_of_ones_own_is_ended(client: Client, senior: User) -> None:
    token = issue_token(senior, name="room 3", days=1, scope=TokenScope.IMAGES, by=senior)
    client.post(f"{PAGE}{AccessToken.objects.get().pk}/revoke")
    assert known_token(token) is None
    client.get(PAGE)  # says that it ended
    assert "room 3" not in client.get(PAGE).content.decode().replace("viewer in room 3", "")


def test_one_of_another_does_not_exist(client: Client, senior: User) -> None:
    other = make_user(Role.SENIOR)
    token = issue_token(other, name="theirs", days=1, scope=TokenScope.IMAGES, by=other)
    assert client.post(f"{PAGE}{AccessToken.objects.get().pk}/revoke").status_code == 404
    assert known_token(token) is not None
    assert "theirs" not in client.get(PAGE).content.decode()


def test_an_importer_is_offered_images_only(client: Client) -> None:
    client.force_login(make_user(Role.IMPORTER))
    page = client.get(PAGE).content.decode()
    assert 'value="images"' in page
    assert 'value="reports"' not in page
