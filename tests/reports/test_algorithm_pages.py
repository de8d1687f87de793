"""The registry as pages and over the API: what stands there, and what the two people can do from there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.predictions import services
from reporting.predictions.models import Algorithm
from tests.factories import make_algorithm, make_user

pytestmark = pytest.mark.django_db
CARD = {
    "herniation": {
        "version": "0.1.0",
        "trained_on": "synthetic images (Dens phantom)",
        "phantom_version": "1.0",
        "seeds": {"train": "1000000..1000199 (200)"},
        "training": {"steps": 100},
        "figures": {"auc": 0.91, "dice": {"disc": 0.8}},
        "threshold": 0.6,
    }
}
FAILED = {
    "reasons": ["too_few_agree"],
    "agreement": 0.7,
    "covered": 1.0,
    "median_error_mm": 0.4,
    "findings": {"slip": {"stated": 10, "agreed": 7}},
    "cases": [{"name": "normal", "problem": "", "expected": 10, "stated": 10, "agreed": 7, "seconds": 2.0}],
}


def logged_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


@pytest.fixture
def algorithm() -> Algorithm:
    return make_algorithm(version="2", activate=False, card=CARD, thresholds={"herniation": 0.6})


def finish(algorithm: Algorithm, results: dict[str, Any], *, passed: bool) -> None:
    run = services.claim_case_run(algorithm.case_runs.get(status="queued").pk, worker="test")
    assert run is not None
    services.finish_case_run(run, set_digest="c" * 64, results=results, passed=passed)


def detail(algorithm: Algorithm, user: User, language: str = "en") -> str:
    return str(logged_in(user, language).get(reverse("algorithms:detail", args=[algorithm.pk])).content.decode())


def act(algorithm: Algorithm, name: str, user: User, reason: str = "") -> str:
    address = reverse("algorithms:act", args=[algorithm.pk, name])
    return str(logged_in(user).post(address, {"reason": reason}, follow=True).content.decode())


def test_the_page_holds_digest_card_thresholds_and_who_decided(algorithm: Algorithm) -> None:
    senior = make_user(Role.SENIOR)
    services.propose_algorithm(algorithm, reason="Better at C5/6", by=senior)
    text = detail(algorithm, make_user(Role.RESEARCHER))
    for shown in (
        algorithm.weights_sha256,
        senior.full_name,
        "Better at C5/6",
        "1000000..1000199 (200)",
        "0.91",
        "0.600",
    ):
        assert shown in text, shown
    assert "<form" not in text.split("<main")[1], "a researcher decides nothing"


def test_a_run_that_failed_says_why_in_both_languages(algorithm: Algorithm) -> None:
    services.request_case_run(algorithm, by=None)
    finish(algorithm, FAILED, passed=False)
    admin = make_user(Role.ADMIN)
    assert "Too few statements agree with the reference." in detail(algorithm, admin)
    chinese = detail(algorithm, admin, "zh-hans")
    assert "与参考结果一致的结论过少。" in chinese
    assert "椎体滑脱" in chinese


def test_the_two_people_activate_it_from_the_page(algorithm: Algorithm) -> None:
    senior, auditor = make_user(Role.SENIOR), make_user(Role.AUDITOR)
    make_algorithm(version="1")
    assert "Give a reason" in act(algorithm, "propose", senior)
    assert "Proposed." in act(algorithm, "propose", senior, "Better at C5/6")
    assert "It has not passed the frozen cases since it was proposed" in act(algorithm, "activate", auditor)
    finish(algorithm, {}, passed=True)
    assert reverse("algorithms:act", args=[algorithm.pk, "activate"]) in detail(algorithm, auditor)
    assert "Active: new studies are read with it." in act(algorithm, "activate", auditor)
    assert [a.version for a in Algorithm.objects.active()] == ["2"]
    rows = logged_in(auditor).get(reverse("algorithms:list")).content.decode()
    assert rows.index("dens-cervical 2") < rows.index("dens-cervical 1"), "the active one stands first"


def test_the_proposer_is_told_that_another_person_must_activate(algorithm: Algorithm) -> None:
    person = make_user(Role.SENIOR)
    services.propose_algorithm(algorithm, reason="Better", by=person)
    finish(algorithm, {}, passed=True)
    User.objects.filter(pk=person.pk).update(role=Role.AUDITOR)
    person.refresh_from_db()
    assert "Another person than the one who proposed it" in detail(algorithm, person)
    client = logged_in(person)
    assert client.post(reverse("algorithms:act", args=[algorithm.pk, "activate"])).status_code == 403
    assert client.post(reverse("algorithms:act", args=[algorithm.pk, "nonsense"])).status_code == 404


def test_the_api_says_the_same_and_refuses_the_same(algorithm: Algorithm) -> None:
    senior, auditor = logged_in(make_user(Role.SENIOR)), logged_in(make_user(Role.AUDITOR))
    address = f"/api/algorithms/{algorithm.pk}/"
    assert senior.post(f"{address}propose/", {}, content_type="application/json").status_code == 400
    proposed = senior.post(f"{address}propose/", {"reason": "Better"}, content_type="application/json")
    assert (proposed.status_code, proposed.json()["status"]) == (200, "proposed")
    assert auditor.post(f"{address}activate/").status_code == 409
    assert auditor.post(f"{address}case-runs/").status_code == 409, "a run is queued already"
    finish(algorithm, FAILED, passed=False)
    found = auditor.get(address).json()
    assert found["card"] == CARD
    assert found["newest_case_run"]["reasons"] == ["Too few statements agree with the reference."]
    assert auditor.post(f"{address}case-runs/").status_code == 202
    finish(algorithm, {}, passed=True)
    assert senior.post(f"{address}activate/").status_code == 403
    assert auditor.post(f"{address}activate/").json()["status"] == "active"
    [listed] = senior.get("/api/algorithms/").json()["results"]
    assert (listed["name"], listed["status"], listed["kind"]) == ("dens-cervical", "active", "built_in")
