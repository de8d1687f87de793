"""Reading signed reports by FHIR: which resource an id names, which reports a search finds. Verified and audited."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.reports.exports.fhir import Release, bundle_of, pdf_named
from reporting.reports.exports.fhir.addresses import PAGING, PARAMETERS
from reporting.reports.exports.fhir.datatypes import made_id, report_of, url_of
from reporting.reports.exports.standing import require_verified
from reporting.reports.models import Report, ReportVersion

Resource = dict[str, Any]
_PARTS = ("Observation", "Provenance", "Binary", "Media", "DocumentReference")
"""What belongs to one report."""
_PREFIXES = {"eq": "", "ge": "__gte", "gt": "__gt", "le": "__lte", "lt": "__lt"}
MAX_COUNT = 50


def signed_reports(by: User) -> QuerySet[Report]:
    """Those with something that somebody vouched for, among those that ``by`` may hand out."""
    require(by, Act.REPORT_EXPORT)
    versions = ReportVersion.objects.filter(report=OuterRef("pk"))
    return Report.objects.visible_to(by).filter(Exists(versions)).select_related("study__patient", "job__algorithm")


def read_resource(
    kind: str, resource_id: str, release: Release, *, by: User, token: Mapping[str, int]
) -> Resource | None:
    """One resource of the newest version of its report; ``None`` where there is none that ``by`` may know of.

    ``token``: what the trail says of the program that asks, if one does.

    Raises ``NotAllowed``, ``WrongState`` for what no longer verifies.
    """
    report = _report_with(kind, resource_id, signed_reports(by))
    if report is None:
        return None
    bundle = _bundle(report, release, by=by, token=token, of=kind, with_pdf=kind == "Binary")
    resources = (entry["resource"] for entry in bundle["entry"])
    return next((one for one in resources if (one["resourceType"], one["id"]) == (kind, resource_id)), None)


def search_reports(
    query: Mapping[str, str], release: Release, *, by: User, token: Mapping[str, int]
) -> tuple[list[Resource], int, tuple[int, int]]:
    """DiagnosticReports, newest first; how many there are; offset and count. Raises :class:`InvalidInput`."""
    unknown = set(query) - {*PARAMETERS, *PAGING}
    if unknown:
        raise InvalidInput(_("There is no such search parameter"), details={"allowed": [*PARAMETERS, *PAGING]})
    found = signed_reports(by).annotate(issued=Max("versions__signature__signed_at"))
    for name, value in query.items():
        if name in PARAMETERS:
            found = found.filter(_condition(name, value))
    count, offset = _whole(query.get("_count", "10"), MAX_COUNT), _whole(query.get("_offset", "0"), 10**6)
    total = found.count()
    page = found.order_by("-issued", "pk")[offset : offset + count]
    bundles = [_bundle(report, release, by=by, token=token, of="DiagnosticReport", with_pdf=False) for report in page]
    return [bundle["entry"][0]["resource"] for bundle in bundles], total, (offset, count)


def _bundle(
    report: Report, release: Release, *, by: User, token: Mapping[str, int], of: str, with_pdf: bool
) -> Resource:
    """Of the newest version, its references as addresses below our own."""
    version = report.versions.select_related("signature", "report__study__patient").order_by("-number")[0]
    require_verified(version)
    bundle = bundle_of(version, release, with_pdf=with_pdf)
    data = {"version": version.number, "format": "fhir", "release": release.value, "resource": of, **token}
    record(AuditAct.REPORT_EXPORTED, by=by, about=report, data=data)
    names = {entry["fullUrl"]: _name(entry["resource"]) for entry in bundle["entry"]}
    pdf = pdf_named(version)
    names[url_of(pdf)] = _name(pdf)
    named: Resource = _renamed(bundle, names)
    return named


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def _report_with(kind: str, resource_id: str, reports: QuerySet[Report]) -> Report | None:
    whole = _uuid(resource_id)
    if kind in _PARTS:
        number = _uuid(report_of(resource_id))
        return reports.filter(pk=number).first() if number else None
    if whole is None:
        return None
    newest = reports.annotate(issued=Max("versions__signature__signed_at")).order_by("-issued")
    if kind == "Device":
        of_reports = newest.values_list(
            "job__algorithm__name", "job__algorithm__version", "job__algorithm__weights_sha256"
        )
        algorithm = next((a for a in of_reports.order_by().distinct() if made_id("algorithm", *a) == resource_id), None)
        if algorithm is None:
            return None
        keys = ("job__algorithm__name", "job__algorithm__version", "job__algorithm__weights_sha256")
        return newest.filter(**dict(zip(keys, algorithm, strict=True))).first()
    conditions = {
        "DiagnosticReport": Q(pk=whole),
        "Patient": Q(study__patient=whole),
        "ImagingStudy": Q(study=whole),
        "Practitioner": Q(versions__signature__signer=whole),
    }
    return newest.filter(conditions[kind]).first()


def _condition(name: str, value: str) -> Q:
    if name == "_id":
        return Q(pk__in=[number for text in value.split(",") if (number := _uuid(text))])
    if name == "patient":
        return Q(study__patient=_uuid(value.removeprefix("Patient/")))
    token = value.rpartition("|")[2]
    if name == "identifier":
        number = _uuid(token.removeprefix("urn:uuid:"))
        return Q(pk=number) if number else Q(study__accession_number=token) & ~Q(study__accession_number="")
    if name == "patient.identifier":
        return Q(study__patient__patient_id=token) & ~Q(study__patient__patient_id="")
    return _issued(value)


def _issued(value: str) -> Q:
    found = re.fullmatch(r"(eq|ge|gt|le|lt)?(.+)", value)
    prefix, text = (found[1] or "eq", found[2]) if found else ("eq", "")
    try:
        moment: datetime | None = parse_datetime(text)
        day = parse_date(text)
    except ValueError:
        moment = day = None
    if day is not None:
        return Q(**{f"issued__date{_PREFIXES[prefix]}": day})
    if moment is None:
        raise InvalidInput(_("This is neither a date nor a moment"))
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return Q(**{f"issued{_PREFIXES[prefix]}": moment})


def _whole(text: str, most: int) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput(_("This is no whole number"))
    return min(int(text), most)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
