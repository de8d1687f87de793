"""A full disk refuses files and recovers; who may not send any is refused before the body is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reporting.accounts.models import Role
from reporting.studies.models import SopInstance
from tests.factories import make_user
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer(client: Client) -> Client:
    client.force_login(make_user(Role.IMPORTER))
    return client


def _send(client: Client, files: dict[str, bytes], **headers: str) -> Any:
    uploads = [SimpleUploadedFile(name, content) for name, content in files.items()]
    return client.post("/api/uploads/", {"files": uploads}, headers=headers)


def test_a_full_disk_is_507_before_anything_is_stored_and_recovers(importer: Client, settings: Any) -> None:
    least = settings.MIN_FREE_BYTES
    settings.MIN_FREE_BYTES = 2**62
    content = {"a.dcm": mr_bytes()}
    refused = _send(importer, content)
    assert (refused.status_code, refused.json()["error"]["code"]) == (507, "storage_full")
    assert SopInstance.objects.count() == 0
    settings.MIN_FREE_BYTES = least
    assert _send(importer, content).json()["files"][0]["status"] == "stored"


def test_who_may_not_ingest_is_refused_before_the_body_is_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("rest_framework.parsers.MultiPartParser.parse", never)
    assert _send(client, {"a.dcm": b"x"}).status_code == 401
    client.force_login(make_user(Role.RESEARCHER))
    assert _send(client, {"a.dcm": b"x"}).status_code == 403
