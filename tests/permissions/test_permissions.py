"""Every address, every role: the table is the law, and an address that is not in it fails the build."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.permissions.rows import EVERYBODY, Row
from tests.permissions.table import TABLE
from tests.permissions.world import PEOPLE, World

pytestmark = pytest.mark.django_db
CHANGES = [row for row in TABLE if row.method != "GET"]
OF_OBJECTS = [row for row in TABLE if row.ids]
WITH_CHARTS = {"connections:throughput", "reader_studies:power"} | {
    f"department_audit:{page}"
    for page in ("overview", "finding", "groups", "process", "readers", "threshold_bench", "monitoring_measure")
}


def _address(row: Row, ids: dict[str, Any]) -> str:
    address = reverse(row.name, kwargs={name: ids[key] for name, key in row.ids} | dict(row.fixed))
    return f"{address}?{row.query}" if row.query else address


def _ask(client: Client, row: Row, world: World, address: str = "", **headers: str) -> Any:
    address = address or _address(row, world.ids)
    if row.report:
        headers["If-Match"] = f'"{world.versions[str(world.ids[row.report])]}"'
    if row.method == "GET":
        return client.get(address, headers=headers)
    if row.form:
        values = {name: SimpleUploadedFile("a", b"x") if value == "file" else value for name, value in row.form}
        return client.post(address, values, headers=headers)
    body = json.dumps(world.bodies.get(row.body, {}))
    return client.generic(row.method, address, body, "application/json", headers=headers)


def _routes(patterns: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}", entry


def test_every_address_and_every_method_of_the_api_is_in_the_table() -> None:
    known = {(row.name, row.method) for row in TABLE}
    missing = set()
    for name, route in _routes(get_resolver().url_patterns):
        view = getattr(route.callback, "view_class", None) or getattr(route.callback, "cls", None)
        methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
        offered = {m for m in methods if hasattr(view, m.lower())} if name.startswith("api:") else set()
        missing |= {(name, method) for method in offered} - known
        if name not in {row.name for row in TABLE}:
            missing.add((name, "?"))
    assert not missing, "add these to tests/permissions/table.py"


def test_the_table_speaks_of_everybody_and_of_addresses_that_exist() -> None:
    names = {name for name, _route in _routes(get_resolver().url_patterns)}
    for row in TABLE:
        assert row.name in names
        people = " ".join(row.answers.values()).split()
        assert sorted(people) == sorted(PEOPLE), row.name


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.name}")
def test_each_person_gets_the_answer_of_the_table(row: Row, world: World) -> None:
    found = {}
    for status, people in row.answers.items():
        for person in people.split():
            with transaction.atomic():
                response = _ask(world.client(person), row, world)
                transaction.set_rollback(True)
            policy = response.headers.get("Content-Security-Policy", "")
            assert "script-src 'self'" in policy, row.name
            # Only plotly.js, which draws the audit's charts, places its drawing by style attributes.
            draws = row.name in WITH_CHARTS and response.status_code == 200
            assert policy.count("unsafe") == draws, row.name
            assert ("style-src-attr 'unsafe-inline'" in policy) == draws, row.name
            if response.status_code != status:
                found[person] = f"{response.status_code} instead of {status}: {response.content[:300]!r}"
    assert not found


@pytest.mark.parametrize("row", OF_OBJECTS, ids=lambda row: f"{row.method} {row.name}")
def test_not_yours_and_does_not_exist_are_the_same_answer(row: Row, world: World) -> None:
    def without_id(response: Any) -> tuple[int, str]:
        shown = response.content.decode()
        if response["Content-Type"] == "application/json":
            body = response.json()
            body["error"].pop("request_id")
            shown = json.dumps(body)
        return response.status_code, shown.replace(str(client.cookies.get("dens-csrf", "")), "")

    refused = 404 if 404 in row.answers else 403  # a role that may not look at any of them hears that, whatever exists
    outsiders = row.answers[refused].split()
    client = world.client("stranger" if "stranger" in outsiders else outsiders[0])
    nobodys = {key: "1.2.3.4.5" if isinstance(value, str) else uuid.uuid4() for key, value in world.ids.items()}
    nowhere = _address(row, nobodys)
    hidden, absent = _ask(client, row, world), _ask(client, row, world, nowhere)
    assert hidden.status_code == absent.status_code == refused
    if row.name.startswith("api:"):
        assert without_id(hidden) == without_id(absent)
    else:
        assert len(hidden.content) == len(absent.content)


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row.method} {row.name}")
def test_every_change_needs_the_token_of_the_page(row: Row, world: World) -> None:
    good = next((people.split()[0] for status, people in row.answers.items() if status < 400), "senior")
    without = world.client(good, enforce_csrf_checks=True)
    assert _ask(without, row, world).status_code == 403
    foreign = world.client(good, enforce_csrf_checks=True)
    foreign.cookies["dens-csrf"] = token = "a" * 32
    headers = {"Origin": "https://evil.example", "X-CSRFToken": token}
    assert _ask(foreign, row, world, **headers).status_code == 403
    own = world.client(good, enforce_csrf_checks=True)
    own.cookies["dens-csrf"] = token
    with transaction.atomic():
        assert _ask(own, row, world, **{"X-CSRFToken": token}).status_code != 403
        transaction.set_rollback(True)


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row.method} {row.name}")
def test_a_method_named_in_a_header_is_not_obeyed(row: Row, world: World) -> None:
    client = world.client("senior")
    address = _address(row, world.ids)
    response = client.get(address, headers={"X-HTTP-Method-Override": row.method, "X-Method": row.method})
    same = next((other for other in TABLE if other.name == row.name and other.method == "GET"), None)
    expected = next(status for status, people in same.answers.items() if "senior" in people.split()) if same else 405
    assert response.status_code == expected


@pytest.mark.parametrize(
    "address", ["/api/studies/", "/api/reports/", "/api/quarantine/", "/", "/worklist/rows/", "/studies/quarantine/"]
)
def test_lists_hold_only_what_one_may_see(address: str, world: World) -> None:
    shown = {person: world.client(person).get(address).content.decode() for person in ("owner", "stranger", "senior")}
    near, far = str(world.ids["draft"]), str(world.foreign_report.pk)
    near_marks = (near, "Near")
    far_marks = (far, str(world.foreign_study.pk), "Far")
    assert not any(mark in shown["owner"] for mark in far_marks)
    assert not any(mark in shown["stranger"] for mark in near_marks)
    assert any(mark in shown["stranger"] for mark in far_marks)
    assert any(mark in shown["senior"] for mark in far_marks)


def test_a_new_role_holds_from_the_next_request_of_an_open_session(world: World) -> None:
    client = world.client("auditor")
    assert client.get("/api/audit-events/").status_code == 200
    auditor = world.people["auditor"]
    assert auditor is not None
    type(auditor).objects.filter(pk=auditor.pk).update(role="junior")
    assert client.get("/api/audit-events/").status_code == 403
    type(auditor).objects.filter(pk=auditor.pk).update(is_active=False)
    assert client.get("/api/studies/").status_code == 401


def test_nothing_of_a_development_server_is_there(world: World) -> None:
    for person in ("anonymous", "admin"):
        for address in ("/admin/", "/.git/config", "/media/", "/static/", "/__debug__/", "/api/docs/"):
            assert world.client(person).get(address).status_code == 404, address
    assert set(EVERYBODY.split()) | {"anonymous"} == set(PEOPLE)
