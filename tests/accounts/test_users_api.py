"""Accounts over the API: made once, their password told once, never one's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from reporting.accounts.models import IdempotentRequest, Role, User
from reporting.audit_trail.models import AuditEvent
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = {"username": "anna", "full_name": "Anna Lin", "role": "junior", "section": "msk"}


@pytest.fixture
def admin() -> User:
    return make_user(Role.ADMIN)


@pytest.fixture
def api(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def post(api: Client, body: Any, key: str) -> Any:
    return api.post("/api/users/", body, content_type="application/json", headers={"Idempotency-Key": key})


def test_an_account_is_made_once_and_its_password_told_once(api: Client) -> None:
    first, again = post(api, NEW, "make-anna-1"), post(api, NEW, "make-anna-1")
    assert (first.status_code, again.status_code) == (201, 201)
    made = User.objects.get(username="anna")
    assert first.json()["id"] == again.json()["id"] == str(made.pk)
    assert made.check_password(first.json()["password"])
    assert again.json()["password"] is None
    assert first.json()["password"] not in str(IdempotentRequest.objects.get().body)
    assert post(api, NEW, "make-anna-2").status_code == 400, "the name is taken"


@pytest.mark.parametrize(
    "change", [{"role": "emperor"}, {"username": ""}, {"username": "a" * 65}, {"language": "xx"}, {"full_name": ""}]
)
def test_nonsense_makes_no_account(api: Client, change: dict[str, str]) -> None:
    assert post(api, {**NEW, **change}, "make-nobody").status_code == 400
    assert not User.objects.filter(full_name="Anna Lin").exists()


def test_a_role_and_an_account_are_changed_and_it_is_written_down(api: Client) -> None:
    user = make_user(Role.JUNIOR)
    put = {"content_type": "application/json"}
    assert api.put(f"/api/users/{user.pk}/role/", {"role": "senior"}, **put).json()["role"] == "senior"
    assert api.put(f"/api/users/{user.pk}/active/", {"is_active": False}, **put).json()["is_active"] is False
    acts = AuditEvent.objects.filter(object_id=str(user.pk)).values_list("act", flat=True)
    assert list(acts) == ["role.granted", "account.closed"]


def test_nobody_changes_themselves(api: Client, admin: User) -> None:
    for act, body in (("role", {"role": "senior"}), ("active", {"is_active": True})):
        response = api.put(f"/api/users/{admin.pk}/{act}/", body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (403, "not_allowed")


def test_the_list_tells_no_password(api: Client, admin: User) -> None:
    (told,) = api.get("/api/users/").json()["results"]
    assert told["id"] == str(admin.pk)
    assert not any("password" in name for name in told)
