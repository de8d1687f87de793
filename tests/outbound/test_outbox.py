"""Signed reports reach an archive, once, however often it or we break down; signing waits for nobody."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pydicom
import pytest
from django.utils import timezone
from pydicom.uid import generate_uid

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.outbound import services
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Destination, Form, Kind, Said
from reporting.outbound.receivers import NotSent
from reporting.outbound.services import News, claim_delivery, queue_news, retry_delivery, send_due
from reporting.reports.exports.outgoing import send_delivery
from reporting.studies.models import Series
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

    def start(self) -> None:
        command = [
            program("storescp") or "storescp",
            "--output-directory",
            str(self.folder),
            "-aet",
            "ARCHIVE",
            str(self.port),
        ]
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


# pynetdicom leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
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
