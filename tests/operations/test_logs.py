"""Logs carry our ids and never a patient's name, identifier, free text or password, whatever goes wrong (F43)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import path

from config.celery import app
from reporting.accounts.models import Role
from reporting.core.logs import IdsFilter, JsonFormatter
from tests.factories import make_study, make_user
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db
CANARIES = ["CANARY^NAME", "金丝雀", "CANARY-4711", "canary-password-1", "CANARYDA"]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that any logger says, as a site would write it; checked for canaries at the end."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(IdsFilter())
    root, server = logging.getLogger(), logging.getLogger("django.server")
    level = root.level
    root.setLevel(logging.DEBUG)
    for logger in (root, server):
        logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for logger in (root, server):
        logger.removeHandler(handler)
    root.setLevel(level)
    for canary in CANARIES:
        assert canary not in stream.getvalue()
        assert canary.encode("unicode_escape").decode() not in stream.getvalue()


@pytest.fixture
def senior(client: Client) -> Client:
    client.force_login(make_user(Role.SENIOR))
    client.raise_request_exception = False
    return client


def test_each_line_names_the_request_it_belongs_to(senior: Client, lines: Lines) -> None:
    response = senior.get("/api/studies/?search=x")
    assert {line["request_id"] for line in lines() if line["logger"] == "django.request"} == {response["X-Request-ID"]}


def test_a_name_typed_into_an_address_stays_out(senior: Client, lines: Lines) -> None:
    for name in CANARIES:
        senior.get(f"/api/studies/{name}/")
        senior.get(f"/nothing/{name}")
        senior.get("/api/studies/", {"search": name})
        senior.get("/api/audit-events/", {"object_id": name})
        senior.delete(f"/api/quarantine/?q={name}")
        senior.get("/api/studies/", headers={"Host": "canary-4711.example"})
    said = {line["message"] for line in lines() if line["logger"] == "django.request"}
    assert "404 GET (no route)" in said
    assert "400 GET api/studies/" in said


def test_what_is_typed_at_login_stays_out(client: Client, lines: Lines) -> None:
    for name in CANARIES:
        client.post("/accounts/login/", {"username": name, "password": "canary-password-1"})
        client.post("/api/session/", {"username": name, "password": "canary-password-1"}, "application/json")


def test_the_text_of_an_exception_stays_out_but_its_place_is_told(
    senior: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make_study()

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("bad value CANARY^NAME 金丝雀")

    monkeypatch.setattr("reporting.studies.api.StudyView.get_object", broken)
    assert senior.get(f"/api/studies/{study.pk}/").status_code == 500
    line = next(line for line in lines() if line["level"] == "ERROR")
    assert line["exception"] == "ValueError"
    assert "test_logs.py" in line["frames"]


def test_what_stands_in_files_and_their_names_stays_out(
    senior: Client, lines: Lines, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"PatientName": "CANARY^NAME", "PatientID": "CANARY-4711", "AccessionNumber": "CANARY-4711"}
    good = mr_bytes(**named)
    contents = [good, good[:-40], b"CANARY^NAME is no image", mr_bytes(Rows=40000, Columns=40000, **named)]
    contents += [good.replace(b"20230501", b"CANARYDA")]  # a date that is none
    files = [SimpleUploadedFile(f"CANARY^NAME {number} 金丝雀.dcm", data) for number, data in enumerate(contents)]
    response = senior.post("/api/uploads/", {"files": files})
    assert response.status_code == 200
    assert "stored" in {result["status"] for result in response.json()["files"]}

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("duplicate key (patient_id)=(CANARY-4711)")

    monkeypatch.setattr("reporting.predictions.upload_api.ingest_instances", broken)
    files = [SimpleUploadedFile("CANARY^NAME.dcm", good)]
    assert senior.post("/api/uploads/", {"files": files}).status_code == 500
    said = "".join(capfd.readouterr())
    assert not [canary for canary in CANARIES if canary in said]


def test_a_suspicious_request_is_told_without_its_text(client: Client, lines: Lines, settings: Any) -> None:
    def view(request: Any) -> Any:
        raise SuspiciousFileOperation("Detected path traversal attempt in '../CANARY^NAME.dcm'")

    view.login_required = False  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [path("up", view)]})
    assert client.get("/up").status_code == 400
    assert any(line["logger"].startswith("django.security") for line in lines())


def test_a_task_that_fails_is_told_without_its_text(lines: Lines) -> None:
    @app.task(name="tests.canary")
    def canary() -> None:
        raise ValueError("CANARY^NAME 金丝雀")

    try:
        canary.apply()
    finally:
        app.tasks.pop("tests.canary")
    line = next(line for line in lines() if line["logger"] == "celery.app.trace")
    assert line["exception"] == "ValueError"
    assert "tests.canary" in line["message"]


def test_libraries_that_quote_what_they_read_are_not_heard(lines: Lines) -> None:
    import pydicom  # noqa: F401  sets its own level at import

    for name in ("pydicom", "py.warnings"):
        logging.getLogger(name).error("bad value CANARY^NAME")
    assert lines() == []
