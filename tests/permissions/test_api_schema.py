"""Requests drawn from the API's own schema (case F86): whoever asks, no address fails or answers what it does not say.

Every run of the tests draws the same few requests for each address; ``DENS_API_EXAMPLES=50`` draws fifty others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import Client

from reporting.studies.blobs import BlobDamaged
from tests.permissions.table import TABLE
from tests.permissions.world import PEOPLE, World

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("DENS_API_EXAMPLES", "2"))
PARTS = 8
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TOKEN = "a" * 32


@pytest.fixture(scope="module")
def identities(world: World) -> dict[str, dict[str, str]]:
    """Each person's cookies, of a session or of none; a case keeps those of the one before. One junior is enough."""
    people = [person for person in PEOPLE if person not in ("colleague", "stranger")]
    sessions = {person: world.client(person).cookies.items() for person in people}
    return {
        person: {"dens-csrf": TOKEN, "dens-session": "none", **{name: cookie.value for name, cookie in cookies}}
        for person, cookies in sessions.items()
    }


@pytest.fixture(scope="module")
def operations(world: World) -> Iterator[list[Any]]:
    """Each method of each address. They are asked as a server is asked, but on the connection of this test."""
    said = world.client("senior").get(reverse("api:schema"), headers={"Accept": "application/vnd.oai.openapi+json"})
    schema = schemathesis.openapi.from_dict(said.json())
    schema.app = WSGIHandler()
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield [found.ok() for found in schema.get_all_operations()]
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_asked_is_answered_as_the_schema_says(
    part: int, operations: list[Any], world: World, identities: dict[str, dict[str, str]]
) -> None:
    wrong: dict[str, str] = {}
    for operation in operations[part::PARTS]:
        wrong |= _wrong_answers(operation, world, identities)
    assert not wrong, "\n\n".join(f"{operation}: {said}" for operation, said in wrong.items())


@dataclass(frozen=True)
class _Row:
    """What the table asks of this address: things that exist, and what a change of them needs."""

    path: dict[str, str]
    headers: dict[str, str]
    body: Any


def _wrong_answers(operation: Any, world: World, identities: dict[str, dict[str, str]]) -> dict[str, str]:
    """By address and status, the first of each."""
    wrong: dict[str, str] = {}
    rows = [*_rows(world, operation), None]  # the first is drawn first, with the table's own body

    @given(case=operation.as_strategy(), row=st.sampled_from(rows), as_drawn=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        derandomize="DENS_API_EXAMPLES" not in os.environ,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any, row: _Row | None, as_drawn: bool) -> None:
        headers = {"X-CSRFToken": TOKEN}
        if row is not None:
            case.path_parameters = row.path
            headers |= row.headers
            if row.body is not None and not as_drawn:
                case.body = row.body
        for person, cookies in identities.items():
            with transaction.atomic():
                response = _answer(case, headers=headers, cookies=cookies)
                transaction.set_rollback(True)
            if response is None:
                continue
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as faults:
                said = "; ".join(str(fault) for fault in faults.exceptions)
                wrong.setdefault(f"{operation.label} ({response.status_code})", f"{person}: {said}")

    ask()
    return wrong


def _answer(case: Any, **more: Any) -> Any:
    """None where bytes are missing: the world keeps none of its objects, and an archive that lost some is at fault."""
    try:
        response = case.call(session=Client(case.operation.schema.app), **more)  # without the cookies of the one before
    except BlobDamaged:  # after the first byte of the answer
        return None
    return None if response.status_code == 500 and b'"blob_damaged"' in response.content else response


@schemathesis.serializer("multipart/related")
def _parts(_context: Any, value: Any) -> bytes:
    """The schema knows no more of STOW's body than that it is bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


def _rows(world: World, operation: Any) -> list[_Row]:
    address = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.full_path)) + "$")
    found = []
    for row in TABLE:
        named = {name: world.ids[key] for name, key in row.ids} | dict(row.fixed)
        match = address.match(reverse(row.name, kwargs=named))
        if match and row.method.lower() == operation.method:
            version = world.versions[str(world.ids[row.report])] if row.report else None
            headers = {"If-Match": f'"{version}"'} if row.report else {}
            found.append(_Row(match.groupdict(), headers, world.bodies.get(row.body)))
    return found
