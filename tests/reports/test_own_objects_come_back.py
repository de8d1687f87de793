"""What is made of a report and comes back from an archive, or lies in an earlier study, is kept and is no image."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as configured

from reporting.accounts.models import Role
from reporting.outbound.models import Form
from reporting.reports.exports.outgoing import objects_of
from reporting.reports.key_slices import slice_stacks
from reporting.reports.models import Report, ReportVersion
from reporting.studies.models import Series
from reporting.studies.services import ingest_instances
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.factories import make_user
from tests.studies.objects import incoming

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(configured.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


def test_they_are_kept_beside_the_images_and_shown_as_none(tmp_path: Path) -> None:
    signed_neck(tmp_path, make_algorithm(), make_user(Role.SENIOR))
    version = ReportVersion.objects.get()
    shown = slice_stacks(Report.objects.get())
    forms = (Form.DICOM_SR, Form.DICOM_SEG, Form.DICOM_KEY, Form.DICOM_PDF)
    made = {f"{form}{n}": one for form in forms for n, one in enumerate(objects_of(version, form))}
    assert len(made) == 5
    report = ingest_instances(incoming(tmp_path / "back", made), by=make_user(Role.SERVICE))
    assert [(result.status.value, result.code) for result in report.results] == [("stored", "")] * 5
    back = Series.objects.exclude(modality="MR")
    assert sorted(back.values_list("modality", flat=True)) == ["DOC", "KO", "SEG", "SEG", "SR"]
    assert set(back.values_list("role", flat=True)) == {"unknown"}
    assert slice_stacks(Report.objects.get()) == shown
