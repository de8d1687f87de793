"""Which algorithm may speak: a senior proposes, the frozen cases are run, an auditor activates. One person may stop."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.core.two_people import check_second_person, checked_reason
from reporting.predictions.models import (
    Algorithm,
    AlgorithmStatus,
    CaseRun,
    CaseRunStatus,
    InferenceJob,
    JobStatus,
)
from reporting.predictions.services.algorithms import activate_row, identity, retire_row
from reporting.predictions.services.case_runs import queue_case_run
from reporting.predictions.states import ALGORITHM_TRANSITIONS


@transaction.atomic
def propose_algorithm(algorithm: Algorithm, *, reason: str, by: User) -> Algorithm:
    """Ask for the activation of an algorithm; the frozen cases are run at once.

    Raises:
        NotAllowed: the actor's role may not propose.
        InvalidInput: no reason, or a very long one.
        WrongState: it is proposed or active already.
    """
    require(by, Act.ALGORITHM_PROPOSE)
    reason = checked_reason(reason)
    row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    ALGORITHM_TRANSITIONS.check(AlgorithmStatus(row.status), AlgorithmStatus.PROPOSED)
    Algorithm.objects.filter(pk=row.pk).update(
        status=AlgorithmStatus.PROPOSED, proposed_by=by, proposed_at=Now(), proposal_reason=reason
    )
    record(AuditAct.ALGORITHM_PROPOSED, by=by, about=row, data={**identity(row), "reason": reason})
    queue_case_run(row, by=by)
    return _fresh(algorithm)


@transaction.atomic
def decline_algorithm(algorithm: Algorithm, *, reason: str, by: User) -> Algorithm:
    """Take a proposal from the table, as its proposer or as the one who was to activate it.

    Raises:
        NotAllowed: the actor's role may not do this.
        InvalidInput: no reason, or a very long one.
        WrongState: it is not proposed.
    """
    require(by, Act.ALGORITHM_STOP)
    reason = checked_reason(reason)
    row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    if row.status != AlgorithmStatus.PROPOSED:
        raise WrongState(_("This algorithm is not proposed"))
    was_active = row.activated_at is not None
    back = AlgorithmStatus.RETIRED if was_active else AlgorithmStatus.REGISTERED
    ALGORITHM_TRANSITIONS.check(AlgorithmStatus.PROPOSED, back)
    Algorithm.objects.filter(pk=row.pk).update(status=back)
    record(AuditAct.ALGORITHM_DECLINED, by=by, about=row, data={**identity(row), "reason": reason})
    return _fresh(algorithm)


@transaction.atomic
def activate_algorithm(algorithm: Algorithm, *, by: User) -> Algorithm:
    """Let a proposed algorithm read new studies, in place of the active version of its name.

    Raises:
        NotAllowed: the actor's role may not activate, or the actor proposed it.
        WrongState: it is not proposed, has not passed the frozen cases since it was, or would be a second algorithm
            that fills reports.
    """
    require(by, Act.ALGORITHM_ACTIVATE)
    rows = {row.pk: row for row in Algorithm.objects.select_for_update().filter(name=algorithm.name)}
    row = rows[algorithm.pk]
    if row.status != AlgorithmStatus.PROPOSED:
        raise WrongState(_("Only an algorithm that was proposed can be activated"))
    check_second_person(row, by)
    run = passed_run(row)
    if run is None:
        raise WrongState(_("It has not passed the frozen cases since it was proposed"))
    for other in rows.values():
        if other.status == AlgorithmStatus.ACTIVE:
            retire_row(other, by=by, data={"replaced_by": str(row.pk)})
    try:
        with transaction.atomic():
            activate_row(row, by=by, data={"case_run": str(run.pk), "set_digest": run.set_digest})
    except IntegrityError as error:
        raise WrongState(_("Another algorithm fills reports; retire it first")) from error
    return _fresh(algorithm)


@transaction.atomic
def retire_algorithm(algorithm: Algorithm, *, reason: str, by: User) -> Algorithm:
    """Stop an active algorithm at once: no study is read with it any more. What it said stays.

    Its queued jobs are cancelled; one that a worker has begun ends. One person is enough: stopping is safe, starting
    again takes two.

    Raises:
        NotAllowed: the actor's role may not do this.
        InvalidInput: no reason, or a very long one.
        WrongState: it is not active.
    """
    require(by, Act.ALGORITHM_STOP)
    reason = checked_reason(reason)
    row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    if row.status != AlgorithmStatus.ACTIVE:
        raise WrongState(_("This algorithm is not active"))
    queued = InferenceJob.objects.select_for_update().filter(algorithm=row, status=JobStatus.QUEUED)
    jobs = list(queued.order_by("pk"))
    InferenceJob.objects.filter(pk__in=[job.pk for job in jobs]).update(
        status=JobStatus.CANCELLED, finished_at=Now(), updated_at=Now()
    )
    for job in jobs:
        record(AuditAct.INFERENCE_CANCELLED, by=by, about=job)
    retire_row(row, by=by, data={"reason": reason, "cancelled_jobs": len(jobs)})
    return _fresh(algorithm)


def passed_run(algorithm: Algorithm) -> CaseRun | None:
    """The newest run since the proposal, if it has passed: a later failure outweighs an earlier pass."""
    if algorithm.proposed_at is None:
        return None
    newest = CaseRun.objects.filter(algorithm=algorithm).order_by("-created_at").first()
    if newest is None or newest.status != CaseRunStatus.PASSED or newest.started_at is None:
        return None
    return newest if newest.started_at >= algorithm.proposed_at else None


def _fresh(algorithm: Algorithm) -> Algorithm:
    algorithm.refresh_from_db()
    return algorithm
