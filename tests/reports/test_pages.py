"""Worklist and reading page as pages: who sees what, what an address holds, what opening leaves in the trail."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
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
from reporting.reports.worklist import PAGE_ROWS, Show, WorklistFilter, worklist_page
from reporting.reports.views.reading import PANELS
from reporting.studies.blobs import store_bytes
from reporting.studies.models import SopInstance, Study
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


def test_a_junior_sees_the_studies_of_the_section_and_those_assigned() -> None:
    junior = make_user(Role.JUNIOR, section="neuroradiology")
    own, other, given = make_study(), make_study(section="msk"), make_study(section="msk")
    Study.objects.filter(pk=given.pk).update(assigned_to=junior)
    shown = {row.study.pk for row in worklist_page(junior, WorklistFilter(show=Show.ALL)).rows}
    assert shown == {own.pk, given.pk}
    assert other.pk not in shown


def test_roles_without_studies_get_no_worklist() -> None:
    for role in (Role.READER, Role.RESEARCHER, Role.ADMIN):
        assert logged_in(make_user(role)).get(reverse("reports:worklist")).status_code == 403


def test_a_search_by_name_stays_out_of_the_address(senior: User) -> None:
    found, other = make_study(), make_study()
    found.patient.name = "Zhang^Wei=张^伟"
    found.patient.save()
    client = logged_in(senior)
    answer = client.post(reverse("reports:worklist_filter"), {"show": "all", "search": "张^伟"})
    assert answer["Location"] == reverse("reports:worklist")
    page = client.get(answer["Location"]).content.decode()
    assert f"study-{found.pk}" in page
    assert f"study-{other.pk}" not in page


def test_the_worklist_filters_by_state(senior: User) -> None:
    unreported, drafted, failed, running = (make_study() for _ in range(4))
    start_report(study=drafted, by=senior)
    make_job(failed, status=JobStatus.FAILED)
    make_job(running, status=JobStatus.QUEUED)

    def shown(show: Show, **more: Any) -> set[Any]:
        return {row.study.pk for row in worklist_page(senior, WorklistFilter(show=show, **more)).rows}

    assert shown(Show.DRAFT) == {drafted.pk}
    assert shown(Show.PROBLEM) == {failed.pk}
    assert shown(Show.RUNNING) == {running.pk}
    assert shown(Show.UNREPORTED) == {unreported.pk, failed.pk, running.pk}
    assert shown(Show.OPEN) == {drafted.pk, unreported.pk, failed.pk, running.pk}
    assert shown(Show.ALL, mine=True) == {drafted.pk}
    Report.objects.update(status="final")
    assert drafted.pk not in shown(Show.OPEN)


def test_pages_of_the_worklist_follow_each_other_without_gap_or_repeat(senior: User) -> None:
    study = make_study(objects=0)
    moment = timezone.now()
    copies = Study.objects.bulk_create(
        Study(patient=study.patient, study_instance_uid=f"1.2.{number}", section=study.section)
        for number in range(PAGE_ROWS + 4)
    )
    # Many studies of one moment: the key decides.
    Study.objects.filter(pk__in=[copy.pk for copy in copies]).update(created_at=moment - timedelta(days=1))
    first = worklist_page(senior, WorklistFilter(show=Show.ALL))
    second = worklist_page(senior, WorklistFilter(show=Show.ALL), before=first.next_cursor)
    seen = [row.study.pk for row in (*first.rows, *second.rows)]
    assert len(first.rows) == PAGE_ROWS
    assert len(seen) == len(set(seen)) == PAGE_ROWS + 5
    assert second.next_cursor == ""
    assert len(worklist_page(senior, WorklistFilter(show=Show.ALL), before="nonsense").rows) == PAGE_ROWS


def test_a_stored_filter_that_makes_no_sense_is_the_default() -> None:
    for stored in (None, 7, {"show": "x"}, {"search": None, "show": ["all"]}):
        assert WorklistFilter.from_session(stored).show is Show.OPEN


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
    for address in (reverse("reports:worklist"), reverse("reports:read", args=[report.pk])):
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
