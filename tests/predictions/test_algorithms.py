"""Which algorithm may speak: what ships at set-up, everything later by two people after the frozen cases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.predictions import services
from reporting.predictions.models import Algorithm, AlgorithmKind, AlgorithmStatus, CaseRun
from reporting.predictions.states import ALGORITHM_TRANSITIONS
from tests.factories import make_algorithm, make_study, make_user
from tests.predictions.conftest import Messages

pytestmark = pytest.mark.django_db
REASON = "Better at C5/6"


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR)


def run_cases(algorithm: Algorithm, *, passed: bool = True) -> CaseRun:
    """What a worker does with the run that waits."""
    run = services.claim_case_run(algorithm.case_runs.get(status="queued").pk, worker="test")
    assert run is not None
    assert services.finish_case_run(run, set_digest="c" * 64, results={"agreement": 0.9}, passed=passed)
    return run


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(act__startswith="algorithm.").values_list("act", flat=True))


def test_what_ships_is_active_after_the_first_set_up_and_a_later_version_is_not() -> None:
    first, later = make_algorithm(version="1", activate=False), make_algorithm(version="2", activate=False)
    assert services.activate_at_set_up(first)
    assert services.activate_at_set_up(first), "done again it changes nothing"
    assert not services.activate_at_set_up(later)
    assert list(Algorithm.objects.active()) == [first]
    event = AuditEvent.objects.get(act="algorithm.activated")
    assert (event.actor_id, event.data["set_up"]) == (None, True)


def test_set_up_does_not_bring_back_what_was_stopped(senior: User) -> None:
    first = make_algorithm(version="1", activate=False)
    services.activate_at_set_up(first)
    services.retire_algorithm(first, reason="wrong levels", by=senior)
    assert not services.activate_at_set_up(first)
    assert not services.activate_at_set_up(make_algorithm(version="2", activate=False))
    assert not Algorithm.objects.active().exists()


def test_set_up_replaces_only_an_active_version_that_cannot_run_here_any_more() -> None:
    gone, other, new = (make_algorithm(version=v, activate=False) for v in "123")
    services.activate_at_set_up(gone)
    assert not services.activate_at_set_up(new, in_place_of=other), "not the active one"
    assert services.activate_at_set_up(new, in_place_of=gone)
    assert list(Algorithm.objects.active()) == [new]
    assert AuditEvent.objects.get(act="algorithm.retired").data["set_up"]


@pytest.mark.parametrize("kind", [AlgorithmKind.BUNDLE, AlgorithmKind.CALLABLE])
def test_set_up_activates_nothing_that_did_not_ship(kind: AlgorithmKind) -> None:
    assert not services.activate_at_set_up(make_algorithm(name="plug-in", kind=kind, activate=False))


def test_a_new_version_is_proposed_tested_and_activated_by_two_people(
    senior: User, auditor: User, messages: Messages
) -> None:
    old, new = make_algorithm(version="1"), make_algorithm(version="2", activate=False)
    services.propose_algorithm(new, reason=REASON, by=senior)
    assert (new.status, new.proposed_by, new.proposal_reason) == (AlgorithmStatus.PROPOSED, senior, REASON)
    run = run_cases(new)
    services.activate_algorithm(new, by=auditor)
    old.refresh_from_db()
    assert (new.status, new.activated_by, old.status) == (AlgorithmStatus.ACTIVE, auditor, AlgorithmStatus.RETIRED)
    event = AuditEvent.objects.get(act="algorithm.activated")
    assert event.data["case_run"] == str(run.pk)
    assert event.data["set_digest"] == "c" * 64
    assert acts()[2:] == [
        "algorithm.proposed",
        "algorithm.cases_requested",
        "algorithm.cases_passed",
        "algorithm.retired",
        "algorithm.activated",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_proposal_sends_the_frozen_cases_to_a_worker(messages: Messages) -> None:
    new = make_algorithm(version="2", activate=False)
    services.propose_algorithm(new, reason=REASON, by=make_user(Role.SENIOR))
    assert messages() == [("inference.run_frozen_cases", {"run_id": str(new.case_runs.get().pk)})]
    assert services.reannounce_case_runs(for_s=60) == 0
    assert services.reannounce_case_runs(for_s=0) == 1, "a lost knock is repeated"
    assert len(messages()) == 1


def test_the_proposer_may_not_activate_even_with_the_role_of_an_auditor(senior: User) -> None:
    new = make_algorithm(activate=False)
    services.propose_algorithm(new, reason=REASON, by=senior)
    run_cases(new)
    User.objects.filter(pk=senior.pk).update(role=Role.AUDITOR)
    with pytest.raises(NotAllowed, match="Another person"):
        services.activate_algorithm(new, by=User.objects.get(pk=senior.pk))
    assert not Algorithm.objects.active().exists()


def _not_run(algorithm: Algorithm) -> None:
    pass


def _failed(algorithm: Algorithm) -> None:
    run_cases(algorithm, passed=False)


def _failed_after_a_pass(algorithm: Algorithm) -> None:
    run_cases(algorithm)
    services.request_case_run(algorithm, by=None)
    run_cases(algorithm, passed=False)


def _asked_again(algorithm: Algorithm) -> None:
    run_cases(algorithm)
    services.request_case_run(algorithm, by=None)


@pytest.mark.parametrize("before", [_not_run, _failed, _failed_after_a_pass, _asked_again])
def test_without_a_passed_run_nothing_is_activated(
    before: Callable[[Algorithm], None], senior: User, auditor: User
) -> None:
    new = make_algorithm(activate=False)
    services.propose_algorithm(new, reason=REASON, by=senior)
    before(new)
    with pytest.raises(WrongState, match="frozen cases"):
        services.activate_algorithm(new, by=auditor)


def test_a_run_before_the_proposal_or_of_another_digest_does_not_count(senior: User, auditor: User) -> None:
    new, other = make_algorithm(version="1", activate=False), make_algorithm(version="2", activate=False)
    for algorithm in (new, other):
        services.request_case_run(algorithm, by=senior)
        run_cases(algorithm)
    Algorithm.objects.filter(pk=new.pk).update(status="proposed", proposed_by=senior, proposed_at=_later())
    with pytest.raises(WrongState, match="frozen cases"):
        services.activate_algorithm(new, by=auditor)


def _later() -> object:
    latest = CaseRun.objects.latest("finished_at").finished_at
    assert latest is not None
    return latest.replace(year=latest.year + 1)


def test_an_algorithm_that_was_not_proposed_is_not_activated(senior: User, auditor: User) -> None:
    new = make_algorithm(activate=False)
    services.request_case_run(new, by=auditor)
    run_cases(new)
    with pytest.raises(WrongState, match="proposed"):
        services.activate_algorithm(new, by=auditor)
    services.propose_algorithm(new, reason=REASON, by=senior)
    services.decline_algorithm(new, reason="too slow", by=auditor)
    assert new.status == AlgorithmStatus.REGISTERED
    with pytest.raises(WrongState, match="proposed"):
        services.activate_algorithm(new, by=auditor)


def test_a_retired_version_comes_back_by_two_people(senior: User, auditor: User) -> None:
    old, new = make_algorithm(version="1"), make_algorithm(version="2")
    old.refresh_from_db()
    services.propose_algorithm(old, reason="the new one misses slips", by=senior)
    services.decline_algorithm(old, reason="wait", by=senior)
    assert old.status == AlgorithmStatus.RETIRED, "back to where it was"
    services.propose_algorithm(old, reason="the new one misses slips", by=senior)
    run_cases(old)
    services.activate_algorithm(old, by=auditor)
    new.refresh_from_db()
    assert (old.status, new.status) == ("active", "retired")


def test_two_algorithms_of_different_names_are_active_but_only_one_fills_reports(senior: User, auditor: User) -> None:
    make_algorithm()
    beside = make_algorithm(name="plug-in", version="2", fills_reports=False, activate=False)
    rival = make_algorithm(name="rival", version="3", activate=False)
    for algorithm in (beside, rival):
        services.propose_algorithm(algorithm, reason=REASON, by=senior)
        run_cases(algorithm)
    services.activate_algorithm(beside, by=auditor)
    with pytest.raises(WrongState, match="fills reports"):
        services.activate_algorithm(rival, by=auditor)
    assert [a.name for a in Algorithm.objects.active()] == ["dens-cervical", "plug-in"]
    jobs = services.request_inference_for_new_studies([make_study()], by=None)
    assert [job.algorithm.name for job in jobs] == ["dens-cervical", "plug-in"]


ACTS: dict[str, tuple[Callable[[Algorithm, User], object], set[Role]]] = {
    "propose": (lambda a, user: services.propose_algorithm(a, reason=REASON, by=user), {Role.SENIOR}),
    "test": (lambda a, user: services.request_case_run(a, by=user), {Role.SENIOR, Role.AUDITOR}),
    "activate": (lambda a, user: services.activate_algorithm(a, by=user), {Role.AUDITOR}),
    "decline": (lambda a, user: services.decline_algorithm(a, reason="no", by=user), {Role.SENIOR, Role.AUDITOR}),
    "retire": (lambda a, user: services.retire_algorithm(a, reason="no", by=user), {Role.SENIOR, Role.AUDITOR}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_own_part(act: str, role: Role) -> None:
    algorithm, user = make_algorithm(activate=False), make_user(role)
    do, allowed = ACTS[act]
    if role in allowed:
        with suppress(WrongState):  # allowed, but perhaps not now
            do(algorithm, user)
    else:
        with pytest.raises(NotAllowed):
            do(algorithm, user)
        assert acts() == ["algorithm.registered"]


def test_stopping_takes_its_queued_jobs_back_and_leaves_what_was_begun(senior: User) -> None:
    algorithm = make_algorithm()
    queued, begun = (services.request_inference(make_study(), by=None) for _ in range(2))
    assert services.claim_job(begun.pk, worker="test") is not None
    services.retire_algorithm(algorithm, reason="wrong levels", by=senior)
    for job, status in ((queued, "cancelled"), (begun, "running")):
        job.refresh_from_db()
        assert job.status == status
    assert AuditEvent.objects.get(act="algorithm.retired").data["cancelled_jobs"] == 1
    assert services.request_inference_for_new_studies([queued.study], by=None) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_given(reason: str, senior: User) -> None:
    with pytest.raises(InvalidInput):
        services.propose_algorithm(make_algorithm(activate=False), reason=reason, by=senior)


@pytest.mark.parametrize("current", AlgorithmStatus)
@pytest.mark.parametrize("act", ["propose", "activate", "decline", "retire"])
def test_the_state_table_is_obeyed(act: str, current: AlgorithmStatus, senior: User, auditor: User) -> None:
    becomes = {
        "propose": {AlgorithmStatus.REGISTERED, AlgorithmStatus.RETIRED},
        "activate": {AlgorithmStatus.PROPOSED},
        "decline": {AlgorithmStatus.PROPOSED},
        "retire": {AlgorithmStatus.ACTIVE},
    }
    algorithm = make_algorithm(activate=False)
    services.propose_algorithm(algorithm, reason=REASON, by=senior)
    run_cases(algorithm)
    Algorithm.objects.filter(pk=algorithm.pk).update(status=current)
    do, _roles = ACTS[act]
    user = auditor if act == "activate" else senior
    if current in becomes[act]:
        do(algorithm, user)
        algorithm.refresh_from_db()
        assert ALGORITHM_TRANSITIONS.allows(current, AlgorithmStatus(algorithm.status))
    else:
        with pytest.raises(WrongState):
            do(algorithm, user)


def test_one_run_at_a_time_and_a_lost_one_is_taken_over(senior: User) -> None:
    algorithm = make_algorithm()
    first = services.request_case_run(algorithm, by=senior)
    with pytest.raises(WrongState, match="already"):
        services.request_case_run(algorithm, by=senior)
    lost = services.claim_case_run(first.pk, worker="lost")
    assert lost is not None
    assert services.claim_case_run(first.pk, worker="second") is None
    CaseRun.objects.update(started_at=lost.created_at.replace(year=2020))
    taken = services.claim_case_run(first.pk, worker="second")
    assert taken is not None
    late = services.finish_case_run(lost, set_digest="a" * 64, results={}, passed=True)
    assert not late, "whoever lost the run does not decide it"
    assert services.finish_case_run(taken, set_digest="a" * 64, results={}, passed=False)
    assert CaseRun.objects.get().status == "failed"


def test_a_run_that_kills_its_workers_is_given_up(senior: User) -> None:
    algorithm = make_algorithm()
    run = services.claim_case_run(services.request_case_run(algorithm, by=senior).pk, worker="lost")
    assert run is not None
    long_ago = run.created_at.replace(year=2020)
    CaseRun.objects.update(started_at=long_ago)
    services.reannounce_case_runs(for_s=60)
    assert CaseRun.objects.get().status == "running", "it may still be taken over"
    CaseRun.objects.update(created_at=long_ago)
    services.reannounce_case_runs(for_s=60)
    given_up = CaseRun.objects.get()
    assert (given_up.status, given_up.results["reasons"]) == ("failed", ["worker_lost"])
