"""Worklist and reading page as pages: who sees what, what an address holds, what opening leaves in the trail."""

from __future__ import annotations

import io
from pathlib import Path

import nibabel
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import JobStatus, LabelMap
from reporting.reports.form_view import form_view
from reporting.reports.images.placed_frame import placed_frame
from reporting.reports.images.slice_picture import CONTOUR_COLOURS
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services import change_finding, confirm_levels, confirm_rest, preview, start_report
from reporting.reports.views.reading import PANELS
from reporting.studies.blobs import store_bytes
from reporting.studies.models import SopInstance
from reporting.vocabulary import LABEL_VALUES, Structure
from tests.factories import add_object, make_job, make_study, make_user
from tests.inference.dicom_series import write_series

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


@pytest.fixture
def report(senior: User) -> Report:
    return start_report(study=make_study(), by=senior)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_opening_a_report_is_written_down(senior: User, report: Report) -> None:
    assert logged_in(senior).get(reverse("reports:read", args=[report.pk])).status_code == 200
    acts = set(AuditEvent.objects.filter(actor=senior).values_list("act", "object_id"))
    assert ("report.opened", str(report.pk)) in acts
    assert ("study.opened", str(report.study_id)) in acts


def test_an_auditor_reads_and_is_offered_no_change(report: Report) -> None:
    page = logged_in(make_user(Role.AUDITOR)).get(reverse("reports:read", args=[report.pk])).content.decode()
    assert 'data-can-edit="no"' in page
    assert "data-act=" not in page


def test_a_report_without_machine_reading_says_so_and_shows_no_demo_banner(senior: User, report: Report) -> None:
    page = logged_in(senior).get(reverse("reports:read", args=[report.pk])).content.decode()
    assert "No machine reading" in page
    assert "demo-banner" not in page


def test_a_script_in_a_name_is_text(senior: User, report: Report) -> None:
    patient = report.study.patient
    patient.name = "<script>alert(1)</script>"
    patient.save()
    for address in (reverse("worklist:list"), reverse("reports:read", args=[report.pk])):
        page = logged_in(senior).get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_page_loads_nothing_from_elsewhere_and_runs_no_inline_script(senior: User, report: Report) -> None:
    answer = logged_in(senior).get(reverse("reports:read", args=[report.pk]))
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert answer["Cache-Control"] == "no-store"


@pytest.fixture
def image(report: Report, tmp_path: Path) -> SopInstance:
    """A real object in the report's study."""
    series = report.study.series_set.get()
    return add_object(series, write_series(tmp_path / "series")[0].read_bytes())


def picture(report: Report, image: SopInstance, query: str = "", frame: int = 1) -> str:
    return reverse("reports:image", args=[report.pk, image.pk, frame]) + query


def test_a_slice_is_served_to_those_who_may_read_the_report(senior: User, report: Report, image: SopInstance) -> None:
    answer = logged_in(senior).get(picture(report, image, "?side=192&contours=1&names=1"))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")
    assert answer["Cache-Control"] == "no-store"
    stranger = make_user(Role.JUNIOR, section="elsewhere")
    assert logged_in(stranger).get(picture(report, image)).status_code == 404
    assert logged_in(make_user(Role.IMPORTER)).get(picture(report, image)).status_code == 404


def test_a_slice_of_a_later_pack_has_its_contours_too(senior: User, report: Report, image: SopInstance) -> None:
    job = make_job(report.study, status=JobStatus.SUCCEEDED)
    Report.objects.filter(pk=report.pk).update(job=job)
    placed = placed_frame(image, 1)
    corners = placed.corners_lps_mm()
    rows, columns = placed.pixels.shape
    across, down = (corners[1] - corners[0]) / (columns - 1), (corners[2] - corners[0]) / (rows - 1)
    normal = np.cross(across, down) / np.linalg.norm(np.cross(across, down))
    for number, offset_mm in ((1, 200.0), (2, 0.0)):  # the slice lies in the second pack
        affine = np.eye(4)
        affine[:3] = np.column_stack((across, down, 4 * normal, corners[0] + offset_mm * normal))
        labels = np.zeros((columns, rows, 2), dtype=np.uint8)
        labels[2:-2, 2:-2] = LABEL_VALUES[Structure.CORD]
        kept = store_bytes(nibabel.Nifti1Image(labels, np.diag([-1.0, -1, 1, 1]) @ affine).to_bytes())
        LabelMap.objects.create(
            job=job, series=image.series, pack=number, sha256=kept.sha256, size_bytes=kept.size_bytes
        )
    client = logged_in(senior)
    plain, drawn = (client.get(picture(report, image, query)).content for query in ("", "?contours=1"))
    colours = np.asarray(Image.open(io.BytesIO(drawn)))
    assert drawn != plain
    assert np.any(np.all(colours == CONTOUR_COLOURS[Structure.CORD], axis=-1))


def test_a_slice_of_another_study_is_not_reached_through_a_report(senior: User, report: Report) -> None:
    other = make_study().series_set.get().sop_instances.first()
    assert other is not None
    assert logged_in(senior).get(picture(report, other)).status_code == 404


def test_nonsense_in_a_picture_address_is_refused(senior: User, report: Report, image: SopInstance) -> None:
    client = logged_in(senior)
    for address in (
        picture(report, image, "?side=99999"),
        picture(report, image, "?mm=x"),
        picture(report, image, frame=2),
    ):
        assert client.get(address).status_code == 400


def test_bytes_that_are_no_image_give_no_picture_and_no_fault(senior: User, report: Report) -> None:
    broken = report.study.series_set.get().sop_instances.first()
    assert broken is not None
    assert logged_in(senior).get(picture(report, broken)).status_code == 422


def test_an_abnormal_lesion_makes_room_for_another(senior: User, report: Report) -> None:
    address = reverse("reports:read", args=[report.pk])
    assert "cord_signal#2" not in logged_in(senior).get(address).content.decode()
    change_finding(report, Place("cord_signal"), "faint_t2", by=senior, expected_version=report.version)
    page = logged_in(senior).get(address).content.decode()
    assert 'data-place="cord_signal#2"' in page
    assert 'data-place="signal_level_from"' in page
    assert 'data-place="signal_level_from#2"' not in page


def test_parts_of_the_page_carry_version_and_digest(senior: User, report: Report) -> None:
    answer = logged_in(senior).get(reverse("reports:panels", args=[report.pk])).json()
    assert answer["version"] == report.version
    assert answer["digest"] == preview(report).digest
    assert set(answer["html"]) == set(PANELS)
    assert (
        logged_in(make_user(Role.JUNIOR, section="elsewhere"))
        .get(reverse("reports:panels", args=[report.pk]))
        .status_code
        == 404
    )


def test_an_unset_level_is_never_called_unremarkable(senior: User, report: Report) -> None:
    form = form_view(report, preview(report).sheet, chinese=False, can_edit=True)
    assert not any(level.is_normal for level in form.levels)
    confirm_levels(report, by=senior, expected_version=report.version)
    confirm_rest(report, by=senior, expected_version=report.version)
    form = form_view(report, preview(report).sheet, chinese=False, can_edit=True)
    usual = [level for level in form.levels if not level.is_optional]
    assert all(level.is_normal for level in usual)
    assert form.open == 0
