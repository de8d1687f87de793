"""The API: one error shape for everything, described completely, closed to strangers and to names of their choice."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from reporting.accounts import services
from reporting.accounts.models import Role
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def senior(client: Client) -> Client:
    client.force_login(make_user(Role.SENIOR))
    return client


def _error(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/json"
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert error["request_id"] == response["X-Request-ID"]
    return error


def test_nobody_is_401_in_the_one_shape(client: Client) -> None:
    response = client.get("/api/studies/")
    assert (response.status_code, _error(response)["code"]) == (401, "not_authenticated")


def test_an_unknown_address_an_unknown_object_and_a_wrong_method_have_the_shape(senior: Client) -> None:
    for response, status in [
        (senior.get("/api/nothing/"), 404),
        (senior.get("/api/studies/00000000-0000-0000-0000-000000000000/"), 404),
        (senior.delete("/api/audit-events/"), 405),
        (senior.post("/api/session/", "{", content_type="application/json"), 400),
        (senior.post("/api/session/", "<x/>", content_type="text/xml"), 415),
    ]:
        assert response.status_code == status
        _error(response)


def test_a_role_that_may_not_is_403_and_noted(client: Client) -> None:
    admin = make_user(Role.ADMIN)
    client.force_login(admin)
    response = client.get("/api/audit-events/")
    assert (response.status_code, _error(response)["code"]) == (403, "not_allowed")
    event = AuditEvent.objects.get(act=AuditAct.ACCESS_DENIED)
    assert (event.actor, event.data["route"]) == (admin, "api:audit-events")


def test_a_bug_is_500_in_the_shape_without_its_text(senior: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("CANARY^NAME")

    monkeypatch.setattr("reporting.studies.api.StudiesView.get_queryset", broken)
    senior.raise_request_exception = False
    response = senior.get("/api/studies/")
    assert (response.status_code, _error(response)["code"]) == (500, "server_error")
    assert b"CANARY" not in response.content


@pytest.mark.parametrize(
    "query",
    [
        "order_by=user__password",
        "ordering=-patient__name",
        "_connector=OR",
        "patient__name__startswith=A",
        "assigned=everybody",
        "received_after=yesterday",
        "search=%25%25%25",
    ],
)
@pytest.mark.parametrize("address", ["/api/studies/", "/api/audit-events/", "/api/quarantine/"])
def test_only_written_down_filters_reach_the_database(client: Client, address: str, query: str) -> None:
    client.force_login(make_user(Role.AUDITOR))
    response = client.get(f"{address}?{query}")
    assert (response.status_code, _error(response)["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("position", ["p=x", "p=2024-99-99T00:00:00", "p=%00", "p=1;drop", "o=99999999999&p=1"])
def test_a_forged_cursor_is_refused(senior: Client, position: str) -> None:
    cursor = base64.b64encode(position.encode()).decode()
    assert senior.get("/api/studies/", {"cursor": cursor}).status_code in {200, 404}


def test_pages_follow_each_other(senior: Client) -> None:
    made = {str(make_study().pk) for _ in range(5)}
    seen, address = set(), "/api/studies/?page_size=2"
    while address:
        page = senior.get(address).json()
        seen |= {study["id"] for study in page["results"]}
        address = page["next"]
    assert seen == made


def test_the_session_over_the_api(client: Client) -> None:
    user, password = services.create_user(username="anna", full_name="Anna", role=Role.JUNIOR, by=None)
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/api/session/").status_code == 401
    token = strict.cookies["dens-csrf"].value
    login = {"username": "anna", "password": password}
    assert strict.post("/api/session/", login, content_type="application/json").status_code == 403
    headers = {"X-CSRFToken": token}
    response = strict.post("/api/session/", login, content_type="application/json", headers=headers)
    assert response.status_code == 200
    assert response.json()["role"] == "junior"
    assert "report.sign" not in response.json()["may"]
    assert "password" not in response.json()
    assert strict.get("/api/session/").json()["id"] == str(user.pk)
    headers = {"X-CSRFToken": strict.cookies["dens-csrf"].value}
    assert strict.delete("/api/session/", headers=headers).status_code == 204
    assert strict.get("/api/session/").status_code == 401


def test_opening_a_study_is_audited(senior: Client) -> None:
    study = make_study()
    body = senior.get(f"/api/studies/{study.pk}/").json()
    assert body["series"][0]["number_of_instances"] == 2
    assert AuditEvent.objects.filter(act=AuditAct.STUDY_OPENED, object_id=str(study.pk)).count() == 1


def test_the_schema_is_for_members_only_and_complete(senior: Client) -> None:
    assert Client().get("/api/schema/").status_code == 401
    assert senior.get("/api/schema/").status_code == 200
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_answers_are_not_kept_by_caches(senior: Client) -> None:
    assert senior.get("/api/studies/")["Cache-Control"] == "no-store"
