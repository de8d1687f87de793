"""Open a report: by hand, or from what the machine said. Human work is never touched by a machine result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import NotAllowed, WrongState
from reporting.predictions.models import InferenceJob, JobStatus, Prediction
from reporting.reports.content import canonical, sha256_of
from reporting.reports.drafting import MachineStatement, Proposal, propose, same_levels
from reporting.reports.level_line import Line, own_structure
from reporting.reports.models import Finding, LevelMap, Report, ReportTemplate
from reporting.reports.places import Place
from reporting.reports.services.critical_lists import active_critical_list
from reporting.reports.services.house_rules import active_house_rules, house_rules_of
from reporting.reports.services.reading import analysis_of, current_level_map, reader_stops
from reporting.reports.states import OPEN_STATUSES, FindingState, ReportStatus
from reporting.reports.template import CURRENT, TEMPLATES
from reporting.reports.template.export import as_definition
from reporting.studies.models import Study
from reporting.vocabulary import MachineFinding


def install_template() -> ReportTemplate:
    """The row of the current template, made on first use. Raises ``RuntimeError`` if it changed without a version."""
    definition = as_definition(CURRENT)
    digest = sha256_of(canonical(definition))
    row, _made = ReportTemplate.objects.get_or_create(
        version=CURRENT.version, defaults={"definition": definition, "digest": digest}
    )
    if row.digest != digest:
        raise RuntimeError(f"report template {CURRENT.version} differs from the stored one: give it a new version")
    return row


def latest_job(study: Study) -> InferenceJob | None:
    """The newest job of ``study`` that succeeded and may fill its report."""
    jobs = InferenceJob.objects.filter(study=study, status=JobStatus.SUCCEEDED, algorithm__fills_reports=True)
    return jobs.order_by("-finished_at", "-created_at").first()


@transaction.atomic
def start_report(*, study: Study, by: User) -> Report:
    """Open a draft by hand; pre-filled where a machine reading exists.

    Raises :class:`NotAllowed`, or :class:`WrongState` (details: the report's id) when one is open or final.
    """
    require(by, Act.REPORT_DRAFT)
    if not Study.objects.visible_to(by).filter(pk=study.pk).exists():
        raise NotAllowed(_("You may not see this study"))
    report = _create(study, latest_job(study), author=by)
    if report is None:
        existing = Report.objects.filter(study=study).exclude(status__in=["discarded", "withdrawn"]).first()
        details = {"report": str(existing.id)} if existing is not None else None
        raise WrongState(_("There is already a report of this study"), details=details)
    record(AuditAct.REPORT_DRAFTED, by=by, about=report, data={"study": study.id, "job": report.job_id})
    return report


@transaction.atomic
def draft_report(*, study: Study, job: InferenceJob) -> Report | None:
    """Open a draft from a succeeded job, or fill what is still unset in an open one. May run twice.

    Returns ``None`` when the study already has a final report: the predictions stay beside it, untouched by it.
    """
    if job.study_id != study.pk or job.status != JobStatus.SUCCEEDED:
        raise WrongState(_("Only a finished machine reading of the same study can open a draft"))
    if not job.algorithm.fills_reports:
        raise WrongState(_("This algorithm is shown beside a report and does not fill it"))
    report = _create(study, job, author=None)
    if report is not None:
        record(AuditAct.REPORT_DRAFTED, by=None, about=report, data={"study": study.id, "job": job.id})
        return report
    open_statuses = [s.value for s in OPEN_STATUSES]
    report = Report.objects.select_for_update().filter(study=study, status__in=open_statuses).first()
    if report is not None and report.is_draft and report.job_id != job.pk:
        _absorb(report, job)
    return report


def draft_missing_reports() -> int:
    """Draft what finished jobs still wait for; returns how many reports were opened or filled. For the sweeper."""
    jobs = InferenceJob.objects.filter(status=JobStatus.SUCCEEDED, algorithm__fills_reports=True)
    reported = [s.value for s in ReportStatus if s is not ReportStatus.WITHDRAWN]
    unreported = jobs.exclude(study__reports__status__in=reported)
    of_drafts = jobs.filter(study__reports__status=ReportStatus.DRAFT.value)
    newer = of_drafts.filter(
        Q(study__reports__job__isnull=True) | Q(finished_at__gt=F("study__reports__job__finished_at"))
    )
    done = 0
    for study_id in {*unreported.values_list("study", flat=True), *newer.values_list("study", flat=True)}:
        study = Study.objects.get(pk=study_id)
        job = latest_job(study)
        report = draft_report(study=study, job=job) if job is not None else None
        done += report is not None and report.job == job
    return done


def _create(study: Study, job: InferenceJob | None, *, author: User | None) -> Report | None:
    """A new draft with its level map and proposals; ``None`` when an open or final report exists."""
    if Report.objects.filter(study=study, status=ReportStatus.FINAL.value).exists():
        return None
    try:
        with transaction.atomic():
            report = Report.objects.create(study=study, template=install_template(), job=job, author=author, **_kept())
    except IntegrityError:  # somebody else opened one at the same moment
        return None
    line = Line()
    level_map = LevelMap.objects.create(
        report=report, version=1, mapping=line.mapping(), places=dict(line.places), set_by=author
    )
    if job is not None:
        Finding.objects.bulk_create(_row(report, level_map, p) for p in _proposals(report, job, level_map))
    return report


def _kept() -> dict[str, Any]:
    """What a report keeps from the day it was opened."""
    return {"critical_list": active_critical_list(), "house_rules": active_house_rules()}


def _statements(job: InferenceJob) -> list[MachineStatement]:
    return [
        MachineStatement(
            id=p.id,
            finding=MachineFinding(p.finding),
            level=p.level,
            side=p.side,
            positive=p.positive,
            zone=p.zone,
            herniation_side=p.herniation_side,
            direction=p.direction,
            grade=p.grade,
            mm=p.mm,
            mm_from_mask=p.mm_from_mask,
        )
        for p in Prediction.objects.filter(job=job).order_by("finding", "level", "side")
    ]


def _proposals(report: Report, job: InferenceJob, level_map: LevelMap) -> list[Proposal]:
    report.job = job
    template = TEMPLATES[report.template.version]
    found = (_statements(job), analysis_of(report), level_map.mapping, level_map.slices, reader_stops(report))
    return propose(template, *found, house_rules_of(report))


def machine_rows(report: Report, level_map: LevelMap) -> list[Finding]:
    """What the report's job says, as rows at the levels of ``level_map``; not stored."""
    if report.job is None:
        return []
    return [_row(report, level_map, proposal) for proposal in _proposals(report, report.job, level_map)]


def structure_of(level_map: LevelMap, level: str) -> str:
    """Which structure the map puts at ``level``; one of the reader's own where none is."""
    if not level:
        return ""
    found = (structure for structure, mapped in level_map.mapping.items() if mapped == level)
    return next(found, own_structure(level_map.version, level))


def _row(report: Report, level_map: LevelMap, proposal: Proposal) -> Finding:
    place = proposal.place
    return Finding(
        report=report,
        field=place.field,
        structure=structure_of(level_map, place.level),
        level=place.level,
        side=place.side,
        instance=place.instance,
        state=(FindingState.UNSET if proposal.value is None else FindingState.AI_SUGGESTED).value,
        value=proposal.value,
        unit=TEMPLATES[report.template.version][place.field].unit,
        prediction_id=proposal.prediction_id,
        machine_value=proposal.value,
        machine_note=proposal.note,
        report_version=report.version,
    )


def _absorb(report: Report, job: InferenceJob) -> None:
    """Fill unset places of an open draft from a later job; before any human act its suggestions replace the old ones.

    What a reader said of a level was said of the old job's levels. Where the new job names them otherwise, the report
    stays with the old one once levels were moved or decided on, and a mere confirmation of the levels is taken back.
    """
    level_map = current_level_map(report)
    rows = {row.place: row for row in report.findings.all()}
    renamed = not same_levels(report.job.result if report.job is not None else None, job.result)
    decided = report.job is not None and any(row.set_by_id and row.level for row in rows.values())
    if renamed and (decided or not level_map.is_as_found):
        return
    untouched = renamed or not any(row.set_by_id for row in rows.values())
    proposals = _proposals(report, job, level_map)
    Report.objects.filter(pk=report.pk).update(version=F("version") + 1, job=job)
    report.refresh_from_db()
    status = rows.get(Place("level_status"))
    if renamed and status is not None and status.state != FindingState.UNSET.value:
        _unset([status], report)
    if untouched and (proposals or renamed):
        _unset((row for row in rows.values() if row.set_by_id is None), report)
    for proposal in proposals:
        row = rows.get(proposal.place)
        fresh = _row(report, level_map, proposal)
        if row is None:
            fresh.save(force_insert=True)
        elif row.state == FindingState.UNSET.value:
            for name in ("state", "value", "prediction_id", "machine_value", "machine_note", "report_version"):
                setattr(row, name, getattr(fresh, name))
            row.save()
    record(AuditAct.REPORT_DRAFTED, by=None, about=report, data={"study": report.study_id, "job": job.id})


def _unset(rows: Iterable[Finding], report: Report) -> None:
    for row in rows:
        row.state, row.value, row.bulk, row.set_by, row.set_at = FindingState.UNSET.value, None, False, None, None
        row.machine_value, row.machine_note, row.prediction = None, "", None
        row.report_version = report.version
        row.save()
