"""Recomputes every digest and signature of the reports."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from reporting.reports.content import canonical, sha256_of, texts_sha256
from reporting.reports.models import Report, ReportTemplate, ReportVersion, VersionKind
from reporting.reports.signing import mac_of
from reporting.reports.states import ReportStatus


@dataclass(frozen=True)
class Broken:
    """The first row that does not hold, and why."""

    row: str
    reason: str


def version_fault(version: ReportVersion) -> str | None:
    """Why one version does not hold, or ``None``. Cheap: call it whenever a version leaves the system."""
    if sha256_of(version.content) != version.sha256:
        return "content does not match its digest"
    if texts_sha256(version.text_en, version.text_zh) != version.text_sha256:
        return "text does not match its digest"
    signature = getattr(version, "signature", None)
    if signature is None:
        return "has no signature"
    if not hmac.compare_digest(mac_of(version, signature), signature.mac):
        return "signature does not verify"
    return None


def first_broken() -> Broken | None:
    """Walk every report in order of creation; return the first that does not hold."""
    for template in ReportTemplate.objects.order_by("version"):
        if sha256_of(canonical(template.definition)) != template.digest:
            return Broken(f"report template {template.version}", "definition does not match its digest")
    for report in Report.objects.order_by("created_at", "id").iterator(chunk_size=500):
        versions = list(report.versions.select_related("signature").order_by("number"))
        for expected, version in enumerate(versions, 1):
            name = f"report {report.id} version {version.number}"
            if version.number != expected:
                return Broken(f"report {report.id} version {expected}", "row is missing")
            fault = version_fault(version)
            if fault is not None:
                return Broken(name, fault)
        signed = any(v.kind == VersionKind.FINAL for v in versions)
        if (report.status in (ReportStatus.FINAL.value, ReportStatus.WITHDRAWN.value)) != signed:
            return Broken(
                f"report {report.id}", f"is {report.status} but {'has' if signed else 'lacks'} a final version"
            )
    return None
