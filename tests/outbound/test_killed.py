"""A killed worker, a killed receiver: nothing is lost, and what comes twice is known to be the same."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from hl7apy.parser import parse_message

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.hl7_message import Message
from reporting.outbound.asking import Answer, ask
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Form, Kind
from reporting.outbound.services import send_due
from reporting.reports import services
from reporting.reports.exports.outgoing import send_delivery
from tests.paths import REPOSITORY
from tests.reports.factories import PASSWORD, make_user, signed_report

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.process,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


@dataclass
class Receiver:
    port: int
    folder: Path
    process: subprocess.Popen[str]

    def received(self, at_least: int = 0) -> list[bytes]:
        until = time.monotonic() + 60
        while len(list(self.folder.glob("[0-9]*"))) < at_least:
            assert time.monotonic() < until, "it did not arrive"
            time.sleep(0.05)
        return [path.read_bytes() for path in sorted(self.folder.glob("[0-9]*"))]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def receiving(kind: str, folder: Path, *options: str) -> Iterator[Receiver]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.outbound.receivers", kind, str(folder), *options]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Receiver(int(process.stdout.readline()), folder, process)
        finally:
            process.kill()


def sender() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.outbound.run_sender"]
    command += [str(connection.settings_dict["NAME"]), str(settings.BLOB_DIR)]
    return subprocess.Popen(command, cwd=REPOSITORY)


def point_to(receiver: Receiver) -> None:
    Delivery.objects.get().destination.__class__.objects.update(port=receiver.port)


def forget_lease_and_pause() -> None:
    """As if the minutes had gone by."""
    long_ago = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(status="sending").update(lease_expires_at=long_ago)
    Delivery.objects.update(not_before=long_ago)


@pytest.mark.parametrize(
    ("kind", "form", "known_by"),
    [
        (Kind.MLLP, Form.HL7_ORU, lambda message: Message.parse(message).first("MSH").text(10)),
        (Kind.FHIR, Form.FHIR_R4, lambda bundle: bundle),
    ],
)
def test_a_worker_and_a_receiver_die_and_the_report_arrives(
    tmp_path: Path, kind: Kind, form: Form, known_by: object
) -> None:
    assert callable(known_by)
    with receiving(kind.value, tmp_path / "first", "hold") as first:
        add_destination("X", Where(kind, "127.0.0.1", first.port, (form,)), by=None)
        signed_report(make_user(Role.SENIOR))
        worker = sender()
        taken = first.received(at_least=1)
        worker.kill()  # the receiver has it, and the worker cannot say so
        worker.wait()
        assert Delivery.objects.get().status == "sending"

        forget_lease_and_pause()
        first.kill()  # now the receiver is gone too
        assert sender().wait(60) == 0
        waiting = Delivery.objects.get()
        assert (waiting.status, waiting.fault) == ("waiting", "no_connection")

    with receiving(kind.value, tmp_path / "second") as second:
        point_to(second)
        forget_lease_and_pause()
        assert sender().wait(60) == 0
        assert sender().wait(60) == 0
        taken += second.received(at_least=1)
    assert Delivery.objects.get().status == "sent"
    assert AuditEvent.objects.filter(act="delivery.sent").count() == 1
    assert len(taken) == 2
    assert known_by(taken[0]) == known_by(taken[1])


def test_all_that_happens_to_a_report_arrives_in_its_order(tmp_path: Path) -> None:
    senior = make_user(Role.SENIOR)
    with receiving("mllp", tmp_path / "ris") as ris:
        where = Where(Kind.MLLP, "127.0.0.1", ris.port, (Form.HL7_ORU,), application="RIS", languages=("zh",))
        place = add_destination("RIS", where, by=None)
        assert ask(place, by=None) == Answer(said="AR 200 Unsupported message type")
        report = signed_report(senior)
        report.refresh_from_db()
        services.sign_addendum(report, "后补", by=senior, expected_version=report.version, password=PASSWORD)
        report.refresh_from_db()
        services.withdraw_report(report, "wrong", by=senior, expected_version=report.version, password=PASSWORD)
        assert Delivery.objects.count() == 3
        # The first has a pause to wait for: nothing may overtake it.
        first = Delivery.objects.get(said="final")
        Delivery.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(hours=1))
        assert send_due(send_delivery) == 0
        forget_lease_and_pause()
        assert send_due(send_delivery) == 3
        messages = [parse_message(one.decode(), find_groups=False) for one in ris.received(at_least=3)]
    assert [one.obr.obr_25.value for one in messages] == ["C", "C", "C"]
    assert list(Delivery.objects.order_by("step").values_list("said", flat=True)) == ["final", "addendum", "withdrawn"]
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
    assert {one.msh.msh_5.value for one in messages} == {"RIS"}


def test_a_fhir_server_is_known_by_what_it_says_of_itself(tmp_path: Path) -> None:
    with receiving("fhir", tmp_path / "ehr") as ehr:
        place = add_destination("EHR", Where(Kind.FHIR, "127.0.0.1", ehr.port, (Form.FHIR_R4,)), by=None)
        answer = ask(place, by=None)
        assert (answer.fault, answer.said) == ("", "4.0.1")
    assert ask(place, by=None).fault == "no_connection"
