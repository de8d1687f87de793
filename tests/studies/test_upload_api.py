"""Upload over HTTP: batches, pieces, the end, and what is refused."""

from __future__ import annotations

import errno
import io
import resource
import uuid
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pydicom.uid import generate_uid
from rest_framework.test import APIClient

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import InferenceJob
from reporting.studies import blobs
from reporting.studies.models import SopInstance, Study
from tests.factories import make_algorithm, make_user
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer() -> User:
    return make_user(Role.IMPORTER)


@pytest.fixture
def client(importer: User) -> APIClient:
    client = APIClient()
    client.force_login(importer)
    return client


def _send(client: APIClient, files: dict[str, bytes], **fields: Any) -> Any:
    sent = [SimpleUploadedFile(name, data) for name, data in files.items()]
    return client.post("/api/uploads/", {"files": sent, **fields}, format="multipart")


def test_each_file_gets_its_own_answer_and_inference_starts(client: APIClient) -> None:
    make_algorithm()
    answer = _send(client, {"good.dcm": mr_bytes(), "notes.txt": b"hello"})
    assert answer.status_code == 200
    assert [(file["name"], file["status"], file["code"]) for file in answer.data["files"]] == [
        ("good.dcm", "stored", ""),
        ("notes.txt", "refused", "not_dicom"),
    ]
    assert InferenceJob.objects.get().study == Study.objects.get()
    assert answer.data["studies"] == [str(Study.objects.get().pk)]


def test_an_empty_file_is_one_refused_file_not_a_refused_request(client: APIClient) -> None:
    answer = _send(client, {"empty.dcm": b"", "good.dcm": mr_bytes()})
    assert answer.status_code == 200
    assert [file["code"] for file in answer.data["files"]] == ["empty", ""]


def test_names_with_folders_are_shown_and_never_used(client: APIClient) -> None:
    answer = _send(client, {"x": b"no"}, names=["../../etc/pass\u202ewd"])
    assert answer.data["files"][0]["name"] == "../../etc/pass\ufffdwd"


def test_inference_waits_until_the_upload_is_finished(client: APIClient, importer: User) -> None:
    make_algorithm()
    study = generate_uid()
    for number in (1, 2):
        answer = _send(client, {"a.dcm": mr_bytes(study=study, number=number)}, more=True)
    assert not InferenceJob.objects.exists()
    for _ in range(2):
        done = client.post("/api/uploads/finish/", {"studies": answer.data["studies"]}, format="json")
        assert done.status_code == 204
    assert InferenceJob.objects.count() == 1
    assert AuditEvent.objects.filter(act="upload.finished", actor=importer).exists()


def test_a_large_file_comes_in_pieces_and_a_repeated_piece_is_taken_once(client: APIClient) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.dcm", mr_bytes())
    data, upload = buffer.getvalue(), str(uuid.uuid4())

    def send(start: int, end: int) -> Any:
        piece = SimpleUploadedFile("blob", data[start:end])
        fields = {"upload": upload, "name": "study.zip", "offset": start, "total": len(data), "piece": piece}
        return client.post("/api/uploads/pieces/", fields, format="multipart")

    assert send(0, 400).status_code == 202
    out_of_place = send(500, 900)
    assert (out_of_place.status_code, out_of_place.data["error"]["details"]) == (409, {"present": 400})
    assert send(0, 400).status_code == 202
    assert send(300, 800).status_code == 202
    last = send(800, len(data))
    assert (last.status_code, last.data["files"][0]["name"]) == (200, "study.zip/one.dcm")
    assert last.data["files"][0]["status"] == "stored"
    assert not list(blobs.incoming_dir().iterdir())


def test_pieces_that_say_one_size_and_bring_another_are_refused(client: APIClient) -> None:
    fields = {"upload": uuid.uuid4(), "name": "a", "offset": 0, "total": 10}
    answer = client.post(
        "/api/uploads/pieces/", {**fields, "piece": SimpleUploadedFile("a", b"x" * 11)}, format="multipart"
    )
    assert answer.status_code == 400
    assert not list(blobs.incoming_dir().iterdir())
    huge = {**fields, "total": 2**50, "piece": SimpleUploadedFile("a", b"x")}
    assert client.post("/api/uploads/pieces/", huge, format="multipart").status_code == 400


def test_an_upload_with_a_key_happens_once(client: APIClient) -> None:
    data = mr_bytes()
    for _ in range(2):
        files = {"files": [SimpleUploadedFile("a.dcm", data)]}
        answer = client.post("/api/uploads/", files, format="multipart", headers={"Idempotency-Key": "upload-000001"})
        assert answer.data["files"][0]["status"] == "stored"
    assert answer["Idempotency-Replayed"] == "true"


def test_a_key_used_again_for_other_bytes_of_the_same_name_and_size_is_refused(client: APIClient) -> None:
    """Else the second slice would be answered with the first one's fate, and be lost."""
    study = generate_uid()
    slices = [mr_bytes(study=study, number=number) for number in (1, 2)]
    assert len(slices[0]) == len(slices[1])
    answers = [
        client.post(
            "/api/uploads/",
            {"files": [SimpleUploadedFile("a.dcm", data)]},
            format="multipart",
            headers={"Idempotency-Key": "upload-000001"},
        )
        for data in slices
    ]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert answers[1].data["error"]["code"] == "idempotency_key_reused"


def test_more_files_than_a_process_may_open_are_taken_in(client: APIClient) -> None:
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        answer = _send(client, {f"{number}.dcm": b"" for number in range(300)})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    assert answer.status_code == 200
    assert len(answer.data["files"]) == 300
    assert not list(blobs.incoming_dir().iterdir())


def test_a_full_disk_is_507_and_the_next_try_succeeds(client: APIClient, settings: Any) -> None:
    data = mr_bytes()
    settings.MIN_FREE_BYTES = 2**60
    full = _send(client, {"a.dcm": data})
    assert (full.status_code, full.data["error"]["code"]) == (507, "storage_full")
    assert not SopInstance.objects.exists()
    settings.MIN_FREE_BYTES = 0
    assert _send(client, {"a.dcm": data}).data["files"][0]["status"] == "stored"


def test_a_request_larger_than_one_may_be_is_refused_before_it_is_read(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.predictions.upload_api.MAX_REQUEST_BYTES", 1000)
    assert _send(client, {"a.dcm": bytes(2000)}).status_code == 413


def test_more_files_than_one_request_may_bring_are_refused_with_what_to_do(client: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    answer = _send(client, {f"{number}.dcm": b"" for number in range(4)})
    assert (answer.status_code, answer.data["error"]["code"]) == (413, "request_too_large")
    assert not list(blobs.incoming_dir().iterdir())


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.READER, Role.RESEARCHER])
def test_who_may_not_ingest_cannot_upload(role: Role) -> None:
    client = APIClient()
    client.force_login(make_user(role))
    assert _send(client, {"a.dcm": mr_bytes()}).status_code == 403
    assert client.post("/api/uploads/finish/", {"studies": []}, format="json").status_code == 403
    assert client.post("/api/uploads/pieces/", {}, format="multipart").status_code == 403
    assert not SopInstance.objects.exists()


def test_a_disk_that_fills_while_the_request_is_read_is_507_too(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("reporting.studies.upload_handler.IncomingUploadedFile.write", full, raising=False)
        answer = _send(client, {"a.dcm": mr_bytes()})
    assert (answer.status_code, answer.data["error"]["code"]) == (507, "storage_full")
    assert not SopInstance.objects.exists()
    assert _send(client, {"a.dcm": mr_bytes()}).status_code == 200
    assert not list(blobs.incoming_dir().iterdir())


def test_the_study_in_the_api_says_gaps_and_what_lies_outside_the_paper(client: APIClient) -> None:
    study = _send(client, {"a.dcm": mr_bytes()}).data["studies"][0]
    [series] = client.get(f"/api/studies/{study}/").data["series"]
    assert series["completeness"]["slices"] == 1
    assert series["outside_table_1"] == ["spacing_mm", "fov_mm", "matrix"]
