"""Where the machine could not name the levels, a reader points at C2/3 and the study is read again from there."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from inference import tasks
from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.predictions.job_run import Analysis
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.predictions.services import request_inference, request_reading_from_c2_3
from reporting.reports import services
from reporting.reports.images.slice_picture import Crop, Frame, place_in_picture
from reporting.reports.models import Report
from reporting.studies.blobs import store_bytes
from reporting.studies.models import SopInstance
from tests.factories import add_object, make_algorithm
from tests.inference.dicom_series import SAGITTAL, write_series
from tests.reports.factories import make_draft, make_job, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

UNCERTAIN = [
    {"name": f"disc-{n}", "kind": "disc", "status": "level_uncertain", "center_lps_mm": [1.0, 2.0, -18.0 * n]}
    for n in (1, 2, 3)
]
GATE = {"status": "withheld", "reasons": ["levels_uncertain", "dens_outside_field"], "findings": {}}


@pytest.fixture
def report() -> Report:
    report = make_draft(levels=UNCERTAIN, gate=GATE, predictions=[])
    make_algorithm()
    return report


def page(user: User, report: Report) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("reports:read", args=[report.pk])).content.decode()


def point(user: User, report: Report, **form: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(reverse("reports:c2_3", args=[report.pk]), form)


def hints(report: Report) -> list[Any]:
    jobs = InferenceJob.objects.filter(study=report.study, c2_3_hint_lps_mm__isnull=False)
    return list(jobs.values_list("c2_3_hint_lps_mm", flat=True))


def test_the_page_offers_every_disc_that_has_no_name(senior: User, report: Report) -> None:
    assert re.findall(r'name="structure" value="([^"]+)"', page(senior, report)) == ["disc-1", "disc-2", "disc-3"]
    assert "data-c2-3-point" in page(senior, report)


def test_where_levels_have_names_or_one_may_not_write_nothing_is_offered(senior: User, report: Report) -> None:
    assert "data-c2-3" not in page(senior, make_draft())
    assert "data-c2-3" not in page(make_user(Role.AUDITOR), report)


def test_a_disc_chosen_by_its_number_is_stored_with_a_new_job_and_audited(senior: User, report: Report) -> None:
    answer = point(senior, report, structure="disc-2")
    assert answer["Location"] == reverse("reports:read", args=[report.pk])
    job = InferenceJob.objects.get(study=report.study, status=JobStatus.QUEUED)
    assert (job.c2_3_hint_lps_mm, job.requested_by) == ([1.0, 2.0, -36.0], senior)
    event = AuditEvent.objects.get(act="inference.requested", object_id=str(job.pk))
    assert (event.actor, event.data["c2_3_hint_lps_mm"]) == (senior, [1.0, 2.0, -36.0])
    shown = page(senior, report)
    assert "data-c2-3-waiting" in shown
    assert 'name="structure"' not in shown


@pytest.fixture
def image(report: Report, tmp_path: Path) -> SopInstance:
    """A stored sagittal slice of 12 rows by 10 columns, 0.6 mm by 0.5 mm, its first pixel at (10, −40, 60)."""
    path = write_series(tmp_path / "series", np.ones((2, 12, 10), dtype=np.uint16), orientation=SAGITTAL)[0]
    content = path.read_bytes()
    instance = add_object(report.study.series_set.all()[0], content)
    store_bytes(content)
    return instance


def test_a_click_in_the_picture_becomes_a_point_in_the_patient(
    senior: User, report: Report, image: SopInstance
) -> None:
    place = {"instance": image.pk, "frame": 1, "x": "0.75", "y": "0.5", "level": "", "mm": ""}
    point(senior, report, **place)
    # x runs over 10 columns of 0.5 mm to the back, y over 12 rows of 0.6 mm down; edges lie half a pixel outside.
    assert hints(report) == [[10.0, pytest.approx(-40.0 + 7.0 * 0.5), pytest.approx(60.0 - 5.5 * 0.6)]]


@pytest.mark.parametrize("crop", [None, Crop(x=4.0, y=7.0, half_side=3.0)])
def test_the_place_of_a_click_is_the_place_that_the_picture_shows(crop: Crop | None) -> None:
    frame = Frame(
        np.zeros((12, 10), np.float32), orientation=SAGITTAL, position_mm=(10.0, -40.0, 60.0), spacing_mm=(0.6, 0.5)
    )
    centre = place_in_picture(frame, crop, 0.5, 0.5)
    assert centre is not None
    assert frame.to_pixel(centre) == pytest.approx((4.5, 5.5) if crop is None else (4.0, 7.0))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"structure": "disc-9"},
        {"instance": uuid.uuid4(), "frame": 1, "x": 0.5, "y": 0.5},
        {"instance": "x", "frame": 1, "x": 0.5, "y": 0.5},
        {"instance": uuid.uuid4(), "frame": 1, "x": "nan", "y": 0.5},
        {"instance": uuid.uuid4(), "frame": 1, "x": 1.5, "y": 0.5},
    ],
)
def test_what_names_no_place_asks_for_nothing(senior: User, report: Report, form: dict[str, Any]) -> None:
    assert point(senior, report, **form).status_code == 302
    assert hints(report) == []


def test_a_point_holds_for_later_readings_of_the_study_until_another_is_given(senior: User, report: Report) -> None:
    first = request_reading_from_c2_3(report.study, (1.0, 2.0, 3.0), by=senior)
    with pytest.raises(WrongState):
        request_reading_from_c2_3(report.study, (1.0, 2.0, 4.0), by=senior)
    InferenceJob.objects.filter(pk=first.pk).update(status=JobStatus.FAILED)
    assert request_inference(report.study, by=senior).c2_3_hint_lps_mm == [1.0, 2.0, 3.0]
    assert request_inference(make_draft().study, by=senior).c2_3_hint_lps_mm is None


@pytest.mark.parametrize("values", [(1.0, 2.0), (1.0, 2.0, float("nan")), (1.0, 2.0, float("inf")), (1e9, 0.0, 0.0)])
def test_only_a_point_within_the_scanner_is_taken(senior: User, report: Report, values: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput):
        request_reading_from_c2_3(report.study, values, by=senior)


def test_whoever_may_not_write_reports_may_not_say_where_c2_3_is(report: Report) -> None:
    with pytest.raises(NotAllowed):
        request_reading_from_c2_3(report.study, (1.0, 2.0, 3.0), by=make_user(Role.IMPORTER))


def test_the_new_reading_fills_the_draft_and_the_question_is_gone(senior: User, report: Report) -> None:
    job = request_reading_from_c2_3(report.study, (1.0, 2.0, -36.0), by=senior)
    read = make_job(report.study)
    InferenceJob.objects.filter(pk=job.pk).update(
        status=JobStatus.SUCCEEDED, attempt=1, finished_at=read.finished_at, result=read.result
    )
    job.refresh_from_db()
    services.draft_report(study=report.study, job=job)
    report.refresh_from_db()
    assert report.job == job
    assert "data-c2-3" not in page(senior, report)


def test_the_worker_looks_for_c2_3_where_the_reader_pointed(
    senior: User, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def run_job(job_id: uuid.UUID, *, analyse: Callable[..., Analysis], worker: str, device: str) -> None:
        analyse([], lambda stage: None)

    def analyse(
        algorithm: Any, paths: Sequence[Path], on_stage: Any, *, c2_3_hint_lps_mm: Any, thresholds: Any
    ) -> Analysis:
        seen[algorithm.name] = c2_3_hint_lps_mm
        return Analysis({})

    monkeypatch.setattr(tasks, "run_job", run_job)
    monkeypatch.setattr(tasks, "analyse", analyse)
    job = request_reading_from_c2_3(report.study, (1.0, 2.0, 3.0), by=senior)
    tasks.run_inference_job(job_id=str(job.pk))
    assert seen == {job.algorithm.name: (1.0, 2.0, 3.0)}
