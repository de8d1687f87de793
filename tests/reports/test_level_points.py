"""A structured report says where each level lies: on the structure, in the image that shows it, or nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from reporting.accounts.models import Role
from reporting.outbound.models import Form
from reporting.reports.exports.dicom.level_points import level_points
from reporting.reports.exports.outgoing import objects_of
from reporting.reports.models import Report, ReportVersion
from reporting.reports.services import shift_levels
from reporting.studies.models import Series
from reporting.vocabulary import LABEL_VALUES, DiscLevel, LevelStatus, Structure, Vertebra
from tests.browser.neck import CENTRES_Z, disc_z, labels_at
from tests.reader_studies.necks import drafted_neck, make_algorithm, signed_neck
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
_GROUP, _TRACKING, _MEASUREMENTS = "125007", "112039", "126010"


def code_of(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].get("CodeValue", "")) if "ConceptNameCodeSequence" in item else ""


def groups_in(container: Dataset) -> Iterator[tuple[str, list[Dataset]]]:
    """Tracking identifier and regions of each group below a container."""
    for group in container.get("ContentSequence", []):
        if code_of(group) == _GROUP:
            items = list(group.ContentSequence)
            (name,) = (item.TextValue for item in items if code_of(item) == _TRACKING)
            yield name, [item for item in items if item.ValueType == "SCOORD"]


def lps_of(region: Dataset, files: dict[str, Path]) -> Any:
    """Where in the patient the point lies: by the image's own header, from the corner of its first pixel."""
    image = pydicom.dcmread(files[region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID])
    across, down = np.array(image.ImageOrientationPatient[:3]), np.array(image.ImageOrientationPatient[3:])
    column, row = region.GraphicData[0] - 0.5, region.GraphicData[1] - 0.5
    rows_mm, columns_mm = image.PixelSpacing
    return np.array(image.ImagePositionPatient) + across * column * columns_mm + down * row * rows_mm


def test_each_point_lies_on_its_level(tmp_path: Path) -> None:
    signed_neck(tmp_path, make_algorithm(), make_user(Role.SENIOR))
    (content,) = objects_of(ReportVersion.objects.get(), Form.DICOM_SR)
    report = pydicom.dcmread(io.BytesIO(content))
    files = {
        str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID): path
        for path in tmp_path.rglob("*.dcm")
    }
    containers = {code_of(item): item for item in report.ContentSequence}
    located = list(groups_in(containers[_MEASUREMENTS]))
    discs, vertebrae = {level.value: level for level in DiscLevel}, {one.value: one for one in Vertebra}
    seen = set()
    for name, regions in located:
        (region,) = regions
        level = name.split()[0]
        point = lps_of(region, files)
        is_disc = level in discs
        assert labels_at(point) == LABEL_VALUES[Structure.DISC if is_disc else Structure.BODY], name
        middle = disc_z(discs[level]) if is_disc else CENTRES_Z[vertebrae[level]]
        assert abs(point[2] - middle) < 2.5, name
        seen.add(level)
    assert {"C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C3", "C7"} <= seen
    apart = dict(groups_in(containers["UNLOCATED"]))
    assert "examination" in apart
    assert not any(apart.values())


def test_points_follow_the_names_that_the_report_gives(tmp_path: Path) -> None:
    senior = make_user(Role.SENIOR)
    report = drafted_neck(tmp_path, make_algorithm(), senior)
    before = level_points(report)
    shift_levels(report, 1, by=senior, expected_version=report.version)
    after = level_points(Report.objects.get())
    assert list(after["C4/5"].GraphicData) == list(before["C3/4"].GraphicData)


def test_what_is_uncertain_has_no_point(tmp_path: Path) -> None:
    report = drafted_neck(tmp_path, make_algorithm(), make_user(Role.SENIOR))
    job = report.job
    assert job is not None
    uncertain = job.result["levels"][3]
    uncertain["status"] = LevelStatus.UNCERTAIN.value
    points = level_points(report)
    assert uncertain["name"] not in points
    assert len(points) == len(job.result["levels"]) - 1


@pytest.mark.parametrize("space", ["1.2.3.99", ""])
def test_on_slices_of_another_space_nothing_is_marked(tmp_path: Path, space: str) -> None:
    """The patient has moved between them: the disc is marked on the sagittal slice, whose space it was said in."""
    report = drafted_neck(tmp_path, make_algorithm(), make_user(Role.SENIOR))
    axial = Series.objects.get(description="T2 ax")
    before = level_points(report)
    Series.objects.filter(pk=axial.pk).update(frame_of_reference_uid=space)
    after = level_points(report)
    assert before.keys() == after.keys()
    marked = {
        str(point.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID) for point in after.values()
    }
    assert not axial.sop_instances.filter(sop_instance_uid__in=marked).exists()


def test_what_lies_beyond_the_image_has_no_point(tmp_path: Path) -> None:
    report = drafted_neck(tmp_path, make_algorithm(), make_user(Role.SENIOR))
    job = report.job
    assert job is not None
    job.result["levels"][0]["center_lps_mm"] = [0.0, 900.0, 0.0]
    assert job.result["levels"][0]["name"] not in level_points(report)
