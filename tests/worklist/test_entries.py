"""The database keeps each study's entry as the other tables say, whatever writes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from reporting.accounts.models import User
from reporting.predictions.models import InferenceJob, JobStatus, Prediction
from reporting.predictions.services import claim_job, publish_predictions
from reporting.reports.models import Report
from reporting.reports.services import start_report
from reporting.studies.models import Study
from reporting.studies.services import assign_study
from reporting.worklist.models import MachineState, Suspicion, WorklistEntry
from tests.factories import make_algorithm, make_job, make_result, make_study

pytestmark = pytest.mark.django_db


def entry(study: Study) -> WorklistEntry:
    return WorklistEntry.objects.get(study=study)


def made_again(study: Study) -> dict[str, Any]:
    """The entry worked out from the other tables now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM dens_worklist_rows(ARRAY[%s]::uuid[])", [study.pk])
        names = [column.name for column in cursor.description or ()]
        [row] = cursor.fetchall()
    return {name: value for name, value in zip(names, row, strict=True) if name != "changed_at"}


def kept(study: Study) -> dict[str, Any]:
    return {name: getattr(entry(study), name) for name in made_again(study)}


def test_an_entry_follows_its_study_from_arrival_to_signature(senior: User, junior: User) -> None:
    study = make_study()
    assert entry(study).is_open
    assert entry(study).machine_state == MachineState.NONE
    assert entry(study).suspicion == Suspicion.UNKNOWN

    assign_study(study, to=junior, by=senior, expected_version=1)
    assert entry(study).assigned_to == junior

    job = make_job(study)
    assert entry(study).machine_state == MachineState.QUEUED
    claimed = claim_job(job.pk, worker="test")
    assert claimed is not None
    assert entry(study).machine_state == MachineState.RUNNING
    assert publish_predictions(job.pk, claimed.attempt, make_result(job))
    assert entry(study).machine_state == MachineState.ANALYSED
    assert entry(study).suspicion == Suspicion.HERNIATION_OR_SLIP

    report = start_report(study=study, by=junior)
    assert (entry(study).report_status, entry(study).report_author) == ("draft", junior)
    Report.objects.filter(pk=report.pk).update(status="discarded")
    assert (entry(study).report_status, entry(study).is_open) == ("", True)
    Report.objects.filter(pk=start_report(study=study, by=senior).pk).update(status="final")
    assert (entry(study).report_status, entry(study).is_open) == ("final", False)

    study.patient.name = "Zhang^Wei=张^伟"
    study.patient.save()
    assert " 张 伟 " in entry(study).search_text
    assert kept(study) == made_again(study)


@pytest.mark.parametrize(
    ("gate", "said", "expected"),
    [
        ({"status": "run"}, (), Suspicion.NOTHING),
        ({"status": "run"}, ("osteophyte",), Suspicion.MINOR),
        ({"status": "run"}, ("osteophyte", "slip"), Suspicion.HERNIATION_OR_SLIP),
        ({"status": "withheld"}, (), Suspicion.UNKNOWN),
        # Discs were not looked at: what was found elsewhere does not make the study harmless.
        ({"status": "partial", "findings": {"herniation": {"status": "withheld"}}}, ("osteophyte",), Suspicion.UNKNOWN),
        ({"status": "partial", "findings": {"lf": {"status": "withheld"}}}, (), Suspicion.NOTHING),
    ],
)
def test_what_the_machine_could_not_see_is_not_called_harmless(
    gate: dict[str, Any], said: tuple[str, ...], expected: Suspicion
) -> None:
    job = make_job(status=JobStatus.SUCCEEDED, result={"gate": gate})
    for finding in said:
        Prediction.objects.create(job=job, finding=finding, level="C5", probability=0.9, threshold=0.5, positive=True)
    Prediction.objects.create(job=job, finding="pll", level="C5/6", probability=0.1, threshold=0.5, positive=False)
    assert entry(job.study).suspicion == expected


def test_a_reading_asked_for_again_keeps_the_earlier_suspicion(senior: User) -> None:
    job = make_job(status=JobStatus.SUCCEEDED, result={"gate": {"status": "run"}})
    Prediction.objects.create(job=job, finding="slip", level="C4", probability=0.9, threshold=0.5, positive=True)
    make_job(job.study)
    assert entry(job.study).machine_state == MachineState.QUEUED
    assert entry(job.study).suspicion == Suspicion.HERNIATION_OR_SLIP


def test_another_algorithm_beside_changes_nothing() -> None:
    job = make_job(status=JobStatus.SUCCEEDED, result={"gate": {"status": "run"}})
    other = make_algorithm(name="beside", version="9", fills_reports=False, activate=False)
    InferenceJob.objects.create(study=job.study, algorithm=other, status=JobStatus.FAILED)
    assert entry(job.study).machine_state == MachineState.ANALYSED
