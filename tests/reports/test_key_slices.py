"""Every series can be looked at while reporting, whether a model can use it or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import QueryDict
from pydicom.dataset import FileDataset

from reporting.accounts.models import Role
from reporting.reports import services
from reporting.reports.forms import PictureForm
from reporting.reports.image_panel import image_panel
from reporting.reports.key_slices import slice_stacks
from reporting.reports.models import Report
from reporting.studies.models import Study
from reporting.studies.series_roles import Plane
from reporting.studies.services import ingest_paths
from tests.factories import make_user
from tests.inference.dicom_series import AXIAL, SAGITTAL, write_series

pytestmark = pytest.mark.django_db
T2, T1, UNKNOWN_TIMING = (3000.0, 100.0), (500.0, 10.0), (40.0, 3.0)


def report_of(folder: Path) -> Report:
    ingest_paths([folder], by=make_user(Role.IMPORTER))
    study = Study.objects.get()
    return services.start_report(study=study, by=make_user(Role.SENIOR))


def test_series_without_a_role_come_after_those_with_one_and_say_why(tmp_path: Path) -> None:
    for number, (orientation, timing) in enumerate(
        [(SAGITTAL, UNKNOWN_TIMING), (SAGITTAL, T1), (SAGITTAL, T2), (AXIAL, UNKNOWN_TIMING)]
    ):
        write_series(tmp_path / str(number), orientation=orientation, tr_te_ms=timing)
    report = report_of(tmp_path)
    assert [stack.role.value for stack in slice_stacks(report)[Plane.SAGITTAL]] == [
        "sagittal_t2",
        "sagittal_t1",
        "unknown",
    ]
    (axial,) = slice_stacks(report)[Plane.AXIAL]
    assert (axial.role.value, len(axial.slices)) == ("unknown", 5)
    panel = image_panel(report)
    assert panel.axial_url
    assert panel.data["stacks"]["axial"][0]["label"].startswith("not recognised · ")


def test_what_is_no_picture_is_no_stack(tmp_path: Path) -> None:
    def without_pixels(_index: int, dataset: FileDataset) -> None:
        for name in ("PixelData", "Rows", "Columns"):
            delattr(dataset, name)

    write_series(tmp_path / "picture")
    write_series(tmp_path / "text", edit=without_pixels)
    report = report_of(tmp_path)
    assert report.study.series_set.count() == 2
    assert len(slice_stacks(report)[Plane.SAGITTAL]) == 1


@pytest.mark.parametrize("name", ["C5/6", "vertebra-10", "disc-1"])
def test_a_picture_can_be_cut_out_around_a_level_that_has_no_name_yet(name: str) -> None:
    query = QueryDict(mutable=True)
    query.update({"level": name, "mm": "80", "side": "768"})
    assert PictureForm(query).is_valid()
