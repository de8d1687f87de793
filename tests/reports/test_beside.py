"""A second algorithm is shown beside ours, fills nothing, and fails by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from reporting.accounts.models import User
from reporting.core.errors import WrongState
from reporting.predictions.models import AlgorithmKind, InferenceJob, JobStatus, Prediction
from reporting.reports import services
from reporting.reports.beside import jobs_beside, said_beside
from reporting.reports.form_parts import FieldView
from reporting.reports.form_view import form_view
from reporting.reports.models import Report
from reporting.studies.models import Study
from tests.factories import make_algorithm
from tests.reports.factories import make_draft, make_study, prediction, row

pytestmark = pytest.mark.django_db
SAID = [
    prediction("herniation", "C4/5", mm=5.5),
    prediction("herniation", "C5/6", positive=False),
    prediction("lf", "C6/7", side="left", mm=4.0),
]


def other_job(study: Study, *, status: JobStatus = JobStatus.SUCCEEDED, **fields: Any) -> InferenceJob:
    """A job of a site's own algorithm, active and newer than ours."""
    algorithm = make_algorithm(name="spine-net", version="3.2", kind=AlgorithmKind.CALLABLE, fills_reports=False)
    job = InferenceJob.objects.create(
        study=study,
        algorithm=algorithm,
        status=status,
        finished_at=timezone.now(),
        **{"result": {"levels": [], "gate": {"status": "run", "findings": {}}}, **fields},
    )
    if status == JobStatus.SUCCEEDED:
        for entry in SAID:
            Prediction.objects.create(job=job, **entry)
    return job


def fields(report: Report) -> dict[str, FieldView]:
    report = Report.objects.get(pk=report.pk)
    form = form_view(report, services.preview(report).sheet, chinese=False, can_edit=True)
    return {field.place: field for level in form.levels for field in level.fields}


def page(report: Report, user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.get(reverse("reports:read", args=[report.pk])).content.decode())


def test_its_values_stand_beside_ours_with_its_name_and_fill_nothing(senior: User) -> None:
    report = make_draft()
    before = {f.place: (f.state, f.value) for f in report.findings.all()}
    version = report.version
    other_job(report.study)
    assert services.draft_missing_reports() == 0
    report.refresh_from_db()
    assert ({f.place: (f.state, f.value) for f in report.findings.all()}, report.version) == (before, version)
    shown = fields(report)
    [said] = shown["disc_class@C4/5"].beside
    assert (said.algorithm, said.label, said.mm, said.positive) == ("spine-net 3.2", "herniation", 5.5, True)
    assert shown["disc_class@C5/6"].machine is not None
    assert shown["disc_class@C5/6"].machine.algorithm == "dens 1.0"
    assert not shown["disc_class@C5/6"].beside[0].positive
    assert shown["lf@C6/7:left"].state == "unset", "where ours says nothing, a value beside is still none"
    assert len(shown["lf@C6/7:left"].beside) == 1
    with translation.override("en"):
        text = page(report, senior)
    assert "spine-net 3.2" in text
    assert "beside" in text


def test_it_never_opens_a_report_and_is_no_part_of_what_is_signed() -> None:
    study = make_study()
    job = other_job(study)
    assert services.draft_missing_reports() == 0
    assert not Report.objects.exists()
    with pytest.raises(WrongState, match="beside"):
        services.draft_report(study=study, job=job)
    report = make_draft()
    content = services.preview(report).content
    other_job(report.study)
    assert services.preview(Report.objects.get(pk=report.pk)).content == content


def test_its_failure_is_said_on_report_and_study_and_changes_nothing_else(senior: User) -> None:
    report = make_draft()
    other_job(report.study, status=JobStatus.FAILED, failure_reason="algorithm_crashed", failure_message="It raised X")
    client = Client()
    client.force_login(senior)
    for address in (reverse("reports:read", args=[report.pk]), reverse("studies:detail", args=[report.study_id])):
        text = client.get(address).content.decode()
        assert "This algorithm stopped with a fault of its own." in text
        assert "spine-net 3.2" in text
    assert row(report, "disc_class@C5/6").state == "ai_suggested"


def test_only_the_newest_job_of_an_active_algorithm_is_shown() -> None:
    report = make_draft()
    old, new = other_job(report.study), other_job(report.study)
    assert jobs_beside(report.study_id) == [new]
    assert old != new
    new.algorithm.status = "retired"
    new.algorithm.save()
    assert jobs_beside(report.study_id) == []
    assert fields(report)["disc_class@C4/5"].beside == ()


@pytest.mark.parametrize(("same_levels", "shown_at"), [(True, "disc_class@C5/6"), (False, "disc_class@C4/5")])
def test_moved_levels_move_with_those_who_found_the_same(same_levels: bool, shown_at: str, senior: User) -> None:
    report = make_draft()
    assert report.job is not None
    job = other_job(report.study)
    job.result = report.job.result if same_levels else job.result
    services.shift_levels(report, 1, by=senior, expected_version=report.version)
    report.refresh_from_db()
    places = {str(place) for place in said_beside(report, [job])}
    assert shown_at in places
