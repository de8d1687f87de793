"""The critical list over REST: what one version says can be sent back with a change, and two people put it in force."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from reporting.accounts.models import Role, User
from reporting.reports.models import Report
from reporting.reports.services import active_critical_list
from tests.reports.factories import make_draft, make_user

pytestmark = pytest.mark.django_db

LISTS = "api:critical-lists"


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def client(user: User) -> APIClient:
    made = APIClient()
    made.force_login(user)
    return made


def proposal(user: User, **changes: Any) -> dict[str, Any]:
    """The list in force as its address gives it, changed."""
    shown = client(user).get(reverse(LISTS)).json()["results"][0]["definition"]
    return {"reason": "decided on Monday", "minutes": shown["minutes"], "triggers": shown["triggers"], **changes}


def test_a_list_read_from_its_address_is_proposed_with_a_new_finding_and_activated(senior: User, auditor: User) -> None:
    before = active_critical_list()
    said = proposal(senior)
    said["minutes"]["1"] = 30
    said["triggers"].append(
        {
            "code": "two_level_compression",
            "category": 2,
            "en": "Cord deformed at a level",
            "zh": "脊髓受压变形",
            "when": "canal_grade in (2, 3)",
        }
    )
    answer = client(senior).post(reverse(LISTS), said, format="json")
    assert answer.status_code == 201, answer.content
    proposed = answer.json()
    assert proposed["definition"]["minutes"]["1"] == 30
    assert [one["when"] for one in proposed["definition"]["triggers"] if one["code"] == "two_level_compression"] == [
        "canal_grade in (2, 3)"
    ]
    assert active_critical_list() == before, "nothing changes before a second person has decided"

    address = reverse("api:critical-list-activate", args=[proposed["number"]])
    assert client(senior).post(address).status_code == 403
    assert client(auditor).post(address).status_code == 200
    assert active_critical_list().number == proposed["number"]
    report: Report = make_draft()
    assert report.critical_list is not None
    assert report.critical_list.number == proposed["number"]


def test_sent_again_under_its_key_a_proposal_is_one(senior: User) -> None:
    said, key = proposal(senior, minutes={"1": 45, "2": 600, "3": 4320}), {"Idempotency-Key": "a" * 32}
    answers = [client(senior).post(reverse(LISTS), said, format="json", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["number"] == answers[1].json()["number"]
    assert client(senior).post(reverse(LISTS), said, format="json").status_code == 409


def test_a_condition_that_says_nothing_is_named_with_the_place_where_it_stops_making_sense(senior: User) -> None:
    said = proposal(senior)
    said["triggers"][0]["when"] = "canal_grade in (7)"
    answer = client(senior).post(reverse(LISTS), said, format="json")
    assert answer.status_code == 400
    assert said["triggers"][0]["code"] in answer.json()["error"]["message"]
