"""Studies, machine readings and reports for tests; small, real rows."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.predictions.models import Algorithm, InferenceJob, JobStatus, Prediction
from reporting.reports import services
from reporting.reports.content import canonical, sha256_of
from reporting.reports.critical import SHIPPED
from reporting.reports.critical_models import as_definition
from reporting.reports.models import CriticalList, Finding, Report
from reporting.reports.places import Place
from reporting.reports.template import CURRENT
from reporting.studies.models import Patient, Series, Study

SECTION = "neuroradiology"
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)
LEVELS = [("C2", "vertebra"), ("C3", "vertebra"), ("C4", "vertebra"), ("C5", "vertebra"), ("C6", "vertebra")]
LEVELS += [("C7", "vertebra"), *((d, "disc") for d in ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7"))]


@functools.lru_cache
def _hashed() -> str:
    return make_password(PASSWORD)


def make_user(role: Role, **fields: Any) -> User:
    n = next(_numbers)
    user = User(username=f"{role.value}{n}", full_name=f"Dr {role.value} {n}", role=role, section=SECTION, **fields)
    user.password = _hashed()
    user.save()
    return user


def make_study(**fields: Any) -> Study:
    n = next(_numbers)
    patient = Patient.objects.create(patient_id=f"P{n}", name="Zhang^San=张^三", sex="F")
    study = Study.objects.create(
        patient=patient,
        study_instance_uid=f"1.2.3.{n}",
        accession_number=f"A{n}",
        description="MR cervical spine",
        section=SECTION,
        age_years=54.0,
        **fields,
    )
    for number, role in enumerate(("sagittal_t1", "sagittal_t2", "axial_t2")):
        Series.objects.create(study=study, series_instance_uid=f"1.2.3.{n}.{number}", modality="MR", role=role)
    return study


def prediction(finding: str, level: str, positive: bool = True, **fields: Any) -> dict[str, Any]:
    probability = 0.9 if positive else 0.1
    entry = {"finding": finding, "level": level, "positive": positive, "probability": probability, "threshold": 0.5}
    return {**entry, **fields}


# A herniation at C5/6 to the right, a slip of C4, thick right LF at C5/6; the rest negative where given.
PREDICTIONS = [
    prediction("herniation", "C5/6", zone="paracentral", herniation_side="right"),
    prediction("herniation", "C4/5", positive=False),
    prediction("slip", "C4", direction="posterior", grade="I", mm=2.6),
    prediction("slip", "C5", positive=False),
    prediction("osteophyte", "C5"),
    prediction("osteophyte", "C6", positive=False),
    prediction("pll", "C5/6", positive=False),
    prediction("lf", "C5/6", side="right"),
    prediction("lf", "C5/6", positive=False, side="left"),
]


def make_job(study: Study, predictions: list[dict[str, Any]] | None = None, **result: Any) -> InferenceJob:
    algorithm, _ = Algorithm.objects.get_or_create(
        name="dens",
        version="1.0",
        weights_sha256="a" * 64,
        defaults={
            "applicability": "trained on synthetic images",
            "fills_reports": True,
        },
    )
    levels = [
        {"name": name, "kind": kind, "status": "named", "center_lps_mm": [0.0, 0.0, -9.0 * number]}
        for number, (name, kind) in enumerate(LEVELS)
    ]
    job = InferenceJob.objects.create(
        study=study,
        algorithm=algorithm,
        status=JobStatus.SUCCEEDED,
        attempt=1,
        finished_at=timezone.now(),
        result={"gate": {"status": "run", "findings": {}}, "levels": levels, **result},
    )
    for entry in PREDICTIONS if predictions is None else predictions:
        Prediction.objects.create(job=job, **entry)
    return job


def make_late() -> CriticalList:
    """A critical list whose clocks have run out when they start."""
    definition = as_definition(replace(SHIPPED, minutes={1: -1, 2: -1, 3: -1}), CURRENT.version)
    digest = sha256_of(canonical(definition))
    return CriticalList.objects.create(number=1, status="active", definition=definition, digest=digest)


def make_draft(**result: Any) -> Report:
    study = make_study()
    report = services.draft_report(study=study, job=make_job(study, **result))
    assert report is not None
    return report


def place(key: str) -> Place:
    return Place.parse(key)


def row(report: Report, key: str) -> Finding:
    at = place(key)
    return report.findings.get(field=at.field, level=at.level, side=at.side, instance=at.instance)


def change(report: Report, key: str, value: Any, by: User) -> Finding:
    return services.change_finding(report, place(key), value, by=by, expected_version=report.version)


def accept(report: Report, key: str, by: User, *, with_details: bool = True) -> Finding:
    at = place(key)
    return services.accept_finding(report, at, by=by, expected_version=report.version, with_details=with_details)


def complete(report: Report, by: User) -> None:
    """Confirm levels, decide every machine positive, confirm the rest, give the history."""
    services.confirm_levels(report, by=by, expected_version=report.version)
    for key in ("disc_class@C5/6", "slip@C4", "osteophyte@C5", "lf@C5/6:right"):
        if report.findings.filter(field=key.split("@")[0], state="ai_suggested").exists():
            accept(report, key, by)
    services.confirm_rest(report, by=by, expected_version=report.version)


def sign(report: Report, by: User, **changes: Any) -> Any:
    values = {
        "expected_version": report.version,
        "content_digest": services.preview(report).digest,
        "password": PASSWORD,
        **changes,
    }
    return services.sign_report(report, by=by, **values)


def signed_report(by: User) -> Report:
    report = make_draft()
    complete(report, by)
    sign(report, by)
    return report
