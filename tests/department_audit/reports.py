"""Signed reports for the audit's tests, made the short way: a version with any content, signed."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.predictions.models import BlindDecision
from reporting.reports.content import canonical, sha256_of, texts_sha256
from reporting.reports.models import FirstRead, Report, ReportVersion, Signature, SignatureMeaning, VersionKind
from reporting.reports.places import Place
from reporting.reports.services.drafts import install_template
from reporting.reports.signing import mac_of
from reporting.studies.models import Patient, Series, Study
from tests.reports.factories import make_user

_numbers = itertools.count(1)
# What the page of a signed version shows beside its fields.
_TEXT = {"findings": [], "impression": [{"text": "A signed report.", "sources": []}], "impression_manual": ""}
_SHOWN = {"facts": {"gate_reasons": {}}, "text": {"en": _TEXT, "zh": _TEXT}}
STRUCTURES = ["C2", "C3", "C4", "C5", "C6", "C7", "C2/3", "C3/4", "C4/5", "C5/6", "C6/7"]


def entry(key: str, value: Any = None, **changes: Any) -> dict[str, Any]:
    """One field of a content: confirmed by hand where it has a value. ``machine``: what it said, or nothing."""
    machine = changes.pop("machine", None) or {"value": None, "note": "", "prediction": ""}
    state = "human_confirmed" if value is not None else "unset"
    entry = {"key": key, "state": state, "value": value, "unit": "", "bulk": False, "set_by": "", "set_at": ""}
    return {**entry, "machine": machine, **changes}


def said(level: str, probability: float, value: str | None = None, **changes: Any) -> dict[str, Any]:
    """A machine statement about ``level``; positive from one half on."""
    return {
        "value": value,
        "note": "" if probability >= 0.5 else "negative",
        "prediction": str(uuid4()),
        "level": level,
        "side": "",
        "probability": probability,
        "threshold": 0.5,
        "positive": probability >= 0.5,
        "mm": None,
        "series_instance_uid": "1.2.3",
        "sop_instance_uid": "1.2.3.4",
        "frame_number": None,
        **changes,
    }


def pll(level: str, value: str | None, probability: float, **changes: Any) -> dict[str, Any]:
    machine_value = "thickened" if probability >= 0.5 else "not_thickened"
    machine = said(level, probability, machine_value) | changes.pop("machine", {})
    return entry(f"pll@{level}", value, machine=machine, **changes)


def make_study(*, patient: Patient | None = None, sex: str = "F", **protocol: Any) -> Study:
    n = next(_numbers)
    patient = patient or Patient.objects.create(patient_id=f"secret-{n}", name="Zhang^San=张^三", sex=sex)
    study = Study.objects.create(
        patient=patient, study_instance_uid=f"1.2.9.{n}", accession_number=f"acc-{n}", section="neuroradiology"
    )
    Series.objects.create(
        study=study,
        series_instance_uid=f"1.2.9.{n}.1",
        modality="MR",
        role="sagittal_t2",
        protocol={"manufacturer": "SIEMENS", "field_t": 1.494, **protocol},
    )
    return study


def make_report(study: Study | None = None) -> Report:
    return Report.objects.create(study=study or make_study(), template=install_template())


def sign_version(
    report: Report,
    findings: list[dict[str, Any]] | None,
    *,
    kind: VersionKind = VersionKind.FINAL,
    by: User | None = None,
    at: datetime | None = None,
    template: str = "2",
    **content: Any,
) -> ReportVersion:
    """The next version of ``report`` with these fields (``None``: words only)."""
    by = by or make_user(Role.JUNIOR if kind is VersionKind.PRELIMINARY else Role.SENIOR)
    patient, study = report.study.patient, report.study
    header = {
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "patient_name": patient.name,
        "sex": patient.sex,
        "age_years": 54.0,
        "accession_number": study.accession_number,
        "site": "here",
        "examination": "MR cervical spine",
        "study_date": "",
        "referring_unit": "",
        "study_instance_uid": study.study_instance_uid,
    }
    algorithm = {"name": "dens", "version": "1.0", "weights_sha256": "a" * 64, "applicability": ""}
    whole: dict[str, Any] = {"schema": 3, "header": header, "algorithm": algorithm, **_SHOWN}
    whole["template"] = {"version": template, "digest": ""}
    whole["levels"] = {"version": 1, "mapping": {name: name for name in STRUCTURES}}
    if findings is None:
        whole = {"schema": 1, "kind": "addendum", "text": "further words"}
    else:
        whole["findings"] = findings
    text = canonical({**whole, **content})
    version = ReportVersion.objects.create(
        report=report,
        number=report.versions.count() + 1,
        kind=kind,
        content=text,
        sha256=sha256_of(text),
        text_en="",
        text_zh="",
        text_sha256=texts_sha256("", ""),
        template_version=template,
        vocabulary_version="1",
        created_by=by,
    )
    signature = Signature(
        report_version=version,
        signer=by,
        signer_name=by.full_name,
        signer_role=by.role,
        meaning=SignatureMeaning.VERIFIED,
        signed_at=at or timezone.now(),
        site="here",
    )
    signature.mac = mac_of(version, signature)
    signature.save(force_insert=True)
    Report.objects.filter(pk=report.pk).update(status="preliminary" if kind is VersionKind.PRELIMINARY else "final")
    return version


def withdraw(report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(status="withdrawn", closing_reason="another patient's images")


def read_blind(report: Report, by: User, values: dict[str, str]) -> None:
    """Lock a blind first read: key of a place → value."""
    decision = BlindDecision.objects.create(study=report.study, reader=by, blind=True, because="user")
    places = {key: Place.parse(key) for key in values}
    kept = canonical(
        {
            "values": [
                {
                    "field": place.field,
                    "structure": place.level,
                    "side": place.side,
                    "instance": place.instance,
                    "value": values[key],
                }
                for key, place in places.items()
            ]
        }
    )
    FirstRead.objects.create(
        report=report, decision=decision, reader=by, report_version=1, values=kept, sha256=sha256_of(kept)
    )
