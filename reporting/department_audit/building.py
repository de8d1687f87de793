"""Signed versions as the database has them → reads and facts. Reads only; the same answer whenever it is asked."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from reporting.accounts.models import Role
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.department_audit.facts import Beside, blind_values, fact_rows, values_of
from reporting.department_audit.models import ReferenceRead, SignedRead
from reporting.department_audit.scanners import field_strength_of, protocol_of_study, vendor_of
from reporting.department_audit.words import UNKNOWN, ReaderGroup, Standing, age_band
from reporting.reports.models import FirstRead, Report, ReportVersion, VersionKind
from reporting.reports.places import Place
from reporting.reports.states import ReportStatus
from reporting.reports.template import CURRENT, TEMPLATES
from reporting.studies.models import Series

logger = logging.getLogger(__name__)
NO_ALGORITHM = "none"
_SEXES = ("F", "M", "O")
_OPENED = AuditAct.REPORT_OPENED.value
_TOUCHING = (
    AuditAct.FINDING_ACCEPTED.value,
    AuditAct.FINDING_CHANGED.value,
    AuditAct.FINDING_CLEARED.value,
    AuditAct.FINDING_NOT_EVALUABLE.value,
)
_WRITERS = (Role.JUNIOR.value, Role.SENIOR.value)
Built = tuple[SignedRead, list[dict[str, Any]]]
"""A read and the columns of its facts: there are too many of them to make a model instance of each."""


def build(report_ids: Iterable[uuid.UUID]) -> list[Built]:
    """Every version with fields of these reports, by report and number; nothing is stored."""
    reports = list(Report.objects.filter(pk__in=list(report_ids)).select_related("study").order_by("pk"))
    around = _Around(reports)
    return [built for report in reports for built in _of_report(report, around)]


class _Around:
    """What stands beside the versions of some reports, fetched at once."""

    def __init__(self, reports: Sequence[Report]) -> None:
        ids, studies = [r.pk for r in reports], [r.study_id for r in reports]
        self.versions: dict[uuid.UUID, list[ReportVersion]] = defaultdict(list)
        for version in ReportVersion.objects.filter(report__in=ids).select_related("signature").order_by("number"):
            self.versions[version.report_id].append(version)
        self.series: dict[uuid.UUID, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        of_study = Series.objects.filter(study__in=studies).order_by("series_number", "series_instance_uid")
        for study, role, protocol in of_study.values_list("study", "role", "protocol"):
            self.series[study].append((role, protocol))
        self.first_reads: dict[uuid.UUID, FirstRead] = {}
        for first in FirstRead.objects.filter(report__in=ids).order_by("created_at", "pk"):
            self.first_reads.setdefault(first.report_id, first)  # whoever locked first read before everybody else
        self.references: dict[uuid.UUID, dict[Place, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        standing = ReferenceRead.objects.filter(study__in=studies, superseded_by__isnull=True).order_by(
            "created_at", "pk"
        )
        for one in standing:
            place = Place(one.field, one.level, one.side, one.instance)
            self.references[one.study_id][place][one.source] = one.value
        self.opened: dict[str, datetime] = {}
        self.touched: dict[str, dict[str, datetime]] = defaultdict(dict)
        told = AuditEvent.objects.filter(
            object_type=Report._meta.label, object_id__in=[str(pk) for pk in ids], act__in=(_OPENED, *_TOUCHING)
        )
        for act, role, about, data, at in told.order_by("sequence").values_list(
            "act", "actor_role", "object_id", "data", "at"
        ):
            if act == _OPENED and role in _WRITERS:
                self.opened.setdefault(about, at)
            elif act != _OPENED:
                for one in (data, *data.get("details", ())):
                    self.touched[about].setdefault(str(one.get("key")), at)


def _of_report(report: Report, around: _Around) -> Iterable[Built]:
    read = [
        (version, content) for version in around.versions[report.pk] if "findings" in (content := _content(version))
    ]
    if not read:
        return
    withdrawn = report.status == ReportStatus.WITHDRAWN.value
    last = read[-1][0]
    signed = any(version.kind != VersionKind.PRELIMINARY for version, _content in read)
    words_only = any(v.number > last.number and v.kind == VersionKind.ADDENDUM for v in around.versions[report.pk])
    prepared: tuple[ReportVersion, dict[str, Any]] | None = None
    for version, content in read:
        standing = Standing.SUPERSEDED
        if withdrawn:
            standing = Standing.WITHDRAWN
        elif version is last:
            standing = Standing.CURRENT if signed else Standing.HANDED_OVER
        try:
            signed_read, facts = _of_version(report, version, content, prepared, around)
        except (AttributeError, KeyError, TypeError, ValueError):
            logger.exception("no facts can be read from version %s of report %s", version.number, report.pk)
            continue
        signed_read.standing, signed_read.amended = standing.value, version is last and words_only
        yield signed_read, facts
        if version.kind == VersionKind.PRELIMINARY:
            prepared = (version, content)


def _of_version(
    report: Report,
    version: ReportVersion,
    content: Mapping[str, Any],
    prepared: tuple[ReportVersion, Mapping[str, Any]] | None,
    around: _Around,
) -> Built:
    header, algorithm = content["header"], content.get("algorithm") or {}
    signature, first = version.signature, around.first_reads.get(report.pk)
    series = around.series[report.study_id]
    shown_at = around.opened.get(str(report.pk))
    shown_at = shown_at if shown_at is not None and shown_at <= signature.signed_at else None
    beside = Beside(
        prepared=values_of(prepared[1]) if prepared else {},
        blind_first=blind_values(content, json.loads(first.values)["values"]) if first else {},
        references=around.references[report.study_id],
        touched=around.touched[str(report.pk)],
    )
    rows, sources = fact_rows(content, TEMPLATES.get(version.template_version, CURRENT), beside)
    name, number = str(algorithm.get("name") or ""), str(algorithm.get("version") or "")
    read = SignedRead(
        version=version,
        report=report,
        number=version.number,
        kind=version.kind,
        patient=patient_key(header.get("issuer") or "", header.get("patient_id") or ""),
        study_instance_uid=str(header["study_instance_uid"]),
        accession_hash=_keyed("accession", str(header.get("accession_number") or "")),
        reader_id=signature.signer_id,
        role=signature.signer_role,
        algorithm_name=name,
        algorithm_version=number,
        weights_sha256=str(algorithm.get("weights_sha256") or ""),
        template_version=version.template_version,
        vocabulary_version=version.vocabulary_version,
        algorithm=f"{name} {number}".strip() or NO_ALGORITHM,
        vendor=_first(vendor_of(protocol.get("manufacturer")) for _role, protocol in series),
        field_strength=_first(field_strength_of(protocol.get("field_t")) for _role, protocol in series),
        sex=header["sex"] if header.get("sex") in _SEXES else UNKNOWN,
        age_band=age_band(header.get("age_years")).value,
        protocol=protocol_of_study(series).value,
        reader_group=_group(version, prepared[0] if prepared else None).value,
        month=month_of_signing(signature.signed_at),
        signed_at=signature.signed_at,
        shown_at=shown_at,
        received_to_signed_s=_seconds(report.study.created_at, signature.signed_at),
        shown_to_signed_s=_seconds(shown_at, signature.signed_at),
        sources=sources,
    )
    return read, [{"read_id": read.pk, **row} for row in rows]


def _content(version: ReportVersion) -> dict[str, Any]:
    try:
        found = json.loads(version.content)
    except ValueError:
        logger.error("version %s of report %s is no JSON", version.number, version.report_id)
        return {}
    return found if isinstance(found, dict) else {}


def month_of_signing(at: datetime) -> date:
    """First day of the month in the department's time zone, whatever zone the request or the server has."""
    return at.astimezone(timezone.get_default_timezone()).date().replace(day=1)


def patient_key(issuer: str, patient_id: str) -> uuid.UUID:
    """The same for all studies of a patient; nobody without the key can find whose it is."""
    return uuid.UUID(_keyed("patient", f"{len(issuer)}:{issuer}{patient_id}"))


def _keyed(purpose: str, text: str) -> str:
    if not text:
        return ""
    message = f"department_audit:{purpose}:{text}".encode()
    return hmac.new(settings.AUDIT_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value != UNKNOWN), UNKNOWN)


def _group(version: ReportVersion, prepared: ReportVersion | None) -> ReaderGroup:
    if version.signature.signer_role == Role.JUNIOR.value:
        return ReaderGroup.JUNIOR
    if prepared is not None and prepared.signature.signer_role == Role.JUNIOR.value:
        return ReaderGroup.JUNIOR_THEN_SENIOR
    return ReaderGroup.SENIOR_ALONE


def _seconds(since: datetime | None, until: datetime) -> int | None:
    """Whole seconds; clocks that run backwards give 0."""
    return None if since is None else max(0, round((until - since).total_seconds()))
