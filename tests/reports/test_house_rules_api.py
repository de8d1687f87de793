"""The department's settings over REST: what one version says can be sent back with a change, and two people decide."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from reporting.accounts.models import Role, User
from reporting.reports.house_rules import HouseRules
from reporting.reports.services import active_house_rules
from tests.reports.factories import make_draft, make_user

pytestmark = pytest.mark.django_db
VERSIONS = "api:department-settings-versions"


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def client(user: User) -> APIClient:
    made = APIClient()
    made.force_login(user)
    return made


def proposal(user: User, **changes: Any) -> dict[str, Any]:
    """The settings in force as their address gives them, changed."""
    (shown,) = client(user).get(reverse(VERSIONS), {"status": "active"}).json()["results"]
    return {"reason": "decided on Monday", "definition": {**shown["definition"], **changes}}


def test_settings_read_from_their_address_are_proposed_with_a_change_and_activated(senior: User, auditor: User) -> None:
    before = active_house_rules()
    said = proposal(senior, canal_zh={"2": "中度狭窄"}, slip_mm=3)
    said["definition"]["thick_mm"]["pll"]["C5/6"] = 2.5
    answer = client(senior).post(reverse(VERSIONS), said, format="json")
    assert answer.status_code == 201, answer.content
    number = answer.json()["number"]
    assert active_house_rules() == before, "nothing changes before a second person has decided"
    address = reverse("api:department-settings-activate", args=[number])
    assert client(senior).post(address).status_code == 403
    assert client(auditor).post(address).status_code == 200
    kept = make_draft().house_rules
    assert kept is not None
    assert (kept.number, kept.rules.slip_mm, kept.rules.canal_zh) == (number, 3.0, {"2": "中度狭窄"})
    assert (kept.rules.thick_mm["pll"]["C5/6"], kept.rules.thick_mm["lf"]["C5/6"]) == (2.5, 2.0)


def test_every_version_there_was_is_told_with_who_decided(senior: User, auditor: User) -> None:
    first = client(senior).post(reverse(VERSIONS), proposal(senior, c7_t1_required=True), format="json").json()
    decline = reverse("api:department-settings-decline", args=[first["number"]])
    assert client(auditor).post(decline, {"reason": "too strict"}, format="json").status_code == 200
    second = client(senior).post(reverse(VERSIONS), proposal(senior, password_minutes=0), format="json").json()
    client(auditor).post(reverse("api:department-settings-activate", args=[second["number"]]))
    rows = client(senior).get(reverse(VERSIONS)).json()["results"]
    assert [(row["number"], row["status"], row["closing_reason"]) for row in rows] == [
        (3, "active", ""),
        (2, "declined", "too strict"),
        (1, "retired", ""),
    ]
    one = client(senior).get(reverse("api:department-settings-version", args=[3])).json()
    assert (one, one["proposed_by"], one["activated_by"]) == (rows[0], senior.full_name, auditor.full_name)


def test_sent_again_under_its_key_a_proposal_is_one(senior: User) -> None:
    said, key = proposal(senior, slip_mm=2.5), {"Idempotency-Key": "a" * 32}
    answers = [client(senior).post(reverse(VERSIONS), said, format="json", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert client(senior).post(reverse(VERSIONS), said, format="json").status_code == 409


@pytest.mark.parametrize(
    "fault",
    [
        {"slip_mm": "nan"},
        {"slip_mm": 2.25},
        {"slip_mm": None},
        {"password_minutes": 6},
        {"canal_zh": {"1": " "}},
        {"c7_t1_required": None},
        {"thick_mm": {"pll": {"C5/6": 3.0}, "lf": {}}},
        {},
    ],
)
def test_what_cannot_be_meant_is_refused(senior: User, fault: dict[str, Any]) -> None:
    said = proposal(senior, **fault)
    assert client(senior).post(reverse(VERSIONS), said, format="json").status_code == 400
    assert active_house_rules().rules == HouseRules()


def test_a_status_that_there_is_not_is_refused(senior: User) -> None:
    assert client(senior).get(reverse(VERSIONS), {"status": "best"}).status_code == 400
