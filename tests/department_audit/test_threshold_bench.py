"""The threshold bench: recent reports scored again, by hand counts and by the statistics library; and its pages."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.department_audit import intake
from reporting.department_audit.threshold_bench.rescoring import Recent, recent
from reporting.predictions.models import Algorithm, ThresholdChange
from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.results import Scope
from reporting.studies.models import Patient
from tests.department_audit.reports import make_report, make_study, pll, sign_version, withdraw
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
LEVELS = ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7")


@pytest.fixture
def algorithm() -> Algorithm:
    same: dict[str, Any] = {"name": "dens", "version": "1.0", "weights_sha256": "a" * 64, "fills_reports": True}
    return Algorithm.objects.create(**same, status="active", thresholds={"pll": 0.5})


def signed(*places: tuple[float, str | None], patient: Patient | None = None, **machine: Any) -> Any:
    """A signed report with a probability and a signed value for each of its discs."""
    report = make_report(make_study(patient=patient))
    rows = [pll(level, value, p, machine=machine) for level, (p, value) in zip(LEVELS, places, strict=False)]
    sign_version(report, rows)
    return report


def bench(algorithm: Algorithm, truth: str = "final", **more: Any) -> Recent:
    intake.take_pending()
    return recent(algorithm, "pll", truth, **more)


YES, NO = "thickened", "not_thickened"


def test_a_moved_threshold_changes_the_drafts_whose_calls_it_moves(algorithm: Algorithm) -> None:
    signed((0.9, YES), (0.45, YES), (0.42, NO))
    signed((0.2, NO), (0.1, NO))
    signed((0.6, YES), (0.3, None))
    moved = bench(algorithm).at(0.4)
    assert (moved.changed_reports, moved.changed.value) == (1, pytest.approx(1 / 3))
    assert (moved.to_positive, moved.to_positive_right, moved.to_negative) == (2, 1, 0)
    assert {cell: moved.rates.counts[cell] for cell in ("tp", "fp", "fn", "tn")} == {"tp": 3, "fp": 1, "fn": 0, "tn": 2}
    raised = bench(algorithm).at(0.7)
    assert (raised.changed_reports, raised.to_negative, raised.to_negative_right) == (1, 1, 0)


def test_the_threshold_that_was_shown_changes_nothing(algorithm: Algorithm) -> None:
    signed((0.5, YES), (0.499999, NO))
    rows = bench(algorithm)
    assert rows.at(0.5).changed_reports == rows.as_shown().changed_reports == 0
    assert rows.at(0.5).rates.counts == rows.as_shown().rates.counts


def test_intervals_count_patients_as_the_library_does(algorithm: Algorithm) -> None:
    draw = np.random.default_rng(5)
    patients = [Patient.objects.create(patient_id=f"p{n}", name="A^B") for n in range(12)]
    said, truth, who = [], [], []
    for number in range(18):
        p = draw.uniform(0.02, 0.98, len(LEVELS)).round(3)
        ill = draw.random(len(LEVELS)) < p
        signed(*((float(a), YES if b else NO) for a, b in zip(p, ill, strict=True)), patient=patients[number % 12])
        said.extend(p >= 0.3)
        truth.extend(ill)
        who.extend([number % 12] * len(LEVELS))
    ours = bench(algorithm).at(0.3).rates
    theirs = clustered_rates(truth, said, who, Scope("x", "level"))
    for rate in ("ACC", "TPR", "TNR", "PPV", "NPV"):
        assert (ours[rate].value, ours[rate].low, ours[rate].high) == pytest.approx(
            (theirs[rate].value, theirs[rate].low, theirs[rate].high)
        )


def test_only_the_newest_current_reports_of_that_version_are_scored(algorithm: Algorithm) -> None:
    withdraw(signed((0.9, YES)))
    other = make_report()
    weights = {"name": "dens", "version": "1.0", "weights_sha256": "b" * 64}
    sign_version(other, [pll("C5/6", YES, 0.9)], algorithm=weights)
    assert bench(algorithm).reports == 0
    for _ in range(3):
        signed((0.9, YES))
    assert bench(algorithm, most=2).reports == 2


def test_what_was_withheld_is_no_call(algorithm: Algorithm) -> None:
    signed((0.9, YES), note="withheld")
    assert bench(algorithm).places == 0


def test_without_a_report_nothing_is_estimable_and_nothing_breaks(algorithm: Algorithm) -> None:
    scored = bench(algorithm).at(0.4)
    assert scored.changed.value is None
    assert all(scored.rates[rate].value is None for rate in ("ACC", "TPR", "TNR", "PPV"))


def test_a_truth_that_says_nothing_leaves_rates_open_and_still_counts_changed_drafts(algorithm: Algorithm) -> None:
    signed((0.45, YES))
    moved = bench(algorithm, "surgery").at(0.4)
    assert moved.rates["TPR"].value is None
    assert (moved.changed_reports, moved.to_positive, moved.to_positive_right) == (1, 1, 0)


# --- pages


def logged_in(role: Role, language: str = "en") -> tuple[Client, User]:
    user = make_user(role)
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client, user


def address(algorithm: Algorithm, name: str = "threshold_bench") -> str:
    return reverse(f"department_audit:{name}", args=[algorithm.pk, "pll"])


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_bench_shows_three_thresholds_side_by_side(algorithm: Algorithm, language: str) -> None:
    signed((0.9, YES), (0.45, YES), (0.2, NO))
    signed((0.8, YES), (0.1, NO))
    intake.take_pending()
    client, _user = logged_in(Role.SENIOR, language)
    shown = client.get(address(algorithm), {"threshold": "0.4"}).content.decode()
    assert "0.400" in shown
    assert "0.500" in shown
    assert "50.0 %" in shown  # one of two drafts


def test_every_step_of_the_slider_is_scored_beforehand(algorithm: Algorithm) -> None:
    signed((0.45, YES), (0.2, NO))
    intake.take_pending()
    client, _user = logged_in(Role.SENIOR)
    page = client.get(address(algorithm)).context["page"]
    scored = json.loads(page.live_json)
    assert {f"{step / 100:g}" for step in range(1, 100)} <= set(scored)
    assert scored["0.4"]["places"] == "1 / 0"


def test_from_the_page_a_senior_proposes_and_an_auditor_activates_or_declines(algorithm: Algorithm) -> None:
    signed((0.45, YES), (0.2, NO))
    intake.take_pending()
    senior, _ = logged_in(Role.SENIOR)
    auditor, _ = logged_in(Role.AUDITOR)
    form = {"threshold": "0.4", "before": "0.5", "reason": "one in four is missed", "truth": "final"}
    proposed = senior.post(address(algorithm, "threshold_propose"), form, follow=True).content.decode()
    assert "It changes nothing before an auditor activates it" in proposed
    change = ThresholdChange.objects.get()
    assert change.evidence["tried"]["changed_reports"] == 1
    decide = reverse("department_audit:threshold_decide", args=[change.pk, "activate"])
    assert senior.post(decide).status_code == 403
    assert "In force: studies that are read from now on" in auditor.post(decide, follow=True).content.decode()
    change.refresh_from_db()
    assert change.status == "active"
    table = auditor.get(reverse("department_audit:thresholds")).content.decode()
    assert "0.400" in table
    card = auditor.get(reverse("algorithms:detail", args=[algorithm.pk])).content.decode()
    assert "0.400" in card
    assert "0.500" in card  # as shipped


@pytest.mark.parametrize("form", [{"threshold": "2"}, {"reason": ""}, {"before": "0.3"}, {"threshold": "0.5"}])
def test_a_proposal_with_a_fault_is_told_on_the_page_and_stores_nothing(
    algorithm: Algorithm, form: dict[str, str]
) -> None:
    senior, _ = logged_in(Role.SENIOR)
    whole = {"threshold": "0.4", "before": "0.5", "reason": "r", **form}
    answer = senior.post(address(algorithm, "threshold_propose"), whole)
    assert answer.status_code == 302
    assert not ThresholdChange.objects.exists()


@pytest.mark.parametrize("query", ["threshold=nan", "threshold=1.5", "threshold=x", "truth=gossip"])
def test_an_address_that_says_nonsense_is_refused(algorithm: Algorithm, query: str) -> None:
    client, _user = logged_in(Role.AUDITOR)
    assert client.get(f"{address(algorithm)}?{query}").status_code == 400


def test_the_proposer_reads_why_they_cannot_activate(algorithm: Algorithm) -> None:
    client, user = logged_in(Role.SENIOR)
    client.post(address(algorithm, "threshold_propose"), {"threshold": "0.4", "before": "0.5", "reason": "r"})
    User.objects.filter(pk=user.pk).update(role=Role.AUDITOR)
    assert "Another person than the one who proposed it" in client.get(address(algorithm)).content.decode()
