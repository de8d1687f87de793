"""The lock: what is missing, and from then on what cannot change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import Incomplete
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.reader_studies.allocation import CaseSlot, Placed, Plan, allocate
from reporting.reader_studies.models import Assignment, Case, CaseObject, Protocol, ReaderStudy, Session
from reporting.reader_studies.permissions import StudyAct
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.services.changing import begin_change
from reporting.reader_studies.words import ArmKind, Design, StudyStatus
from reporting.reports.content import canonical, sha256_of
from reporting.reports.template import CURRENT
from reporting.reports.template.export import as_definition

_BATCH = 5000
_OF_FINDINGS = ("key", "label", "scale", "levels", "sides", "grades", "positive_from", "machine_finding")


def lock_study(study: ReaderStudy, *, by: User, expected_version: int) -> Protocol:
    """Freeze algorithm version, template, cases and allocation, with a digest over all of them.

    Raises :class:`Incomplete` with the checklist's problems while there are any.
    """
    with transaction.atomic():
        moment = timezone.now()
        begin_change(study, StudyAct.RUN, by=by, expected_version=expected_version)
        if found := problems(study):
            raise Incomplete(_("The reader study cannot start yet"), details=found)
        _freeze_readings(study)
        placed = allocate(plan_of(study))
        _write(study, placed)
        study.status, study.locked_at = StudyStatus.RUNNING, moment
        study.save(update_fields=["status", "locked_at", "updated_at"])
        text = canonical(_content(study, placed))
        protocol = Protocol.objects.create(
            reader_study=study, number=1, content=text, digest=sha256_of(text), made_by=by
        )
        data = {"digest": protocol.digest, "assignments": len(placed)}
        record(AuditAct.READER_STUDY_LOCKED, by=by, about=study, data=data)
    return protocol


def plan_of(study: ReaderStudy) -> Plan:
    """What the allocation is made of: codes only."""
    kinds = [kind for kind in ArmKind if kind.is_read and kind in set(study.arms.values_list("kind", flat=True))]
    return Plan(
        design=Design(study.design),
        readers=tuple(study.readers.values_list("code", flat=True)),
        cases=tuple(CaseSlot(case.code, case.stratum, case.is_training) for case in study.cases.all()),
        arms=tuple(kinds),
        seed=study.seed,
        reader_groups=study.reader_groups,
        block_size=study.block_size,
    )


def _freeze_readings(study: ReaderStudy) -> None:
    """Tie each case to the newest reading of the algorithm that is on trial."""
    if study.algorithm_id is None:
        return
    jobs = InferenceJob.objects.filter(
        algorithm=study.algorithm_id, status=JobStatus.SUCCEEDED, study__in=study.cases.values("study")
    )
    newest = {job.study_id: job for job in jobs.order_by("finished_at")}
    cases = list(study.cases.all())
    for case in cases:
        case.job = newest.get(case.study_id)
    Case.objects.bulk_update(cases, ["job"])


def _write(study: ReaderStudy, placed: Iterable[Placed]) -> None:
    rows = list(placed)
    sessions = {
        number: Session.objects.create(reader_study=study, number=number)
        for number in sorted({row.session for row in rows})
    }
    readers = {reader.code: reader for reader in study.readers.all()}
    cases = {case.code: case for case in study.cases.all()}
    arms = {arm.kind: arm for arm in study.arms.all()}
    Assignment.objects.bulk_create(
        [
            Assignment(
                reader=readers[row.reader],
                case=cases[row.case],
                arm=arms[row.arm],
                session=sessions[row.session],
                block=row.block,
                position=row.position,
            )
            for row in rows
        ],
        batch_size=_BATCH,
    )


def _content(study: ReaderStudy, placed: Iterable[Placed]) -> dict[str, Any]:
    """Everything that is frozen. Readers by code only: who they are stands in their own table."""
    algorithm = study.algorithm
    return {
        "title": study.title,
        "question": study.question,
        "design": study.design,
        "washout_days": study.washout_days,
        "block_size": study.block_size,
        "reader_groups": study.reader_groups if study.design == Design.SPLIT_PLOT else None,
        "stopping_rule": study.stopping_rule,
        "stopping_limits": study.stopping_limits,
        "sample_size": study.sample_size or None,
        "seed": study.seed,
        "algorithm": algorithm
        and {"name": algorithm.name, "version": algorithm.version, "weights_sha256": algorithm.weights_sha256},
        "template": {"version": CURRENT.version, "digest": sha256_of(canonical(as_definition(CURRENT)))},
        "findings": list(study.findings.values(*_OF_FINDINGS)),
        "arms": sorted(study.arms.values_list("kind", flat=True)),
        "readers": list(study.readers.values("code", "experience_years")),
        "cases": _cases(study),
        "allocation": [[p.reader, p.case, p.arm, p.session, p.block, p.position] for p in placed],
    }


def _cases(study: ReaderStudy) -> list[dict[str, Any]]:
    """Each case with a digest over the bytes that readers see, so that nobody can add or lose an image unseen."""
    held: dict[Any, list[str]] = defaultdict(list)
    objects = CaseObject.objects.filter(series__case__reader_study=study)
    for pk, digest in objects.values_list("series__case", "sha256"):
        held[pk].append(digest)
    return [
        {
            "code": case.code,
            "stratum": case.stratum,
            "training": case.is_training,
            "images": sha256_of("".join(sorted(held[case.pk]))),
            "reading": str(case.job_id) if case.job_id else None,
        }
        for case in study.cases.all()
    ]
