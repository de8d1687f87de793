"""Running an algorithm on the frozen cases: asked for here, done by an inference worker or by ``frozen_cases``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.predictions.dispatch import announce_case_run_on_commit
from reporting.predictions.models import Algorithm, CaseRun, CaseRunStatus


def request_case_run(algorithm: Algorithm, *, by: User | None) -> CaseRun:
    """Have the algorithm run on the frozen cases once more; ``by=None`` is whoever may run commands here.

    Raises:
        NotAllowed: the actor's role may not ask for it.
        WrongState: a run is queued or running.
    """
    if by is not None:
        require(by, Act.ALGORITHM_TEST)
    run = queue_case_run(algorithm, by=by)
    if run is None:
        raise WrongState(_("It is being run on the frozen cases already"))
    return run


def queue_case_run(algorithm: Algorithm, *, by: User | None) -> CaseRun | None:
    """Queue a run, or ``None`` when one is open already. Permission is the caller's business."""
    try:
        with transaction.atomic():
            run = CaseRun.objects.create(algorithm=algorithm, requested_by=by)
            record(AuditAct.CASES_REQUESTED, by=by, about=algorithm, data={"case_run": str(run.pk)})
            announce_case_run_on_commit(run.pk)
            return run
    except IntegrityError:  # the partial unique index is the judge
        return None


def claim_case_run(run_id: uuid.UUID, *, worker: str) -> CaseRun | None:
    """Take the run, or ``None`` when it is done or another worker's."""
    taken = CaseRun.objects.takeable().filter(pk=run_id)
    if not taken.update(status=CaseRunStatus.RUNNING, started_at=Now(), worker=worker[:128], updated_at=Now()):
        return None
    return CaseRun.objects.select_related("algorithm").get(pk=run_id)


@transaction.atomic
def finish_case_run(run: CaseRun, *, set_digest: str, results: Mapping[str, Any], passed: bool) -> bool:
    """Store what came out. ``False``: the run was given to another worker in the meantime, nothing was written."""
    status = CaseRunStatus.PASSED if passed else CaseRunStatus.FAILED
    ours = CaseRun.objects.filter(pk=run.pk, status=CaseRunStatus.RUNNING, started_at=run.started_at)
    if not ours.update(
        status=status, finished_at=Now(), updated_at=Now(), set_digest=set_digest, results=dict(results)
    ):
        return False
    act = AuditAct.CASES_PASSED if passed else AuditAct.CASES_FAILED
    data = {"case_run": str(run.pk), "set_digest": set_digest, "weights_sha256": run.algorithm.weights_sha256}
    record(act, by=None, about=run.algorithm, outcome="success" if passed else "failure", data=data)
    run.refresh_from_db()
    return True


def reannounce_case_runs(*, for_s: float) -> int:
    """Repeat knocks nobody answered, and give up what loses its worker each time; returns how many. For the sweeper."""
    for run in CaseRun.objects.hopeless().select_related("algorithm"):
        finish_case_run(run, set_digest="", results={"reasons": ["worker_lost"]}, passed=False)
    waiting = list(CaseRun.objects.unannounced(for_s=for_s).values_list("pk", flat=True))
    for run_id in waiting:
        announce_case_run_on_commit(run_id)
    return len(waiting)
