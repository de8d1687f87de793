"""Frames over DICOMweb: the stored values, to those who may see the study, whole, in parts, or not again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.dicom_network import frames as frames_module
from reporting.studies.blobs import blob_path
from reporting.studies.models import SopInstance
from reporting.studies.services import ingest_paths
from tests.factories import make_user
from tests.inference.dicom_series import slice_values, write_enhanced, write_series

pytestmark = pytest.mark.django_db
OCTETS = "application/octet-stream"
VALUES = slice_values(5)


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ingested(paths: list[Path], by: User) -> list[SopInstance]:
    report = ingest_paths(paths, by=by)
    assert {result.status.value for result in report.results} == {"stored"}
    return list(SopInstance.objects.order_by("instance_number"))


@pytest.fixture
def instances(tmp_path: Path, senior: User) -> list[SopInstance]:
    return ingested(write_series(tmp_path / "series", VALUES), senior)


def address(instance: SopInstance, *frames: int) -> str:
    series = instance.series
    uids = [series.study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid]
    return reverse("dicom_network:frames", args=[*uids, frames or (1,)])


def get(client: Client, instance: SopInstance, *frames: int, **headers: str) -> Any:
    return client.get(address(instance, *frames), headers={"Accept": OCTETS, **headers})


def test_a_frame_is_the_stored_values_and_nothing_else(instances: list[SopInstance], senior: User) -> None:
    answer = get(logged_in(senior), instances[2])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(OCTETS)
    assert np.array_equal(np.frombuffer(answer.content, "<u2").reshape(VALUES[2].shape), VALUES[2])
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_without_a_wish_frames_come_as_the_standard_says(tmp_path: Path, senior: User) -> None:
    (instance,) = ingested([write_enhanced(tmp_path / "enhanced.dcm", VALUES, [0, 1, 2, 3, 4])], senior)
    answer = logged_in(senior).get(address(instance, 2, 4))
    assert answer.headers["Content-Type"].startswith(f'multipart/related; type="{OCTETS}"; boundary=')
    boundary = answer.headers["Content-Type"].split("boundary=")[1].encode()
    bodies = [piece.split(b"\r\n\r\n", 1)[1][:-2] for piece in answer.content.split(b"--" + boundary)[1:-1]]
    assert [np.frombuffer(body, "<u2").tolist() for body in bodies] == [
        VALUES[1].ravel().tolist(),
        VALUES[3].ravel().tolist(),
    ]


@pytest.mark.parametrize(
    ("asked", "status", "shown"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=6-", 206, slice(6, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=4-99999999", 206, slice(4, None)),
        ("bytes=9-3", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=99999999-", 416, slice(0, 0)),
    ],
)
def test_a_part_of_a_frame(instances: list[SopInstance], senior: User, asked: str, status: int, shown: slice) -> None:
    whole = VALUES[0].astype("<u2").tobytes()
    answer = get(logged_in(senior), instances[0], Range=asked)
    assert (answer.status_code, answer.content) == (status, whole[shown])
    if status == 206:
        first = range(len(whole))[shown][0]
        assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


def test_a_range_of_another_state_is_answered_with_all_of_it(instances: list[SopInstance], senior: User) -> None:
    client = logged_in(senior)
    tag = get(client, instances[0]).headers["ETag"]
    assert get(client, instances[0], **{"Range": "bytes=0-1", "If-Range": tag}).status_code == 206
    assert get(client, instances[0], **{"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


def test_an_unchanged_frame_is_neither_decoded_nor_sent_again(
    instances: list[SopInstance], senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(senior)
    tags = [get(client, instance).headers["ETag"] for instance in instances]
    assert len(set(tags)) == len(instances)
    monkeypatch.setattr(frames_module, "stored_frame", lambda *_: pytest.fail("decoded again"))
    again = get(client, instances[0], **{"If-None-Match": tags[0]})
    assert (again.status_code, again.content) == (304, b"")


def test_who_may_no_longer_see_the_study_gets_no_304_either(instances: list[SopInstance], senior: User) -> None:
    tag = get(logged_in(senior), instances[0]).headers["ETag"]
    stranger = logged_in(make_user(Role.JUNIOR, section="trauma"))
    assert get(stranger, instances[0], **{"If-None-Match": tag}).status_code == 404


@pytest.mark.parametrize("frames", [(2,), (0,), (1, 2), (999_999_999,)])
def test_frames_that_the_object_does_not_have(
    instances: list[SopInstance], senior: User, frames: tuple[int, ...]
) -> None:
    answer = logged_in(senior).get(address(instances[0], *frames))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_an_object_is_known_only_under_its_own_study_and_series(instances: list[SopInstance], senior: User) -> None:
    first = instances[0]
    wrong = address(first).replace(first.series.series_instance_uid, "1.2.3.99")
    assert logged_in(senior).get(wrong, headers={"Accept": OCTETS}).status_code == 404


def test_a_form_nobody_gives_is_refused(instances: list[SopInstance], senior: User) -> None:
    answer = get(logged_in(senior), instances[0], Accept="image/jpeg")
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not_acceptable")


def test_damaged_bytes_are_said_and_not_shown(instances: list[SopInstance], senior: User) -> None:
    blob_path(instances[0].sha256).chmod(0o600)
    blob_path(instances[0].sha256).write_bytes(b"other bytes")
    answer = get(logged_in(senior), instances[0])
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "blob_damaged")
    assert get(logged_in(senior), instances[1]).status_code == 200
