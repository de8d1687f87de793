"""Marks for training: placed by the server, drawn by one person, accepted by another, changing nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from pydicom import dcmread

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.predictions.models import BlindDecision
from reporting.reports import services as reports
from reporting.reports.correction_models import MARK_TRANSITIONS, Correction, MarkKind, MarkState
from reporting.reports.corrections.placing import OutsideImage
from reporting.reports.corrections.rules import MAX_POINTS, RULES
from reporting.reports.corrections.training import accepted_corrections
from reporting.reports.corrections.words import mark_words
from reporting.reports.models import Report
from reporting.reports.services import corrections as services
from reporting.studies.blobs import open_blob
from reporting.studies.models import SopInstance, Study
from reporting.studies.services import ingest_paths
from reporting.vocabulary import Structure
from tests.browser.conftest import draft_from
from tests.browser.neck import write_neck
from tests.factories import make_user
from tests.inference.dicom_series import slice_values, write_enhanced, write_series

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def people() -> dict[str, User]:
    return {
        "junior": make_user(Role.JUNIOR, section="neuroradiology"),
        "colleague": make_user(Role.JUNIOR, section="neuroradiology"),
        "senior": make_user(Role.SENIOR),
        "second": make_user(Role.SENIOR),
        "auditor": make_user(Role.AUDITOR),
    }


@pytest.fixture
def report(people: dict[str, User], tmp_path: Path) -> Report:
    ingest_paths([write_neck(tmp_path / "neck")[0].parent.parent], by=people["junior"])
    return draft_from(Study.objects.get(), people)


def middle(report: Report, role: str) -> SopInstance:
    instances = SopInstance.objects.filter(series__study=report.study, series__role=role)
    return instances.order_by("instance_number")[instances.count() // 2]


VERTEBRA = {"kind": MarkKind.VERTEBRA_POINT, "structure": Structure.BODY, "level": "C5", "says": "osteophyte"}
LIGAMENT = {"kind": MarkKind.LIGAMENT_POINT, "structure": Structure.LF, "level": "C5/6", "says": "thickened"}
SLICE = {"kind": MarkKind.DISC_SLICE, "structure": Structure.DISC, "level": "C5/6", "says": "level"}
CONTOUR = {"kind": MarkKind.CONTOUR, "structure": Structure.CORD, "says": "outline"}
SQUARE = [[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0]]


def draw(report: Report, by: User, **changes: Any) -> Correction:
    asked = {**VERTEBRA, "points": [[40.25, 50.5]], "level_map_version": report.level_map_version, **changes}
    if "instance" not in asked:
        asked["instance"] = middle(report, "sagittal_t1" if asked["kind"] == MarkKind.VERTEBRA_POINT else "axial_t2")
    return services.draw_correction(report, by=by, **{"frame": 1, **asked})


def accept(mark: Correction, by: User) -> Correction:
    return services.accept_correction(mark, by=by, expected_version=mark.version)


# --- where it lies


def test_the_server_works_out_where_a_mark_lies_on_an_oblique_image(
    report: Report, people: dict[str, User], tmp_path: Path
) -> None:
    tilt = np.deg2rad(20)
    orientation = (0.0, float(np.cos(tilt)), float(-np.sin(tilt)), 0.0, float(-np.sin(tilt)), float(-np.cos(tilt)))
    spacing, origin = (0.6, 0.5), (3.0, -40.0, 60.0)
    paths = write_series(
        tmp_path / "oblique",
        orientation=orientation,
        origin=origin,
        pixel_spacing=spacing,
        study_uid=report.study.study_instance_uid,
        edit=same_person(report),
    )
    ingest_paths(paths, by=people["junior"])
    instance = SopInstance.objects.filter(series__study=report.study, series__description="oblique").get(
        instance_number=1
    )
    mark = draw(report, people["junior"], instance=instance, points=[[7.25, 3.5]])
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    expected = np.array(origin) + 7.25 * 0.5 * across + 3.5 * 0.6 * down
    assert mark.points_lps_mm == [pytest.approx(expected.tolist(), abs=1e-3)]


def same_person(report: Report) -> Any:
    with open_blob(middle(report, "sagittal_t1").sha256) as file:
        first = dcmread(file, stop_before_pixels=True)

    def edit(index: int, dataset: Any) -> None:
        for name in (
            "SpecificCharacterSet",
            "PatientID",
            "PatientName",
            "PatientSex",
            "PatientBirthDate",
            "IssuerOfPatientID",
        ):
            if name in first:
                setattr(dataset, name, first[name].value)
        dataset.SeriesDescription = "oblique"

    return edit


def test_the_frame_of_a_multi_frame_image_has_its_own_place(tmp_path: Path, people: dict[str, User]) -> None:
    ingest_paths([write_enhanced(tmp_path / "enhanced.dcm", slice_values(5), [0, 1, 2, 3, 4])], by=people["junior"])
    study = Study.objects.get()
    study.section = "neuroradiology"
    study.save()
    report = reports.start_report(study=study, by=people["junior"])
    instance = SopInstance.objects.get()
    found = []
    for frame in (1, 4):
        mark = draw(report, people["junior"], instance=instance, frame=frame, points=[[2.0, 5.0]])
        found.append(mark.points_lps_mm[0])
    assert found == [[10.0, -39.0, 57.0], [1.0, -39.0, 57.0]]
    with pytest.raises(InvalidInput):
        draw(report, people["junior"], instance=instance, frame=6)


def test_a_mark_keeps_its_dot_its_author_and_the_level_map(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    assert (mark.diameter_px, mark.author, mark.state) == (10, people["junior"], MarkState.OPEN)
    assert mark.level_map_version == report.level_map_version
    assert draw(report, people["junior"], **LIGAMENT, side="left").diameter_px == 3
    assert draw(report, people["junior"], **CONTOUR, points=SQUARE).diameter_px is None


# --- refusals


@pytest.mark.parametrize("at", [[-0.6, 5.0], [5.0, 1e6], [float("nan"), 5.0], [float("inf"), 5.0]])
def test_a_point_outside_the_image_is_refused(report: Report, people: dict[str, User], at: list[float]) -> None:
    with pytest.raises(OutsideImage):
        draw(report, people["junior"], points=[at])


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "C1"},
        {"level": ""},
        {"level": "C5/6"},
        {"says": "thickened"},
        {"structure": Structure.CORD},
        {"side": "left"},
        {"points": []},
        {"points": [[1.0, 1.0], [2.0, 2.0]]},
        {**LIGAMENT, "side": ""},
        {**LIGAMENT, "structure": Structure.PLL, "side": "left"},
        {**SLICE, "level": "", "says": "central"},
        {**CONTOUR, "points": SQUARE[:2]},
        {**CONTOUR, "points": [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]},
        {**CONTOUR, "points": SQUARE * MAX_POINTS},
        {**SLICE, "machine_outline": 0},
        {"frame": 2},
    ],
)
def test_what_a_kind_of_mark_cannot_say_is_refused(
    report: Report, people: dict[str, User], changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        draw(report, people["junior"], **changes)
    assert not Correction.objects.exists()


def test_a_mark_belongs_on_its_plane_and_its_study(report: Report, people: dict[str, User]) -> None:
    with pytest.raises(InvalidInput):
        draw(report, people["junior"], instance=middle(report, "axial_t2"))
    with pytest.raises(InvalidInput):
        draw(report, people["junior"], **SLICE, instance=middle(report, "sagittal_t1"))


def test_levels_named_anew_meanwhile_are_looked_at_again(report: Report, people: dict[str, User]) -> None:
    seen = report.level_map_version
    before = draw(report, people["junior"])
    reports.shift_levels(report, 1, by=people["junior"], expected_version=report.version)
    with pytest.raises(StaleVersion):
        draw(report, people["junior"], level_map_version=seen)
    accept(before, people["senior"])
    assert [one["levels_are_current"] for one in accepted_corrections(report.study)] == [False]


def test_a_closed_report_takes_no_mark_and_a_signed_one_does(report: Report, people: dict[str, User]) -> None:
    Report.objects.filter(pk=report.pk).update(status="final")
    assert draw(report, people["junior"]).pk
    Report.objects.filter(pk=report.pk).update(status="withdrawn", closing_reason="wrong patient")
    with pytest.raises(WrongState):
        draw(report, people["junior"])


# --- two people


def test_only_a_senior_reviews_and_never_their_own(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    for person in ("junior", "colleague", "auditor"):
        with pytest.raises(NotAllowed):
            accept(mark, people[person])
    own = draw(report, people["senior"])
    with pytest.raises(NotAllowed):
        accept(own, people["senior"])
    assert accept(own, people["second"]).state is MarkState.ACCEPTED


def test_a_mark_is_taken_back_by_its_author_until_somebody_decided(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    with pytest.raises(NotAllowed):
        services.retract_correction(mark, by=people["colleague"], expected_version=1)
    assert services.retract_correction(mark, by=people["junior"], expected_version=1).state is MarkState.RETRACTED
    accepted = accept(draw(report, people["junior"]), people["senior"])
    with pytest.raises(WrongState):
        services.retract_correction(accepted, by=people["junior"], expected_version=2)


def test_a_rejection_says_why_and_can_be_taken_back(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    with pytest.raises(InvalidInput):
        services.reject_correction(mark, by=people["senior"], expected_version=1, comment="  ")
    services.reject_correction(mark, by=people["senior"], expected_version=1, comment="beside the body")
    assert (mark.state, mark.decisions.get().comment) == (MarkState.REJECTED, "beside the body")
    with pytest.raises(StaleVersion):
        accept_at(mark, people["second"], 1)
    services.reopen_correction(mark, by=people["senior"], expected_version=2)
    assert accept(mark, people["senior"]).state is MarkState.ACCEPTED


def accept_at(mark: Correction, by: User, version: int) -> Correction:
    return services.accept_correction(mark, by=by, expected_version=version)


def test_where_a_senior_moves_a_mark_the_seniors_stands(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    moved = services.amend_correction(
        mark, by=people["senior"], expected_version=1, points=[[41.0, 51.0]], says="normal"
    )
    assert (mark.state, moved.state, moved.replaces, moved.author) == (
        MarkState.AMENDED,
        MarkState.ACCEPTED,
        mark,
        people["senior"],
    )
    (given,) = accepted_corrections(report.study)
    assert (given["points"], given["says"], given["level"]) == ([[41.0, 51.0]], "normal", "C5")


def test_an_author_moves_a_mark_and_it_still_waits(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["senior"])
    moved = services.amend_correction(mark, by=people["senior"], expected_version=1, points=[[41.0, 51.0]])
    assert moved.state is MarkState.OPEN
    with pytest.raises(NotAllowed):
        accept(moved, people["senior"])
    with pytest.raises(NotAllowed):
        services.amend_correction(moved, by=people["colleague"], expected_version=1, points=[[1.0, 1.0]])


def test_an_outline_that_only_changes_its_name_is_still_the_machines(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"], **CONTOUR, points=[], machine_outline=0)
    named = services.amend_correction(mark, by=people["junior"], expected_version=1, points=mark.points, level="C5/6")
    assert (named.origin, named.job, named.level, named.points) == ("machine", report.job, "C5/6", mark.points)
    moved = services.amend_correction(
        named, by=people["junior"], expected_version=1, points=[[10.0, 10.0], [20.0, 10.0], [20.0, 20.0]]
    )
    assert (moved.origin, moved.job) == ("drawn", None)


def test_of_one_slice_one_label_is_accepted(report: Report, people: dict[str, User]) -> None:
    accept(draw(report, people["junior"], **SLICE, points=[]), people["senior"])
    other = draw(report, people["colleague"], **{**SLICE, "level": "C6/7"}, points=[])
    with pytest.raises(WrongState):
        accept(other, people["senior"])
    for _ in range(2):
        accept(draw(report, people["junior"], **CONTOUR, points=SQUARE), people["senior"])


@pytest.mark.parametrize("before", MarkState)
def test_each_state_leads_where_the_table_says(before: MarkState) -> None:
    ends = {MarkState.RETRACTED, MarkState.AMENDED}
    decided = {MarkState.ACCEPTED, MarkState.REJECTED}
    for after in MarkState:
        expected = (
            after != MarkState.OPEN if before is MarkState.OPEN else before in decided and after is MarkState.OPEN
        )
        assert MARK_TRANSITIONS.allows(before, after) == (expected and before not in ends)


# --- nothing else changes


def test_marks_change_neither_report_nor_predictions(report: Report, people: dict[str, User]) -> None:
    def others() -> list[Any]:
        job = report.job
        assert job is not None
        rows = [report.findings.order_by("pk").values(), report.level_maps.values(), job.predictions.values()]
        return [Report.objects.values().get(pk=report.pk), *map(list, rows)]

    before = others()
    accept(draw(report, people["junior"], **SLICE, points=[]), people["senior"])
    assert others() == before


def test_the_database_refuses_to_rewrite_a_mark_or_a_decision(report: Report, people: dict[str, User]) -> None:
    mark = accept(draw(report, people["junior"]), people["senior"])
    for table in ("reports_correction", "reports_correctiondecision"):
        for statement in (f"UPDATE {table} SET updated_at = now()", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        mark.decisions.create(number=1, state=MarkState.OPEN, by=people["senior"])


def test_every_act_is_audited(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    services.reject_correction(mark, by=people["senior"], expected_version=1, comment="beside the body")
    services.reopen_correction(mark, by=people["senior"], expected_version=2)
    services.amend_correction(mark, by=people["senior"], expected_version=3, points=[[1.0, 1.0]])
    acts = AuditEvent.objects.filter(act__startswith="correction.").order_by("sequence")
    assert list(acts.values_list("act", flat=True)) == [
        "correction.drawn",
        "correction.rejected",
        "correction.reopened",
        "correction.amended",
        "correction.drawn",
        "correction.accepted",
    ]
    assert "beside" not in str([event.data for event in acts])


# --- the machine's outlines


def test_a_contour_is_taken_from_the_machine_as_it_is(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"], **CONTOUR, points=[], machine_outline=0)
    assert (mark.origin, mark.job) == ("machine", report.job)
    assert len(mark.points) >= 4
    with pytest.raises(InvalidInput):
        draw(report, people["junior"], **CONTOUR, points=[], machine_outline=7)


def test_who_reads_blind_sees_only_own_marks_and_takes_nothing_from_the_machine(
    report: Report, people: dict[str, User]
) -> None:
    draw(report, people["colleague"], **CONTOUR, points=[], machine_outline=0)
    theirs = draw(report, people["colleague"])
    BlindDecision.objects.create(study=report.study, reader=people["junior"], blind=True, because="user")
    with pytest.raises(WrongState):
        draw(report, people["junior"], **CONTOUR, points=[], machine_outline=0)
    own = draw(report, people["junior"])
    marks = get(people["junior"], report).json()["marks"]
    assert [mark["id"] for mark in marks] == [str(own.pk)]
    assert len(get(people["colleague"], report).json()["marks"]) == 3
    answer = post(people["junior"], reverse("api:correction-retract", args=[report.pk, theirs.pk]), {}, version=1)
    assert answer.status_code == 404


# --- over HTTP


def get(user: User, report: Report) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse("api:report-corrections", args=[report.pk]))


def post(user: User, address: str, body: Any, *, version: int | None = None, once: str = "") -> Any:
    client = Client()
    client.force_login(user)
    headers = {**({"If-Match": f'"{version}"'} if version else {}), **({"Idempotency-Key": once} if once else {})}
    return client.post(address, body, content_type="application/json", headers=headers)


def body_of(report: Report, **changes: Any) -> dict[str, Any]:
    seen = {"level_map_version": report.level_map_version, "instance": str(middle(report, "sagittal_t1").pk)}
    return {**VERTEBRA, **seen, "frame": 1, "points": [[4, 5]], **changes}


def test_a_repeated_request_draws_one_mark(report: Report, people: dict[str, User]) -> None:
    address = reverse("api:report-corrections", args=[report.pk])
    first, again = (post(people["junior"], address, body_of(report), once="one-two-three") for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    (mark,) = get(people["junior"], report).json()["marks"]
    assert mark["may"] == ["retract", "amend"]
    assert get(people["senior"], report).json()["marks"][0]["may"] == ["amend", "accept", "reject"]
    assert get(people["auditor"], report).json()["marks"][0]["may"] == []


def test_refusals_say_why_and_places_from_a_client_are_not_taken(report: Report, people: dict[str, User]) -> None:
    address = reverse("api:report-corrections", args=[report.pk])
    outside = post(people["junior"], address, body_of(report, points=[[4, 5000]]))
    assert (outside.status_code, outside.json()["error"]["code"]) == (400, "outside_image")
    assert "pixels" in outside.json()["error"]["message"]
    stale = post(people["junior"], address, body_of(report, level_map_version=9))
    assert (stale.status_code, stale.json()["error"]["details"]) == (412, {"level_map_version": 1})
    too_many = body_of(report, kind="contour", structure="cord", says="outline", points=SQUARE * MAX_POINTS)
    assert post(people["junior"], address, too_many).status_code == 400
    claimed = post(people["junior"], address, body_of(report, points_lps_mm=[[0, 0, 0]]))
    assert claimed.json()["marks"][0]["points_lps_mm"] != [[0, 0, 0]]


def test_a_decision_names_the_version_it_saw(report: Report, people: dict[str, User]) -> None:
    mark = draw(report, people["junior"])
    address = reverse("api:correction-accept", args=[report.pk, mark.pk])
    assert post(people["senior"], address, {}).status_code == 428
    assert post(people["senior"], address, {}, version=2).status_code == 412
    accepted = post(people["senior"], address, {}, version=1).json()["marks"]
    assert [(one["state"], one["version"], one["may"]) for one in accepted] == [("accepted", 2, ["reopen"])]


def test_training_gets_plain_data_without_people(report: Report, people: dict[str, User]) -> None:
    accept(draw(report, people["junior"], **LIGAMENT, side="left"), people["senior"])
    draw(report, people["junior"])
    (given,) = accepted_corrections(report.study)
    assert (given["kind"], given["structure"], given["side"], given["diameter_px"]) == (
        "ligament_point",
        "lf",
        "left",
        3,
    )
    assert given["sop_instance_uid"] == middle(report, "axial_t2").sop_instance_uid
    assert not {"author", "by"} & set(given)


def test_every_word_of_every_mark_can_be_shown() -> None:
    assert {says for rules in RULES.values() for says in rules.says} == set(mark_words()["says"])
