"""Health pages: open to everybody, honest about what is missing, silent about what is inside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from config import health
from reporting.predictions.models import WorkerHeartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last_answer", (0.0, {}))
    monkeypatch.setattr(health, "_broker", lambda: "ok")


def _worker(queue: str, *, silent_for: timedelta = timedelta()) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(
        name=f"{queue}@here", queues=[queue], started_at=now - timedelta(hours=1), seen_at=now - silent_for
    )


def _ready(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/health/ready")
    return response.status_code, response.json()


def test_alive_without_login(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_when_everything_is_there(client: Client) -> None:
    _worker("inference")
    _worker("default")
    status, body = _ready(client)
    assert (status, body["status"]) == (200, "ok")


def test_a_missing_worker_is_said_aloud_but_pages_are_served(client: Client) -> None:
    _worker("inference", silent_for=timedelta(minutes=10))
    status, body = _ready(client)
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["worker_inference"] == "silent"
    assert body["checks"]["worker_default"] == "never seen"


def test_a_broker_that_is_down_degrades(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_broker", lambda: "unreachable")
    assert _ready(client)[1]["checks"]["broker"] == "unreachable"


def test_little_space_degrades(client: Client, settings: Any) -> None:
    settings.MIN_FREE_BYTES = 2**62
    status, body = _ready(client)
    assert (status, body["status"], body["checks"]["storage"]) == (200, "degraded", "full")


def test_without_a_database_nothing_is_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def cursor(self) -> None:
            raise DatabaseError("password=secret host=db")

    monkeypatch.setattr(health, "connection", Down())
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert b"secret" not in response.content


def test_asking_often_does_not_look_often(client: Client, django_assert_num_queries: Any) -> None:
    _ready(client)
    with django_assert_num_queries(0):
        _ready(client)


def test_probes_over_plain_http_are_not_redirected(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/live").status_code == 200
    assert client.get("/accounts/login/").status_code == 301


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_health_can_only_be_read(client: Client, method: str) -> None:
    assert getattr(client, method)("/health/live").status_code == 405
