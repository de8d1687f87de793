"""Phantoms that were received, drafted with true levels, read and signed, and exports of them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from inference.phantom.study import write_study
from reporting.accounts.models import Role, User
from reporting.department_audit.dataset.export import Order, export_dataset
from reporting.department_audit.dataset.split import SIDES, side_of
from reporting.department_audit.filters import Filter
from reporting.reports import services
from reporting.reports.models import Report
from reporting.studies.deidentified import patient_text
from reporting.studies.models import Patient
from reporting.studies.services import ingest_paths
from tests.reports.factories import complete, make_job, make_user, sign


def drafted_phantom(folder: Path, seed: int) -> Report:
    truth = write_study(folder, seed, through_plane_samples=1)
    received = ingest_paths([folder], by=make_user(Role.SERVICE))
    (study,) = received.studies
    levels = [
        {"name": level["name"], "kind": level["kind"], "status": "named", "center_lps_mm": level["center_lps_mm"]}
        for level in truth["levels"]
    ]
    report = services.draft_report(study=study, job=make_job(study, levels=levels))
    assert report is not None
    return report


def signed_phantom(folder: Path, seed: int, senior: User) -> Report:
    report = drafted_phantom(folder, seed)
    complete(report, senior)
    sign(report, senior)
    return report


def export_with_every_side(out: Path) -> Path:
    """An export of everything, with a seed that puts somebody on each side."""
    key = settings.DEIDENTIFICATION_KEY
    patients = [patient_text(patient) for patient in Patient.objects.all()]
    drawn = ((seed, {side_of(patient, master=key, seed=seed) for patient in patients}) for seed in range(100_000))
    seed = next(seed for seed, sides in drawn if sides == set(SIDES))
    export_dataset(out, Order("training", seed, Filter(), "synthetic"), by=make_user(Role.AUDITOR))
    return out
