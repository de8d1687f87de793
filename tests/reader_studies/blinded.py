"""A study with two necks in two arms, and what a reader of its unaided arm must not learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from reporting.reader_studies import services
from reporting.reader_studies.models import CaseObject, ReaderStudy, Reading, ReferenceStandard
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.words import ArmKind
from reporting.reports.models import Report
from tests.reader_studies.factories import owner_of, read_next
from tests.reader_studies.necks import neck_study


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One study with two necks in two arms, locked; built once."""
    blobs = tmp_path_factory.mktemp("blobs")
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(BLOB_DIR=blobs):
        study = neck_study(tmp_path_factory.mktemp("necks"))
        assert problems(study) == []
        services.lock_study(study, by=owner_of(study), expected_version=study.version)
        yield blobs
        transaction.set_rollback(True)


@pytest.fixture
def study(made: Path, settings: Any) -> ReaderStudy:
    settings.BLOB_DIR = made
    return ReaderStudy.objects.get()


def open_in(study: ReaderStudy, arm: ArmKind) -> Reading:
    """The first reader's first reading in that arm; each session holds both."""
    reader = study.readers.all()[0]
    while (reading := services.open_reading(reader, by=reader.member.user)).assignment.arm.kind != arm:
        read_next(reader)
    return reading


def secrets_of(reading: Reading) -> dict[str, bytes]:
    """What a reader of the unaided arm must not learn by any way."""
    assignment = reading.assignment
    case, study = assignment.case, assignment.reader.reader_study
    job, clinical = case.job, case.study
    assert job is not None
    report = Report.objects.get(study=clinical)
    other = study.readers.exclude(pk=assignment.reader_id)[0]
    series = clinical.series_set.all()
    objects = [one for each in series for one in each.sop_instances.all()[:2]]
    strongest = job.predictions.order_by("-probability")[0]
    words = {
        "patient's name": clinical.patient.name.split("=")[0],
        "accession number": clinical.accession_number,
        "study": str(clinical.pk),
        "study uid": clinical.study_instance_uid,
        "report": str(report.pk),
        "job": str(job.pk),
        "machine's word": f"positive {strongest.probability:.2f}",
        "machine's levels": '"kind":"disc"',
        "machine's outlines": '{"frames":{"',
        "series description": "T2 sag",
        "original's digest": objects[0].sha256[:32],
        "truth": str(ReferenceStandard.objects.all()[0].pk),
        "other reader": other.member.user.full_name,
        "other reading": str(Reading.objects.get(assignment__reader=other).pk),
        "owner": owner_of(study).full_name,
        **{f"series uid {n}": f'{one.series_instance_uid}"' for n, one in enumerate(series)},
        **{f"object {n}": str(one.pk) for n, one in enumerate(objects)},
        **{f"prediction {n}": str(one.pk) for n, one in enumerate(job.predictions.all())},
    }
    return {name: text.encode() for name, text in words.items()}


def ids_of(reading: Reading) -> dict[str, list[Any]]:
    """Everything that an address of the program can name, of this study and of what lies behind it."""
    assignment = reading.assignment
    case, study = assignment.case, assignment.reader.reader_study
    clinical, copy = case.study, CaseObject.objects.filter(series__case=case)[0]
    series, source = copy.series.source, copy.source
    report = Report.objects.get(study=clinical)
    others = Reading.objects.exclude(pk=reading.pk)
    return {
        "study_id": [study.pk, clinical.pk],
        "report_id": [report.pk],
        "case_id": [case.pk, *study.cases.exclude(pk=case.pk).values_list("pk", flat=True)],
        "reading_id": [reading.pk, *others.values_list("pk", flat=True)],
        "series_id": [copy.series_id, *case.series_set.values_list("pk", flat=True), series.pk],
        "instance_id": [source.pk, copy.pk],
        "study_uid": [clinical.study_instance_uid],
        "series_uid": [series.series_instance_uid],
        "instance_uid": [source.sop_instance_uid],
        "uid": [copy.sop_instance_uid, source.sop_instance_uid],
        "job_id": [case.job_id],
        "algorithm_id": [study.algorithm_id],
        "frame": [1],
        "frames": [(1,)],
        "number": [1],
        "step": ["words", "check", "people", "cases"],
        "act": ["pause"],
        "format": ["json"],
        "extension": ["json"],
    }
