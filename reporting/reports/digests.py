"""Recomputes every digest and signature of the reports."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.reports.content import (
    SCHEMA,
    algorithm_of,
    answer_content,
    canonical,
    critical_list_content,
    edited_text_content,
    finding_content,
    house_rules_content,
    levels_content,
    sha256_of,
    template_content,
)
from reporting.reports.models import CriticalList, HouseRulesVersion, Report, ReportTemplate, ReportVersion, VersionKind
from reporting.reports.services.reading import findings_of
from reporting.reports.signing import reason_mac, version_fault
from reporting.reports.states import ReportStatus

_MAKES_A_VERSION = (
    AuditAct.REPORT_APPROVED.value,
    AuditAct.REPORT_SIGNED.value,
    AuditAct.REPORT_ADDENDUM_SIGNED.value,
)
_CLOSES = {
    AuditAct.REPORT_WITHDRAWN.value: ReportStatus.WITHDRAWN,
    AuditAct.REPORT_DISCARDED.value: ReportStatus.DISCARDED,
}
_BEFORE_EDITED_TEXTS = 2
_CLOSING = (*_MAKES_A_VERSION, *_CLOSES)


@dataclass(frozen=True)
class Broken:
    """The first row that does not hold, and why."""

    row: str
    reason: str


def first_broken() -> Broken | None:
    """Walk every report in order of creation; return the first that does not hold."""
    for template in ReportTemplate.objects.order_by("version"):
        if sha256_of(canonical(template.definition)) != template.digest:
            return Broken(f"report template {template.version}", "definition does not match its digest")
    for row in HouseRulesVersion.objects.order_by("number"):
        if sha256_of(canonical(row.definition)) != row.digest:
            return Broken(f"settings {row.number}", "definition does not match its digest")
    for kept in CriticalList.objects.order_by("number"):
        if sha256_of(canonical(kept.definition)) != kept.digest:
            return Broken(f"critical list {kept.number}", "definition does not match its digest")
    for report in Report.objects.order_by("created_at", "id").iterator(chunk_size=500):
        versions = list(report.versions.select_related("signature").order_by("number"))
        for expected, version in enumerate(versions, 1):
            name = f"report {report.id} version {version.number}"
            if version.number != expected:
                return Broken(f"report {report.id} version {expected}", "row is missing")
            fault = version_fault(version)
            if fault is not None:
                return Broken(name, fault)
        fault = _state_fault(report, versions) or _trail_fault(report, versions) or _rows_fault(report, versions)
        if fault is not None:
            return Broken(f"report {report.id}", fault)
    return _unknown_report()


def _state_fault(report: Report, versions: list[ReportVersion]) -> str | None:
    signed = any(v.kind == VersionKind.FINAL for v in versions)
    if (report.status in (ReportStatus.FINAL.value, ReportStatus.WITHDRAWN.value)) != signed:
        return f"is {report.status} but {'has' if signed else 'lacks'} a final version"
    return None


def _trail_fault(report: Report, versions: list[ReportVersion]) -> str | None:
    """Versions, withdrawal and reason as the audit trail tells them: a removed last version shows nowhere else."""
    told = list(
        AuditEvent.objects.filter(object_type=Report._meta.label, object_id=str(report.id), act__in=_CLOSING)
        .order_by("sequence")
        .values_list("act", "data")
    )
    made = [(data["version"], data["sha256"], data["signature"]) for act, data in told if act in _MAKES_A_VERSION]
    if made != [(v.number, v.sha256, v.signature.mac) for v in versions]:
        return "its versions are not those of the audit trail"
    for act, status in _CLOSES.items():
        reasons = [data.get("reason_mac") for done, data in told if done == act]
        if bool(reasons) != (report.status == status.value):
            return f"is {report.status}, which the audit trail does not say"
        if reasons and not hmac.compare_digest(str(reasons[-1]), reason_mac(report.id, report.closing_reason)):
            return "the reason is not the one that was given"
    return None


def _rows_fault(report: Report, versions: list[ReportVersion]) -> str | None:
    """A final report's fields, levels and answers are shown from their own rows: those must be the signed ones."""
    final = next((v for v in versions if v.kind == VersionKind.FINAL), None)
    if final is None:
        return None
    content = json.loads(final.content)
    if content["schema"] not in (_BEFORE_EDITED_TEXTS, SCHEMA):
        return None  # written by an earlier version of this program, in another form
    if content["header"]["study_instance_uid"] != report.study.study_instance_uid:
        return "belongs to another study than the one it was signed for"
    if content["template"] != template_content(report) or content["algorithm"] != algorithm_of(report):
        return "is shown with another template or algorithm than the signed one"
    if "critical_list" in content and content["critical_list"] != critical_list_content(report):
        return "is shown with another critical list than the signed one"
    if content.get("house_rules", {}) != house_rules_content(report):
        return "is shown with other settings than the signed ones"
    level_map = report.level_maps.filter(version=report.level_map_version).first()
    if level_map is None or content["levels"] != levels_content(level_map):
        return "its levels are not the signed ones"
    if content["findings"] != [finding_content(row) for row in findings_of(report)]:
        return "its fields are not the signed ones"
    answers = report.check_answers.order_by("created_at")
    if content["answers"] != [answer_content(answer) for answer in answers]:
        return "its answers are not the signed ones"
    edited = report.edited_texts.order_by("section", "language")
    if content.get("edited_texts", []) != [edited_text_content(row) for row in edited]:
        return "its paragraphs are not the signed ones"
    return None


def _unknown_report() -> Broken | None:
    """A report that the audit trail knows and that is not there."""
    told = AuditEvent.objects.filter(object_type=Report._meta.label, act=AuditAct.REPORT_DRAFTED.value)
    there = {str(pk) for pk in Report.objects.values_list("pk", flat=True)}
    lost = next((pk for pk in told.order_by("sequence").values_list("object_id", flat=True) if pk not in there), None)
    return Broken(f"report {lost}", "row is missing") if lost is not None else None
