"""What the viewer draws from: every frame where it lies, in reading order; nothing of the machine while blind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.predictions.services import set_blind_rule
from reporting.reports import services
from reporting.reports.models import Report
from reporting.reports.viewer.outlines import lines_of
from reporting.reports.viewer.reading_order import reading_order
from reporting.studies.headers import FrameHeader
from reporting.studies.models import Series, SopInstance, Study
from reporting.studies.services import ingest_paths
from tests.browser.conftest import draft_from
from tests.browser.neck import write_neck
from tests.factories import make_user
from tests.inference.dicom_series import AXIAL, SAGITTAL
from tests.reports.factories import change

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def people() -> dict[str, User]:
    return {"junior": make_user(Role.JUNIOR, section="neuroradiology"), "senior": make_user(Role.SENIOR)}


@pytest.fixture
def report(people: dict[str, User], tmp_path: Path) -> Report:
    ingest_paths([write_neck(tmp_path / "neck")[0].parent.parent], by=people["junior"])
    return draft_from(Study.objects.get(), people)


def get(user: User, address: str, **headers: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(address, headers=headers)


def described(report: Report, user: User) -> dict[str, Any]:
    found: dict[str, Any] = get(user, reverse("api:report-viewer", args=[report.pk])).json()
    return found


def frames_of(series: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**series["common"], **frame} for frame in series["frames"]]


def by_role(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {series["role"]: series for series in said["series"]}


def test_series_come_as_the_user_hangs_them_with_frames_in_reading_order(
    report: Report, people: dict[str, User]
) -> None:
    said = described(report, people["junior"])
    series = by_role(said)
    assert list(series) == ["sagittal_t2", "sagittal_t1", "axial_t2"]
    assert said["hanging"] == [series[role]["id"] for role in ("sagittal_t2", "axial_t2", "sagittal_t1")]
    left_to_right = [frame["position"][0] for frame in frames_of(series["sagittal_t2"])]
    head_down = [frame["position"][2] for frame in frames_of(series["axial_t2"])]
    assert left_to_right == sorted(left_to_right)
    assert head_down == sorted(head_down, reverse=True)
    assert len(head_down) == 30


def test_every_frame_of_the_description_can_be_fetched_as_described(report: Report, people: dict[str, User]) -> None:
    for series in described(report, people["junior"])["series"]:
        frame = frames_of(series)[series["first_frame"]]
        address = series["frame_url"].replace("{sop}", frame["sop"]).replace("{frame}", str(frame["frame"]))
        answer = get(people["junior"], address, Accept="application/octet-stream")
        assert answer.status_code == 200
        assert len(answer.content) == frame["rows"] * frame["columns"] * frame["samples"] * frame["bits_allocated"] // 8


def test_levels_name_their_slices_and_an_axial_frame_its_level(report: Report, people: dict[str, User]) -> None:
    said = described(report, people["junior"])
    axial = by_role(said)["axial_t2"]
    assert [level["name"] for level in said["levels"]][:4] == ["C2", "C2/3", "C3", "C3/4"]
    for number, level in enumerate(said["levels"]):
        if level["kind"] != "disc":
            assert (level["line"], level["axial"]) == (None, None)
            continue
        assert level["axial"]["series"] == axial["id"]
        frame = frames_of(axial)[level["axial"]["frame"]]
        assert frame["level"] == number
        assert abs(frame["position"][2] - level["center"][2]) <= 2.0  # half a step between slices
        assert level["axis"][2] == pytest.approx(-1.0)
    assert said["levels_frame_of_reference"] == frames_of(axial)[0]["frame_of_reference"]


def test_a_relabel_renames_levels_and_measurements_together(report: Report, people: dict[str, User]) -> None:
    before = described(report, people["junior"])
    services.shift_levels(report, 1, by=people["junior"], expected_version=report.version)
    after = described(report, people["junior"])
    assert after["report_version"] > before["report_version"]
    assert {one["level"] for one in before["measurements"]} == {"C5/6"}
    assert {one["level"] for one in after["measurements"]} == {"C6/7"}
    moved = {level["structure"]: level["name"] for level in after["levels"]}
    assert moved["C5/6"] == "C6/7"
    lines = [{level["structure"]: level["line"] for level in said["levels"]} for said in (before, after)]
    assert all(lines[1][structure] == line for structure, line in lines[0].items() if structure in lines[1])


def test_measured_lines_lie_on_the_slices_they_were_measured_on(report: Report, people: dict[str, User]) -> None:
    said = described(report, people["junior"])
    series = {one["id"]: one for one in said["series"]}
    assert [one["name"] for one in said["measurements"]] == ["canal_ap", "sac_ap"]
    for one in said["measurements"]:
        frame = frames_of(series[one["series"]])[one["frame"]]
        normal = np.cross(frame["orientation"][:3], frame["orientation"][3:])
        away = (np.array(one["points"]) - np.array(frame["position"])) @ normal
        assert np.abs(away).max() <= 2.0


def test_outlines_lie_where_the_machine_outlined(report: Report, people: dict[str, User]) -> None:
    said = described(report, people["junior"])
    axial = by_role(said)["axial_t2"]
    outlined = get(people["junior"], axial["contours_url"]).json()["frames"]
    disc = next(level for level in said["levels"] if level["name"] == "C5/6")
    frame = frames_of(axial)[disc["axial"]["frame"]]
    values = {one["structure"]: str(one["value"]) for one in said["structures"]}
    (cord,) = outlined[str(disc["axial"]["frame"])][values["cord"]]
    points = np.array(cord).reshape(-1, 2)
    row, column = np.array(frame["orientation"][:3]), np.array(frame["orientation"][3:])
    centre = np.array(frame["position"]) + points.mean(axis=0)[0] * frame["spacing"][1] * row
    centre = centre + points.mean(axis=0)[1] * frame["spacing"][0] * column
    assert abs(centre[0]) < 1.5  # in the midline
    assert centre[1] > disc["line"][1][1]  # behind the disc


def test_who_reads_blind_gets_places_and_names_only(report: Report, people: dict[str, User]) -> None:
    sighted = described(report, people["senior"])
    set_blind_rule(by=people["senior"], user=people["junior"], is_on=True)
    blind = described(report, people["junior"])
    assert blind["measurements"] == []
    assert {series["contours_url"] for series in blind["series"]} == {None}
    assert [level["name"] for level in blind["levels"]] == [level["name"] for level in sighted["levels"]]
    for series in sighted["series"]:
        if series["contours_url"]:
            assert get(people["junior"], series["contours_url"]).json() == {"frames": {}}
            assert get(people["senior"], series["contours_url"]).json()["frames"]


def test_an_answer_kept_from_before_is_not_shown_to_who_reads_blind(report: Report, people: dict[str, User]) -> None:
    outlines = next(one["contours_url"] for one in described(report, people["senior"])["series"] if one["contours_url"])
    for address in (outlines, reverse("api:report-viewer", args=[report.pk])):
        tag = get(people["senior"], address).headers["ETag"]
        assert get(people["senior"], address, **{"If-None-Match": tag}).status_code == 304
    set_blind_rule(by=people["senior"], user=people["junior"], is_on=True)
    tag = get(people["senior"], outlines).headers["ETag"]
    assert get(people["junior"], outlines, **{"If-None-Match": tag}).status_code == 200


def test_a_series_without_a_place_or_window_is_still_shown(report: Report, people: dict[str, User]) -> None:
    series = Series.objects.get(study=report.study, role="axial_t2")
    for instance in series.sop_instances.all():
        kept = json.loads(json.dumps(instance.header))
        for frame in kept["frames"]:
            for key in ("position_mm", "orientation", "window"):
                frame.pop(key, None)
        instance.header = kept
        instance.save()
    said = by_role(described(report, people["junior"]))["axial_t2"]
    assert said["plane"] is None
    assert said["window"]["source"] == "pixels"
    assert said["window"]["width"] > 0
    assert all(frame["position"] is None for frame in frames_of(said))
    assert len(frames_of(said)) == 30


def place(x: float, y: float, z: float, orientation: tuple[float, ...]) -> FrameHeader:
    return FrameHeader(orientation=orientation, position_mm=(x, y, z), pixel_spacing_mm=(1.0, 1.0))


def test_packs_angled_to_discs_come_one_after_the_other() -> None:
    tilt = np.radians(20.0)
    tilted = (1.0, 0.0, 0.0, 0.0, float(np.cos(tilt)), float(-np.sin(tilt)))
    upper = [place(0, 0, z, AXIAL) for z in (60.0, 64.0, 68.0)]
    lower = [place(0, 0, z, tilted) for z in (20.0, 24.0, 28.0)]
    mixed = [lower[0], upper[0], lower[2], upper[2], lower[1], upper[1]]
    assert [mixed[i].position_mm for i in reading_order(mixed)] == [
        one.position_mm for one in (*reversed(upper), *reversed(lower))
    ]


def test_slices_turned_over_are_read_from_right_to_left_all_the_same() -> None:
    turned = (0.0, -1.0, 0.0, 0.0, 0.0, -1.0)  # the opposite normal
    frames = [place(x, 0, 0, orientation) for x, orientation in ((4, SAGITTAL), (-4, turned), (0, SAGITTAL))]
    order = reading_order(frames)
    assert order[0] == 1
    assert order[1:] == [2, 0]


def test_frames_without_a_place_follow_as_they_were_given() -> None:
    frames = [FrameHeader(), place(4, 0, 0, SAGITTAL), FrameHeader(), place(-4, 0, 0, SAGITTAL)]
    assert reading_order(frames) == [3, 1, 0, 2]


def test_outlines_are_closed_at_the_edge_and_keep_holes() -> None:
    labels = np.zeros((8, 9), np.uint8)
    labels[0:4, 0:5] = 4
    labels[1:3, 1:3] = 0
    outer, hole = lines_of(labels)["4"]
    assert min(outer) == -0.5
    assert len(hole) >= 8
    area = [abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _edges(line))) / 2 for line in (outer, hole)]
    assert area[0] - area[1] == pytest.approx(16.0, abs=1.1)


def _edges(line: list[float]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    points = list(zip(line[::2], line[1::2], strict=True))
    return list(zip(points, [*points[1:], points[0]], strict=True))


def with_headers(report: Report, role: str, edit: Any) -> dict[str, Any]:
    """The description's series of that role after ``edit`` has changed every stored header of it."""
    for instance in Series.objects.get(study=report.study, role=role).sop_instances.all():
        edit(instance.header)
        instance.save()
    return by_role(described(report, report.study.assigned_to or User.objects.get(role=Role.SENIOR)))[role]


def test_what_is_dark_where_others_are_bright_says_so(report: Report, people: dict[str, User]) -> None:
    said = with_headers(report, "axial_t2", lambda header: header.update(photometric_interpretation="MONOCHROME1"))
    assert {frame["photometric"] for frame in frames_of(said)} == {"MONOCHROME1"}


def test_bits_are_those_that_the_frames_are_given_in(report: Report, people: dict[str, User]) -> None:
    said = with_headers(report, "axial_t2", lambda header: header.update(bits_stored=12, is_signed=True))
    frame = frames_of(said)[0]
    assert (frame["bits_allocated"], frame["bits_stored"], frame["signed"]) == (16, 12, True)


def test_colour_is_given_by_pixel_without_a_window(report: Report, people: dict[str, User]) -> None:
    colour = {"samples_per_pixel": 3, "photometric_interpretation": "YBR_FULL", "bits_allocated": 8, "bits_stored": 8}
    said = with_headers(report, "axial_t2", lambda header: header.update(colour))
    frame = frames_of(said)[0]
    assert (frame["samples"], frame["photometric"], frame["bits_allocated"], frame["window"]) == (3, "RGB", 8, None)
    assert said["window"] is None


def test_a_study_without_axial_slices_hangs_what_it_has(report: Report, people: dict[str, User]) -> None:
    Series.objects.filter(study=report.study, role="axial_t2").update(role="unknown")
    said = described(report, people["junior"])
    assert said["hanging"][1] is None
    assert {one["role"] for one in said["series"]} == {"sagittal_t2", "sagittal_t1", "unknown"}


def test_fifteen_hundred_slices_are_described_in_few_queries(
    report: Report, people: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    series = Series.objects.get(study=report.study, role="axial_t2")
    first = series.sop_instances.all()[0]
    more = []
    for number in range(1500):
        header = json.loads(json.dumps(first.header))
        header["frames"][0]["position_mm"][2] = number * 0.1
        uid = f"1.2.3.4.{number}"
        more.append(
            SopInstance(**{**_columns(first), "header": header, "sop_instance_uid": uid, "instance_number": number})
        )
    SopInstance.objects.bulk_create(more)
    client = Client()
    client.force_login(people["junior"])
    with django_assert_max_num_queries(60):
        said = client.get(reverse("api:report-viewer", args=[report.pk])).json()
    frames = by_role(said)["axial_t2"]["frames"]
    assert len(frames) == 1530
    assert [frame["position"][2] for frame in frames] == sorted((f["position"][2] for f in frames), reverse=True)


def _columns(instance: SopInstance) -> dict[str, Any]:
    names = ("series", "sop_class_uid", "transfer_syntax_uid", "number_of_frames", "sha256", "size_bytes")
    return {name: getattr(instance, name) for name in names}


def test_the_level_map_is_fetched_once(report: Report, people: dict[str, User]) -> None:
    with CaptureQueriesContext(connection) as asked:
        described(report, people["junior"])
    assert len([query for query in asked.captured_queries if 'FROM "reports_levelmap"' in query["sql"]]) == 1


def test_no_measured_line_is_drawn_where_a_reader_turned_the_machine_off(
    report: Report, people: dict[str, User]
) -> None:
    junior = people["junior"]
    drawn = {one["level"] for one in described(report, junior)["measurements"]}
    assert drawn == {"C5/6"}
    services.confirm_levels(report, by=junior, expected_version=report.version)
    change(report, "postop@C5", ["fusion_hardware"], junior)
    assert described(report, junior)["measurements"] == []
