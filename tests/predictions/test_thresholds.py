"""An operating point is moved by two people, holds for what is read from then on, and rewrites nothing."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.predictions.models import Algorithm, InferenceJob, JobStatus, Prediction, ThresholdChange
from reporting.predictions.services import (
    activate_threshold,
    claim_job,
    decline_threshold,
    propose_threshold,
    publish_predictions,
    threshold_in_force,
)
from reporting.reports.content import algorithm_of
from reporting.reports.services import draft_report
from tests.factories import make_algorithm, make_job, make_result, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm() -> Algorithm:
    return make_algorithm(thresholds={"herniation": 0.6})


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR)


def propose(algorithm: Algorithm, by: User, threshold: float = 0.4, finding: str = "herniation") -> ThresholdChange:
    before = threshold_in_force(algorithm, finding)
    return propose_threshold(
        algorithm, finding, threshold, reason="too many are missed", before=before, evidence={"reports": 12}, by=by
    )


def run(threshold: float) -> tuple[InferenceJob, bool]:
    """A job from claim to publication by a worker that went by ``threshold`` for herniations."""
    job = make_job()
    claimed = claim_job(job.pk, worker="w")
    assert claimed is not None
    job.refresh_from_db()
    payload = make_result(job)
    payload["predictions"][1] |= {"probability": 0.5, "threshold": threshold, "positive": threshold <= 0.5}
    stored = publish_predictions(job.pk, claimed.attempt, payload)
    job.refresh_from_db()
    return job, stored


def test_a_senior_proposes_and_an_auditor_activates(algorithm: Algorithm, senior: User, auditor: User) -> None:
    change = propose(algorithm, senior)
    assert threshold_in_force(algorithm, "herniation") == 0.6
    activate_threshold(change, by=auditor)
    assert threshold_in_force(algorithm, "herniation") == 0.4
    assert threshold_in_force(algorithm, "slip") == 0.5
    algorithm.refresh_from_db()
    assert algorithm.thresholds == {"herniation": 0.6}
    acts = list(AuditEvent.objects.filter(act__startswith="threshold.").values_list("act", "actor_id"))
    assert acts == [("threshold.proposed", senior.pk), ("threshold.activated", auditor.pk)]
    assert AuditEvent.objects.get(act="threshold.proposed").data["reason"] == "too many are missed"


def test_who_proposed_cannot_activate_even_in_another_role(algorithm: Algorithm, senior: User) -> None:
    change = propose(algorithm, senior)
    with pytest.raises(NotAllowed, match="role"):
        activate_threshold(change, by=senior)
    User.objects.filter(pk=senior.pk).update(role=Role.AUDITOR)
    senior.refresh_from_db()
    with pytest.raises(NotAllowed, match="Another person"):
        activate_threshold(change, by=senior)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SENIOR])
def test_nobody_but_a_senior_proposes(algorithm: Algorithm, role: Role) -> None:
    with pytest.raises(NotAllowed):
        propose(algorithm, make_user(role))


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 0.1234, float("nan"), float("inf"), 0.6])
def test_what_is_no_other_threshold_is_refused(algorithm: Algorithm, senior: User, threshold: float) -> None:
    with pytest.raises(InvalidInput):
        propose(algorithm, senior, threshold)


def test_a_proposal_needs_a_reason_and_a_known_finding(algorithm: Algorithm, senior: User) -> None:
    values = {"before": 0.6, "evidence": {}, "by": senior}
    with pytest.raises(InvalidInput):
        propose_threshold(algorithm, "herniation", 0.4, reason="  ", **values)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        propose(algorithm, senior, finding="migraine")


def test_one_proposal_waits_at_a_time_and_each_finding_has_its_own(algorithm: Algorithm, senior: User) -> None:
    propose(algorithm, senior)
    with pytest.raises(WrongState, match="waiting"):
        propose(algorithm, senior, 0.3)
    assert propose(algorithm, senior, 0.3, "slip").number == 2


def test_a_declined_proposal_changes_nothing_and_says_why(algorithm: Algorithm, senior: User, auditor: User) -> None:
    change = propose(algorithm, senior)
    with pytest.raises(InvalidInput):
        decline_threshold(change, reason="", by=auditor)
    declined = decline_threshold(change, reason="too few cases", by=auditor)
    assert (declined.status, declined.closing_reason) == ("declined", "too few cases")
    assert threshold_in_force(algorithm, "herniation") == 0.6
    with pytest.raises(WrongState):
        activate_threshold(change, by=auditor)
    assert propose(algorithm, senior, 0.3).number == 2


def test_the_next_threshold_retires_the_one_before_and_the_history_stays(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    activate_threshold(propose(algorithm, senior), by=auditor)
    activate_threshold(propose(algorithm, senior, 0.6), by=auditor)  # back to what was shipped
    history = ThresholdChange.objects.order_by("number").values_list("threshold", "before", "status")
    assert list(history) == [(0.4, 0.6, "retired"), (0.6, 0.4, "active")]
    assert threshold_in_force(algorithm, "herniation") == 0.6


def test_a_bench_that_showed_another_threshold_in_force_is_refused(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    activate_threshold(propose(algorithm, senior), by=auditor)
    with pytest.raises(WrongState, match="look at the bench again"):
        propose_threshold(algorithm, "herniation", 0.3, reason="r", before=0.6, evidence={}, by=senior)


@pytest.mark.parametrize("values", [{"threshold": 0.1}, {"proposal_reason": "x"}, {"evidence": {}}, {"before": 0.1}])
def test_the_database_keeps_what_a_change_said(algorithm: Algorithm, senior: User, values: dict[str, object]) -> None:
    change = propose(algorithm, senior)
    with pytest.raises(IntegrityError), transaction.atomic():
        ThresholdChange.objects.filter(pk=change.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        ThresholdChange.objects.filter(pk=change.pk).delete()


def test_new_results_use_the_new_threshold_and_earlier_ones_keep_theirs(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    before, _stored = run(0.6)
    drafted = draft_report(study=before.study, job=before)
    assert drafted is not None
    activate_threshold(propose(algorithm, senior), by=auditor)
    after, stored = run(0.4)
    assert stored
    old, new = (Prediction.objects.get(job=job, finding="herniation") for job in (before, after))
    assert (old.threshold, old.positive, new.threshold, new.positive) == (0.6, False, 0.4, True)
    assert before.thresholds == {}
    assert after.thresholds == {"herniation": {"threshold": 0.4, "change": 1}}
    assert drafted.findings.get(field="disc_class", level="C5/6").machine_value is None
    later = draft_report(study=after.study, job=after)
    assert later is not None
    assert later.findings.get(field="disc_class", level="C5/6").machine_value == "herniation"


def test_a_job_goes_by_the_threshold_of_the_moment_it_was_taken(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    job = make_job()
    claimed = claim_job(job.pk, worker="w")
    assert claimed is not None
    activate_threshold(propose(algorithm, senior), by=auditor)
    job.refresh_from_db()
    assert publish_predictions(job.pk, claimed.attempt, make_result(job))
    assert Prediction.objects.get(job=job, finding="herniation").threshold == 0.5  # as its worker said


def test_a_worker_that_does_not_know_the_new_threshold_is_not_believed(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    activate_threshold(propose(algorithm, senior), by=auditor)
    job, stored = run(0.6)
    assert not stored
    assert (job.status, job.failure_reason) == (JobStatus.FAILED, "wrong_threshold")
    assert not Prediction.objects.filter(job=job).exists()


def test_the_threshold_is_part_of_what_a_report_says_of_its_algorithm(
    algorithm: Algorithm, senior: User, auditor: User
) -> None:
    plain, _ = run(0.6)
    activate_threshold(propose(algorithm, senior), by=auditor)
    moved, _ = run(0.4)
    reports = [draft_report(study=job.study, job=job) for job in (plain, moved)]
    said = [algorithm_of(report) for report in reports if report is not None]
    assert [one.get("thresholds") for one in said] == [None, {"herniation": {"threshold": 0.4, "change": 1}}]


def test_another_version_begins_with_its_own_threshold(algorithm: Algorithm, senior: User, auditor: User) -> None:
    activate_threshold(propose(algorithm, senior), by=auditor)
    assert threshold_in_force(make_algorithm(version="2", thresholds={"herniation": 0.7}), "herniation") == 0.7
