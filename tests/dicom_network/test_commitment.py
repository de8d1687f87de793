"""Who asked for a storage commitment is told, also when it left at once: on an association of ours, if it listens."""

from __future__ import annotations

import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.dicom_address import Called
from reporting.core.errors import InvalidInput
from reporting.core.request_id import remote_address
from reporting.dicom_network.listener import commitment, telling
from reporting.dicom_network.listener.questions import Questions
from reporting.dicom_network.models import Peer
from reporting.dicom_network.services import Listens, add_peer, change_peer, ping_peer
from reporting.studies.models import SopInstance
from tests.dicom_network import orthanc
from tests.dicom_network.listening import AE_TITLE, Listener, listening, needs, scanner
from tests.dicom_network.test_limits import certificate, soon
from tests.dicom_network.test_listener import answered
from tests.factories import make_study, make_user
from tests.inference.dicom_series import slice_values, write_series
from tests.programs import program

Report = tuple[int, Dataset]


@dataclass
class Ears:
    """A scanner's own listener, and what it was told there."""

    port: int = 0
    heard: list[Report] = field(default_factory=list)
    before_it_answers: Callable[[], object] = lambda: None
    says: int = 0x0000

    def on_report(self, event: Any) -> tuple[int, None]:
        self.heard.append((event.event_type, event.event_information))
        self.before_it_answers()
        return self.says, None


@contextmanager
def listens(tls: ssl.SSLContext | None = None, *, agrees: bool = True) -> Iterator[Ears]:
    """``agrees``: to be the user of the class although it is called."""
    entity, ears = AE(AE_TITLE), Ears()
    entity.require_called_aet = True
    entity.add_supported_context(StorageCommitmentPushModel, scu_role=not agrees, scp_role=agrees)
    handlers = [(evt.EVT_N_EVENT_REPORT, ears.on_report)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=tls)
    ears.port = server.server_address[1]
    try:
        yield ears
    finally:
        server.shutdown()


def told_at(port: int, *, uses_tls: bool = False) -> Peer:
    where = Listens("127.0.0.1", port, uses_tls)
    return add_peer(AE_TITLE, addresses=["127.0.0.1"], received_as=make_user(Role.SERVICE), listens=where, by=None)


def asking(listener: Listener, on_report: Callable[[Any], tuple[int, None]] | None = None) -> Any:
    entity = AE(AE_TITLE)
    entity.add_requested_context(StorageCommitmentPushModel)
    handlers = [(evt.EVT_N_EVENT_REPORT, on_report)] if on_report else []
    return entity.associate("127.0.0.1", listener.port, ae_title="DENS", evt_handlers=handlers)


def ask(association: Any) -> str:
    """For all that is here and one thing that is not; the transaction."""
    request = Dataset()
    request.TransactionUID, request.ReferencedSOPSequence = generate_uid(), []
    kept = list(SopInstance.objects.values_list("sop_class_uid", "sop_instance_uid"))
    for sop_class, uid in [*kept, (kept[0][0], generate_uid())]:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        request.ReferencedSOPSequence.append(item)
    model = (StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    status, _reply = association.send_n_action(request, 1, *model)
    assert status.Status == 0x0000
    return str(request.TransactionUID)


def leave(association: Any) -> None:
    began = time.monotonic()
    association.release()
    assert association.is_released
    assert time.monotonic() - began < 5


def said_in_the_trail() -> dict[str, Any]:
    (event,) = answered(1)
    assert event.outcome == ("success" if event.data["told"] else "failure")
    assert event.remote_address == "127.0.0.1"
    return dict(event.data)


@contextmanager
def holding_three(tmp_path: Path, **settings: str) -> Iterator[Listener]:
    needs("storescu")
    write_series(tmp_path / "series", slice_values(3))
    with listening(**settings) as running:
        stored = running.store(tmp_path / "series")
        assert stored.returncode == 0, stored.stderr
        yield running


pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]
TOLD_ON_OURS = {"objects": 4, "failed": 1, "told": True, "on": "ours", "tries": 1, "fault": ""}


def test_a_scanner_that_leaves_at_once_is_told_where_it_listens(tmp_path: Path) -> None:
    with listens() as ears:
        told_at(ears.port)
        with holding_three(tmp_path) as running:
            association = asking(running)
            transaction = ask(association)
            leave(association)
            assert said_in_the_trail() == TOLD_ON_OURS
    ((kind, report),) = ears.heard
    assert (kind, report.TransactionUID) == (2, transaction)
    assert len(report.ReferencedSOPSequence) == 3
    assert [item.FailureReason for item in report.FailedSOPSequence] == [0x0112]


def test_a_scanner_that_stays_is_told_on_its_own_association(tmp_path: Path) -> None:
    reports: list[str] = []
    both = threading.Event()

    def on_report(event: Any) -> tuple[int, None]:
        reports.append(str(event.event_information.TransactionUID))
        if len(reports) == 2:
            both.set()
        return 0x0000, None

    with listens() as ears:
        told_at(ears.port)
        with holding_three(tmp_path) as running:
            association = asking(running, on_report)
            transactions = {ask(association), ask(association)}
            assert both.wait(20)
            events = answered(2)
            leave(association)
    assert set(reports) == transactions
    assert {event.data["on"] for event in events} == {"theirs"}
    assert ears.heard == []


def test_a_scanner_that_leaves_without_a_word_to_the_report_is_let_go_and_told_again(tmp_path: Path) -> None:
    came, answers = threading.Event(), threading.Event()

    def on_report(event: Any) -> tuple[int, None]:
        came.set()
        answers.wait(20)
        return 0x0000, None

    with listens() as ears:
        told_at(ears.port)
        with holding_three(tmp_path) as running:
            association = asking(running, on_report)
            ask(association)
            assert came.wait(20)
            leave(association)
            answers.set()
            assert said_in_the_trail() == TOLD_ON_OURS
    assert len(ears.heard) == 1


def test_a_scanner_that_refuses_the_report_is_told_where_it_listens(tmp_path: Path) -> None:
    with listens() as ears:
        told_at(ears.port)
        with holding_three(tmp_path) as running:
            association = asking(running, lambda _event: (0x0110, None))
            ask(association)
            assert said_in_the_trail() == TOLD_ON_OURS
            leave(association)


def test_over_tls_a_scanner_is_told_whom_our_authority_vouches_for(tmp_path: Path) -> None:
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    key, its_own = certificate(tmp_path, "scanner")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(its_own, key)
    with listens(context) as ears:
        peer = told_at(ears.port, uses_tls=True)
        assert ping_peer(peer, by=None) == "tls_failed"
        with holding_three(tmp_path, DENS_DESTINATIONS_CA=str(its_own)) as running:
            association = asking(running)
            ask(association)
            leave(association)
            assert said_in_the_trail() == TOLD_ON_OURS
    assert len(ears.heard) == 1


def test_who_is_being_told_when_the_listener_ends_is_told(tmp_path: Path) -> None:
    with listens() as ears:
        ears.before_it_answers = lambda: time.sleep(2)
        told_at(ears.port)
        with holding_three(tmp_path) as running:
            association = asking(running)
            ask(association)
            leave(association)
            while not ears.heard:
                time.sleep(0.05)
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(30) == 0
    assert said_in_the_trail() == TOLD_ON_OURS


def test_orthanc_sends_asks_leaves_and_is_told(tmp_path: Path) -> None:
    with listening() as ours, orthanc.orthanc(tmp_path / "orthanc", knows_us_at=ours.port) as theirs:
        listens_at = Listens("127.0.0.1", theirs.port)
        account = make_user(Role.SERVICE)
        add_peer(orthanc.AE_TITLE, addresses=["127.0.0.1"], received_as=account, listens=listens_at, by=None)
        theirs.give(write_series(tmp_path / "series", slice_values(3)))
        assert theirs.sends_and_asks_us_to_commit() == "Success"
        assert said_in_the_trail() == TOLD_ON_OURS | {"objects": 3, "failed": 0}


def test_who_takes_one_association_is_told_one_after_the_other() -> None:
    at_once, most, told = 0, 0, []

    def is_told() -> None:
        told.append(tell(Called("127.0.0.1", ears.port, AE_TITLE)))

    def answers_slowly() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.2)
        at_once -= 1

    with listens() as ears:
        ears.before_it_answers = answers_slowly
        threads = [threading.Thread(target=is_told) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert told == [telling.Told("ours", 1)] * 4
    assert most == 1


def test_nobody_waits_for_ever_for_our_other_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PAUSES_S", ())
    monkeypatch.setattr(telling, "TURN_S", 0.1)
    with listens() as ears:
        there = Called("127.0.0.1", ears.port, AE_TITLE)
        with telling._our_turn(there):
            assert tell(there) == telling.Told("", 1, "busy")
        assert tell(there) == telling.Told("ours", 1)


class Gone:
    """The association of a peer that has left."""

    context_id, transfer_syntax = 1, "1.2.840.10008.1.2"
    dimse_timeout = 1

    def __init__(self) -> None:
        self.dimse = self
        self.questions = Questions(lambda _question, _context_id: None)
        self.questions.end()


def tell(listens_at: Called | None) -> telling.Told:
    report, gone = Dataset(), Gone()
    report.TransactionUID = generate_uid()
    return telling.tell(report, theirs=gone, context=gone, listens_at=listens_at)  # type: ignore[arg-type]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Asks, in this process, for the objects of a study and another; the status. Peers leave at once."""
    make_study(objects=2)
    peer, request = scanner(), Dataset()
    monkeypatch.setattr(telling, "ending", threading.Event())
    request.TransactionUID, request.ReferencedSOPSequence = generate_uid(), []
    for uid in (*SopInstance.objects.values_list("sop_instance_uid", flat=True), generate_uid()):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = SopInstance.objects.all()[0].sop_class_uid, uid
        request.ReferencedSOPSequence.append(item)
    event: Any = SimpleNamespace(action_type=1, action_information=request, assoc=Gone(), context=Gone())
    token = remote_address.set("127.0.0.1")
    yield lambda: commitment.asked(event, peer)
    remote_address.reset(token)
    assert soon(lambda: not commitment._at_work)


NOT_TOLD = {"objects": 3, "told": False, "on": "", "tries": 0}


def test_while_objects_are_read_no_connection_is_held_and_few_are_read(
    here: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    seen: list[tuple[int, bool]] = []

    def read(_digest: str) -> None:
        at_once.append(1)
        seen.append((len(at_once), connections["default"].connection is None))
        time.sleep(0.05)
        at_once.pop()

    monkeypatch.setattr(commitment, "verified_path", read)
    assert [here() for _number in range(8)] == [0x0000] * 8
    assert {event.data["failed"] for event in answered(8)} == {1}
    assert len(seen) == 16
    assert max(count for count, _is_free in seen) <= commitment.READERS_AT_ONCE
    assert all(is_free for _count, is_free in seen)


def test_who_asks_faster_than_can_be_told_has_to_wait(here: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(commitment, "MAX_AT_ONCE", 2)
    with monkeypatch.context() as slow:
        slow.setattr(commitment, "verified_path", lambda _digest: goes_on.wait(20))
        assert [here(), here(), here()] == [0x0000, 0x0000, 0x0213]
        goes_on.set()
        answered(2)
        assert soon(lambda: not commitment._at_work)
    assert here() == 0x0000
    answered(3)


def test_what_cannot_be_written_is_in_the_trail(here: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "encode", lambda *_report: None)
    assert here() == 0x0000
    assert said_in_the_trail() == NOT_TOLD | {"failed": 1, "fault": "error"}


def test_who_is_not_told_before_the_listener_ends_is_in_the_trail_once(
    here: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(commitment, "verified_path", lambda _digest: goes_on.wait(20))
    assert here() == 0x0000
    commitment.finish(0.1)
    assert said_in_the_trail() == NOT_TOLD | {"failed": None, "fault": "listener_ended"}
    goes_on.set()
    assert soon(lambda: not commitment._at_work)
    said_in_the_trail()


def test_a_scanner_that_is_not_there_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PAUSES_S", (0.01, 0.01))
    assert tell(Called("127.0.0.1", 1, AE_TITLE)) == telling.Told("", 3, "no_connection")
    assert tell(None) == telling.Told("", 0, "no_address")


def test_a_scanner_that_is_back_at_the_second_try_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PAUSES_S", (0.01, 0.01))
    with listens() as ears:
        ears.says = 0x0110

        def is_well_again() -> None:
            if len(ears.heard) == 2:
                ears.says = 0x0000

        ears.before_it_answers = is_well_again
        assert tell(Called("127.0.0.1", ears.port, AE_TITLE)) == telling.Told("ours", 2)


def test_a_scanner_that_does_not_agree_to_be_told_or_is_another_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PAUSES_S", ())
    with listens(agrees=False) as ears:
        assert tell(Called("127.0.0.1", ears.port, AE_TITLE)).fault == "sop_class_not_accepted"
        assert tell(Called("127.0.0.1", ears.port, "OTHER")).fault == "association_rejected"
    assert ears.heard == []


def test_without_time_for_pauses_there_is_one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "ending", threading.Event())
    telling.ending.set()
    assert tell(Called("127.0.0.1", 1, AE_TITLE)).tries == 1


def test_an_answer_that_comes_late_is_to_the_question_before() -> None:
    def send(question: N_EVENT_REPORT, _context_id: int) -> None:
        for number in (question.MessageID - 1, question.MessageID):
            answer = N_EVENT_REPORT()
            answer.MessageIDBeingRespondedTo = number
            if number != 1:  # the first is never answered in time
                questions.answered(answer)

    questions = Questions(send)
    before = N_EVENT_REPORT()
    before.MessageIDBeingRespondedTo = 1
    questions.answered(before)  # nobody has asked
    assert questions.ask(N_EVENT_REPORT(), 1, 0.01) is None
    answer = questions.ask(N_EVENT_REPORT(), 1, 5)
    assert answer is not None
    assert answer.MessageIDBeingRespondedTo == 2
    questions.end()
    assert questions.ask(N_EVENT_REPORT(), 1, 5) is None


def said(*words: str) -> str:
    out = StringIO()
    call_command("dicom_peer", *words, stdout=out)
    return out.getvalue().strip()


def test_where_a_peer_listens_is_said_and_stays_until_it_is_said_anew() -> None:
    make_user(Role.SERVICE)
    assert said(AE_TITLE, "10.1.2.3") == "SCANNER 10.1.2.3/32"
    assert (
        said(AE_TITLE, "--listens-at", "10.1.2.3", "104", "--tls") == "SCANNER 10.1.2.3/32 listens at 10.1.2.3:104 TLS"
    )
    assert said(AE_TITLE, "10.1.2.4") == "SCANNER 10.1.2.4/32 listens at 10.1.2.3:104 TLS"
    assert said(AE_TITLE, "--listens-nowhere") == "SCANNER 10.1.2.4/32"
    assert said(AE_TITLE, "--off") == "SCANNER 10.1.2.4/32 (off)"
    assert said(AE_TITLE, "--listens-at", "10.1.2.3", "104") == "SCANNER 10.1.2.4/32 listens at 10.1.2.3:104 (off)"
    assert said(AE_TITLE, "--listens-nowhere") == "SCANNER 10.1.2.4/32 (off)"
    assert said(AE_TITLE, "10.1.2.4") == "SCANNER 10.1.2.4/32"
    for wrong in (["a b", "104"], ["10.1.2.3", "x"], ["10.1.2.3", "0"], ["10.1.2.3", "99999999999"]):
        with pytest.raises(CommandError):
            said(AE_TITLE, "--listens-at", *wrong)
    with pytest.raises(CommandError):
        said(AE_TITLE, "--tls")
    first = AuditEvent.objects.filter(act="peer.changed").order_by("sequence")[0]
    assert first.data["to"]["port"] == 104


@pytest.mark.parametrize("half", [Listens("host"), Listens("", 104), Listens(uses_tls=True)])
def test_half_an_address_is_none(half: Listens) -> None:
    peer = scanner()
    with pytest.raises(InvalidInput):
        change_peer(peer, addresses=["::1"], listens=half, is_active=True, by=None, expected_version=1)
    with pytest.raises(InvalidInput):
        ping_peer(peer, by=None)


def test_a_peer_is_tested_where_it_listens() -> None:
    with listens() as ears:
        assert ping_peer(told_at(ears.port), by=None) == ""
    assert ping_peer(Peer.objects.get(), by=None) == "no_connection"
    assert list(
        AuditEvent.objects.filter(act="peer.tested").order_by("sequence").values_list("outcome", flat=True)
    ) == [
        "success",
        "failure",
    ]
