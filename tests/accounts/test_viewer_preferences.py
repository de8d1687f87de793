"""How somebody wants the images shown is theirs, kept on the server, and only ever a known choice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.accounts.viewer_preferences import DEFAULTS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def put(user: User, body: dict[str, Any]) -> Any:
    client = Client()
    client.force_login(user)
    return client.put(reverse("api:viewer-preferences"), body, content_type="application/json")


def kept(user: User) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    found: dict[str, Any] = client.get(reverse("api:viewer-preferences")).json()
    return found


def test_a_part_is_changed_and_the_rest_stays() -> None:
    user, other = make_user(Role.JUNIOR), make_user(Role.SENIOR)
    assert kept(user) == DEFAULTS
    put(user, {"show_contours": False})
    put(user, {"hanging": ["axial_t2", "sagittal_stir"]})
    assert kept(user) == {**DEFAULTS, "show_contours": False, "hanging": ["axial_t2", "sagittal_stir"]}
    assert kept(other) == DEFAULTS


@pytest.mark.parametrize(
    "body", [{"layout": "cube"}, {"hanging": []}, {"hanging": ["axial_t2"] * 5}, {"hanging": ["ct"]}, {"linked": "x"}]
)
def test_what_is_no_choice_is_refused_and_nothing_kept(body: dict[str, Any]) -> None:
    user = make_user(Role.JUNIOR)
    assert put(user, {**body, "show_names": False}).status_code == 400
    assert kept(user) == DEFAULTS
