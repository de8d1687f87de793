"""Five-line factories: the smallest valid row of each kind."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone
from pydicom.uid import generate_uid

from reporting.accounts.models import Role, User
from reporting.predictions.models import Algorithm, InferenceJob
from reporting.predictions.services import register_algorithm
from reporting.studies import blobs
from reporting.studies.models import Patient, Series, SopInstance, Study
from reporting.vocabulary import SeriesRole

_number = count(1)


def make_user(role: Role = Role.SENIOR, **fields: Any) -> User:
    """An account that cannot log in (no password was hashed: argon2 is slow on purpose)."""
    name = f"{role.value}{next(_number)}"
    return User.objects.create(username=name, full_name=name.title(), role=role, password="!", **fields)


def make_study(*, section: str = "neuroradiology", objects: int = 2) -> Study:
    """A study with one sagittal T2 series whose objects' bytes are in the blob store (they are no DICOM)."""
    patient = Patient.objects.create(patient_id=uuid4().hex, name="Doe^Test")
    study = Study.objects.create(patient=patient, study_instance_uid=generate_uid(), section=section)
    series = Series.objects.create(
        study=study, series_instance_uid=generate_uid(), modality="MR", role=SeriesRole.SAGITTAL_T2
    )
    for _ in range(objects):
        add_object(series)
    return study


def add_object(series: Series, content: bytes | None = None) -> SopInstance:
    uid = generate_uid()
    content = content or hashlib.sha256(uid.encode()).digest()
    kept = blobs.store_bytes(content)
    return SopInstance.objects.create(
        series=series,
        sop_instance_uid=uid,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
    )


def make_algorithm(*, version: str = "0.1.0", activate: bool = True, **fields: Any) -> Algorithm:
    """Registered, and with ``activate`` the active version of its name, whichever was before."""
    values: dict[str, Any] = {"name": "dens-cervical", "fills_reports": True, **fields}
    algorithm = register_algorithm(
        version=version,
        weights_sha256=hashlib.sha256(version.encode()).hexdigest(),
        applicability="trained on synthetic images; not for clinical use",
        by=None,
        **values,
    )
    if activate:
        Algorithm.objects.active().filter(name=algorithm.name).exclude(pk=algorithm.pk).update(status="retired")
        Algorithm.objects.filter(pk=algorithm.pk).update(status="active", activated_at=timezone.now())
        algorithm.refresh_from_db()
    return algorithm


def make_job(study: Study | None = None, **fields: Any) -> InferenceJob:
    """A job row in any state, without the services and their messages."""
    algorithm = Algorithm.objects.active().first() or make_algorithm()
    return InferenceJob.objects.create(**{"study": study or make_study(), "algorithm": algorithm, **fields})


def make_result(job: InferenceJob, **changes: Any) -> dict[str, Any]:
    """A small acceptable analysis of the job's study: two levels, three statements."""
    algorithm = job.algorithm
    identity = {
        "name": algorithm.name,
        "version": algorithm.version,
        "weights_sha256": algorithm.weights_sha256,
    }
    series = job.study.series_set.get()
    slice_ = {"series_uid": series.series_instance_uid, "sop_instance_uid": "1.2.3", "k": 4, "frame_number": None}

    def statement(finding: str, level: str, side: str | None = None, **values: Any) -> dict[str, Any]:
        base = {"finding": finding, "level": level, "side": side, "probability": 0.9, "threshold": 0.5}
        return {**base, "positive": True, "mm": 3.1, "algorithm": identity, "source_slice": slice_, **values}

    def level(name: str, kind: str) -> dict[str, Any]:
        return {"name": name, "kind": kind, "status": "named", "center_lps_mm": [0.0, 1.0, 2.0]}

    findings = ("osteophyte", "slip", "herniation", "pll", "lf")
    return {
        "schema_version": "1",
        "series": [{"uid": series.series_instance_uid, "role": "sagittal_t2", "reason": "timing", "path": "/x/y"}],
        "gate": {"status": "run", "findings": {name: {"status": "run", "reasons": []} for name in findings}},
        "levels": [level("C5", "vertebra"), level("C5/6", "disc")],
        "predictions": [
            statement("slip", "C5"),
            statement("herniation", "C5/6", zone="paracentral", herniation_side="right"),
            statement("lf", "C5/6", "left", probability=0.1, positive=False, mm=None),
        ],
        "measurements": [],
        "algorithm": identity,
        "timings_s": {"levels": 0.4},
        **changes,
    }
