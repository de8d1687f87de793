"""Signed reports reach an archive, once, however often it or we break down; signing waits for nobody."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pydicom
import pytest
from django.utils import timezone
from pydicom.uid import generate_uid

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.outbound import services
from reporting.outbound.asking import ask
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.mllp_send import send_message
from reporting.outbound.models import Delivery, Destination, Form, Kind, Said
from reporting.outbound.receivers import NotSent, token
from reporting.outbound.services import News, claim_delivery, queue_news, retry_delivery, send_due
from reporting.reports.exports.outgoing import send_delivery
from reporting.studies.models import Series
from tests.dicom_network.test_limits import certificate
from tests.factories import add_object, make_user
from tests.programs import program
from tests.reports.factories import complete, make_draft, sign
from tests.reports.factories import make_user as make_signer

pytestmark = pytest.mark.django_db


@dataclass
class Archive:
    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        command = [program("storescp") or "storescp", "--output-directory", str(self.folder), "-aet", "ARCHIVE"]
        command += [*options, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _try in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def objects(self) -> list[pydicom.FileDataset]:
        return [pydicom.dcmread(path) for path in sorted(self.folder.iterdir())]


@pytest.fixture
def senior() -> User:
    return make_signer(Role.SENIOR)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    if program("storescp") is None:
        pytest.skip("dcmtk's storescp is not installed: nothing was sent to a real archive")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "archive").mkdir()
    made = Archive(port, tmp_path / "archive")
    yield made
    made.stop()


def destination(port: int = 1, *forms: Form) -> Destination:
    where = Where(Kind.DICOM, "127.0.0.1", port, forms or (Form.DICOM_SR,), ae_title="ARCHIVE")
    return add_destination("PACS", where, by=None)


def signed(by: User) -> Delivery:
    report = make_draft()
    series = report.study.series_set.first() or Series.objects.create(
        study=report.study, series_instance_uid=generate_uid(), modality="MR"
    )
    add_object(series)
    complete(report, by)
    sign(report, by)
    return Delivery.objects.get()


def due_now() -> None:
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def delivery() -> Delivery:
    destination()
    (made,) = queue_news(News(uuid4(), uuid4(), Said.FINAL, 1), by=None)
    return made


def test_a_signed_report_arrives_after_the_archive_came_back(senior: User, archive: Archive) -> None:
    destination(archive.port)
    delivery = signed(senior)
    assert send_due(send_delivery) == 1  # nobody listens
    delivery.refresh_from_db()
    assert (delivery.status, delivery.fault) == ("waiting", "no_connection")
    assert send_due(send_delivery) == 0  # not before its pause is over
    archive.start()
    due_now()
    assert send_due(send_delivery) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt, delivery.fault) == ("sent", 2, "")
    (received,) = archive.objects()
    assert received.Modality == "SR"
    assert AuditEvent.objects.filter(act="delivery.sent", object_id=str(delivery.pk)).count() == 1


def test_what_there_is_nothing_of_is_not_said_to_be_sent(senior: User) -> None:
    destination(1, Form.DICOM_SEG)
    signed(senior)  # a study without masks
    assert send_due(send_delivery) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.sent_at, delivery.sha256, delivery.fault) == ("empty", None, "", "")
    assert not AuditEvent.objects.filter(act="delivery.sent").exists()
    due_now()
    assert send_due(send_delivery) == 0


def test_what_was_sent_by_a_worker_that_died_is_sent_again_as_the_same_object(senior: User, archive: Archive) -> None:
    destination(archive.port)
    signed(senior)
    archive.start()
    lost = claim_delivery()
    assert lost is not None
    send_delivery(lost)  # and the worker is killed before it can say so
    assert claim_delivery() is None
    Delivery.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert send_due(send_delivery) == 1
    assert len(archive.objects()) == 1
    assert Delivery.objects.get().attempt == 2


def test_the_same_is_queued_once(delivery: Delivery) -> None:
    assert delivery.report is not None
    assert queue_news(News(delivery.report, delivery.subject, Said.FINAL, 1), by=None) == []
    assert Delivery.objects.count() == 1


def test_a_late_worker_changes_nothing(delivery: Delivery) -> None:
    first = claim_delivery()
    assert first is not None
    Delivery.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    second = claim_delivery()
    assert second is not None
    services._sent(first, "0" * 64)
    services._give_back(first, "late", for_good=True)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt, delivery.fault) == ("sending", 2, "")


def test_what_the_receiver_refuses_for_good_is_parked_until_somebody_tries_again(delivery: Delivery) -> None:
    def refuse(_delivery: Delivery) -> str:
        raise NotSent("status_a900", for_good=True)

    send_due(refuse)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.fault) == ("parked", "status_a900")
    with pytest.raises(NotAllowed):
        retry_delivery(delivery, by=make_user(Role.JUNIOR))
    retry_delivery(delivery, by=make_user(Role.ADMIN))
    with pytest.raises(WrongState):
        retry_delivery(delivery, by=make_user(Role.ADMIN))
    assert send_due(lambda _delivery: "a" * 64) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sha256) == ("sent", "a" * 64)


def test_after_the_last_try_it_is_parked(delivery: Delivery) -> None:
    def fail(_delivery: Delivery) -> str:
        raise NotSent("no_connection")

    for _try in range(services.TRIES):
        due_now()
        send_due(fail)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt) == ("parked", services.TRIES)


def test_pauses_grow_and_differ() -> None:
    assert services.pause_s(0) < 60 < services.pause_s(3) < services.pause_s(11) <= 4500
    assert len({services.pause_s(4) for _try in range(5)}) > 1


def test_an_error_of_ours_is_tried_again_and_says_nothing_of_the_report(delivery: Delivery) -> None:
    def break_down(_delivery: Delivery) -> str:
        raise RuntimeError("Zhang San")

    send_due(break_down)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.fault) == ("waiting", "error")


def news(report: UUID, said: Said, step: int) -> list[Delivery]:
    return queue_news(News(report, uuid4(), said, step), by=None)


def mllp(name: str, **more: Any) -> Destination:
    return add_destination(name, Where(Kind.MLLP, "127.0.0.1", 1, (Form.HL7_ORU,), **more), by=None)


def test_what_a_later_state_has_overtaken_is_never_sent(delivery: Delivery) -> None:
    mllp("RIS")
    report = uuid4()
    (first,) = (one for one in news(report, Said.FINAL, 1) if one.form == Form.HL7_ORU)
    Delivery.objects.filter(pk=first.pk).update(status="parked")
    news(report, Said.ADDENDUM, 2)
    send_due(lambda _delivery: "a" * 64)
    first.refresh_from_db()
    assert first.status == "superseded"
    with pytest.raises(WrongState):
        retry_delivery(first, by=make_user(Role.ADMIN))
    # Objects of an archive stand beside one another: there nothing is overtaken.
    assert not Delivery.objects.filter(form=Form.DICOM_SR).exclude(status="sent").exists()


def test_each_is_told_what_it_takes() -> None:
    destination()
    mllp("RIS")
    mllp("WARD", with_preliminary=True)
    report = uuid4()
    told = {
        said: sorted(one.destination.name for one in news(report, said, step))
        for step, said in enumerate(Said, start=1)
    }
    assert told == {
        Said.PRELIMINARY: ["WARD"],
        Said.FINAL: ["PACS", "RIS", "WARD"],
        Said.ADDENDUM: ["PACS", "RIS", "WARD"],
        Said.WITHDRAWN: ["RIS", "WARD"],
    }


def test_one_dead_receiver_does_not_hold_up_the_others() -> None:
    dead, alive = mllp("DEAD"), mllp("ALIVE")
    for _report in range(5):
        news(uuid4(), Said.FINAL, 1)
    tried = []

    def send(delivery: Delivery) -> str:
        tried.append(delivery.destination.name)
        if delivery.destination == dead:
            raise NotSent("no_connection")
        return "a" * 64

    send_due(send)
    assert sorted(tried) == ["ALIVE"] * 5 + ["DEAD"]
    assert alive.deliveries.filter(status="sent").count() == 5


@pytest.mark.parametrize(
    ("answer", "fault", "for_good"),
    [
        ("MSA|AA|{id}\r", "", False),
        ("MSA|CA|{id}\r", "", False),
        ("MSA|AE|{id}\r", "answer_ae", True),
        ("MSA|AR|{id}\r", "answer_ar", False),
        ("MSA|AA|OTHER\r", "answer_to_another", False),
        ("MSA||{id}\r", "answer_unreadable", False),
        ("", "answer_to_another", False),
        (None, "answer_unreadable", False),
    ],
)
def test_a_message_is_taken_only_when_the_answer_says_so(answer: str | None, fault: str, for_good: bool) -> None:
    raw = b"no message" if answer is None else f"MSH|^~\\&|RIS||||||ACK|1|P|2.5\r{answer.format(id='X1')}".encode()
    server = socket.create_server(("127.0.0.1", 0))

    def receive() -> None:
        with server, server.accept()[0] as connection:
            assert connection.recv(65536).endswith(b"\x1c\r")
            connection.sendall(b"\x0b" + raw[:5])  # an answer may come in pieces
            connection.sendall(raw[5:] + b"\x1c\r")

    receiver = threading.Thread(target=receive)
    receiver.start()
    place = Destination(kind=Kind.MLLP, host="127.0.0.1", port=server.getsockname()[1])
    try:
        send_message(b"MSH|^~\\&|DENS||||||ORU^R01|X1|P|2.5\r", place)
        refusal = None
    except NotSent as error:
        refusal = error
    receiver.join()
    assert (refusal.code if refusal else "", bool(refusal and refusal.for_good)) == (fault, for_good)


def test_a_token_is_read_from_its_file_and_missing_it_sends_nothing(settings: Any, tmp_path: Path) -> None:
    settings.DESTINATIONS_SECRETS_DIR = str(tmp_path)
    (tmp_path / "ehr").write_text("secret\n")
    assert token("ehr") == "secret"
    with pytest.raises(NotSent) as refusal:
        token("other")
    assert refusal.value.code == "token_missing"


@pytest.mark.parametrize(
    ("kind", "form"), [(Kind.MLLP, Form.HL7_ORU), (Kind.FHIR, Form.FHIR_R4), (Kind.DICOM, Form.DICOM_SR)]
)
def test_over_tls_nothing_is_said_to_whom_nobody_vouches_for(archive: Archive, kind: Kind, form: Form) -> None:
    archive.start()  # speaks no TLS at all
    where = Where(kind, "127.0.0.1", archive.port, (form,), ae_title="ARCHIVE", uses_tls=True)
    assert ask(add_destination("X", where, by=None), by=None).fault in ("tls_failed", "no_connection")


def test_over_tls_reports_go_to_whom_our_authority_vouches_for(
    archive: Archive, senior: User, tmp_path: Path, settings: Any
) -> None:
    """dcmtk's storescp with a certificate of its own."""
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    key, its_own = certificate(tmp_path, "archive")
    _key, strangers = certificate(tmp_path, "stranger")
    archive.start("+tls", str(key), str(its_own), "-ic")
    where = Where(Kind.DICOM, "127.0.0.1", archive.port, (Form.DICOM_SR,), ae_title="ARCHIVE", uses_tls=True)
    place = add_destination("PACS", where, by=None)
    settings.DESTINATIONS_CA = str(strangers)
    assert ask(place, by=None).fault == "tls_failed"
    settings.DESTINATIONS_CA = str(its_own)
    assert ask(place, by=None).fault == ""
    signed(senior)
    assert send_due(send_delivery) == 1
    assert [one.Modality for one in archive.objects()] == ["SR"]
