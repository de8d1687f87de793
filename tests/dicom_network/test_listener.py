"""Peers store with us: what dcmtk's programs send is kept once, and success is said only for what is kept."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    EnhancedMRColorImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    KeyObjectSelectionDocumentStorage,
    LegacyConvertedEnhancedMRImageStorage,
    RLELossless,
    SegmentationStorage,
    generate_uid,
)
from pydicom.uid import SecondaryCaptureImageStorage as SecondaryCapture
from pynetdicom import AE, evt
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from reporting.audit_trail.models import AuditEvent
from reporting.audit_trail.services import verify_chain
from reporting.dicom_network.models import Peer
from reporting.studies import blobs
from reporting.studies.models import QuarantinedFile, Reception, SopInstance, Study
from reporting.studies.services import end_silent_receptions
from tests.dicom_network.listening import AE_TITLE, Listener, listening, needs, scanner
from tests.inference.dicom_series import slice_values, write_enhanced, write_series
from tests.studies.objects import mr_bytes, write_spectrum

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    needs("storescu", "echoscu")
    scanner()
    with listening() as running:
        yield running


def test_an_echo_is_answered_to_peers_only() -> None:
    needs("echoscu")
    scanner()
    with listening() as running:
        assert running.echo().returncode == 0
        stranger, other_name = running.echo(calling="STRANGER"), running.echo(called="OTHER")
    assert "Calling AE Title Not Recognized" in stranger.stderr
    assert "Called AE Title Not Recognized" in other_name.stderr
    assert AuditEvent.objects.filter(act="association.refused", data={"reason": "title"}).count() == 2


def test_a_series_arrives_as_it_was_sent_and_again_changes_nothing(listener: Listener, tmp_path: Path) -> None:
    write_series(tmp_path / "series", slice_values(6))
    first, again = listener.store(tmp_path), listener.store(tmp_path)
    assert (first.returncode, again.returncode) == (0, 0)
    assert first.stderr.count("(Success)") == again.stderr.count("(Success)") == 6
    study = Study.objects.get()
    (series,) = study.series_set.all()
    assert (series.role, series.sop_instances.count(), series.completeness["slices"]) == ("sagittal_t2", 6, 6)
    assert not list(blobs.incoming_dir().iterdir())
    event = AuditEvent.objects.get(act="study.received", remote_address="127.0.0.1")
    assert (event.data, event.actor) == ({"objects": 6, "new_study": True}, Peer.objects.get().received_as)
    assert verify_chain() is None


def test_four_associations_at_once_store_everything_once(listener: Listener, tmp_path: Path) -> None:
    study = generate_uid()
    for number in range(4):
        write_series(tmp_path / str(number), slice_values(5), study_uid=study)
    senders = [
        subprocess.Popen(
            listener.sending(tmp_path / str(number)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in range(4)
    ]
    assert [sender.wait(60) for sender in senders] == [0] * 4
    assert SopInstance.objects.filter(series__study__study_instance_uid=study).count() == 20


def test_what_contradicts_the_store_is_answered_with_failure_and_kept_aside(listener: Listener, tmp_path: Path) -> None:
    uid = generate_uid()
    for name in ("first", "other"):
        (tmp_path / name).write_bytes(mr_bytes(study="1.2.3.77", SOPInstanceUID=uid, SeriesDescription=name))
    assert "(Success)" in listener.store(tmp_path / "first").stderr
    assert "(Error: CannotUnderstand)" in listener.store(tmp_path / "other").stderr
    assert QuarantinedFile.objects.get().sop_instance_uid == uid
    assert SopInstance.objects.get().sop_instance_uid == uid


def test_a_cut_off_image_is_refused_and_the_rest_of_the_association_kept(listener: Listener, tmp_path: Path) -> None:
    def spoil(index: int, dataset: object) -> None:
        if index == 1:
            dataset.Rows = 4000  # type: ignore[attr-defined]

    write_series(tmp_path / "series", slice_values(3), edit=spoil)
    answer = listener.store(tmp_path, more=("--no-halt",))
    assert answer.stderr.count("(Success)") == 2
    assert answer.stderr.count("(Error: CannotUnderstand)") == 1
    assert SopInstance.objects.count() == 2


def test_a_killed_listener_has_everything_it_said_yes_to(tmp_path: Path) -> None:
    needs("storescu")
    scanner()
    write_series(tmp_path / "series", slice_values(40))
    with listening() as running:
        sender = subprocess.Popen(
            running.sending(tmp_path / "series"),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert sender.stderr is not None
        said = 0
        for line in sender.stderr:
            said += "(Success)" in line
            if said == 10:
                running.kill()
        sender.wait(30)
        sender.stderr.close()
    assert 10 <= said < 40
    kept = SopInstance.objects.count()
    assert said <= kept <= said + 1  # one may have been kept whose answer was on its way
    what_nobody_ended_is_ended_by_the_clock(kept)
    with listening() as again:
        answer = again.store(tmp_path / "series")
    assert answer.stderr.count("(Success)") == 40
    assert SopInstance.objects.count() == 40
    for sha256 in SopInstance.objects.values_list("sha256", flat=True):
        blobs.verified_path(sha256)


def what_nobody_ended_is_ended_by_the_clock(kept: int) -> None:
    assert end_silent_receptions() == 0, "something came a moment ago"
    for rows in (SopInstance.objects, Reception.objects):
        rows.update(created_at=timezone.now() - timedelta(minutes=2))
    assert (end_silent_receptions(), end_silent_receptions()) == (1, 0)
    event = AuditEvent.objects.get(act="study.received")
    assert (event.data["objects"], event.remote_address) == (kept, "127.0.0.1")
    assert SopInstance.objects.first().series.completeness["slices"] == kept  # type: ignore[union-attr]


def test_an_address_nobody_may_call_from_is_not_listened_to() -> None:
    needs("echoscu")
    scanner("10.1.2.0/24")
    with listening() as running:
        assert running.echo().returncode != 0
    assert AuditEvent.objects.filter(act="association.refused", data={"reason": "address"}).exists()


def test_peers_that_say_nothing_hold_nobody_up_for_long() -> None:
    needs("echoscu")
    scanner()
    with listening(DENS_DICOM_NEGOTIATION_S="2") as running:
        silent = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(12)]
        for connection in silent:
            connection.sendall(b"\x01\x00\x00")
        assert running.echo().returncode == 0
        for connection in silent:
            connection.close()


def test_a_pdu_longer_than_agreed_is_not_read(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as greedy:
        greedy.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFF0) + bytes(4096))
        began = time.monotonic()
        while greedy.recv(4096):
            pass
        assert time.monotonic() - began < 5, "the listener waited for four gigabytes"
    assert listener.echo().returncode == 0


def test_logs_name_nobody(tmp_path: Path) -> None:
    needs("storescu")
    scanner()
    paths = write_series(tmp_path / "series", slice_values(2), edit=lambda _i, d: setattr(d, "PatientName", "CANARY^X"))
    paths[0].write_bytes(paths[0].read_bytes()[:-50])
    with listening() as running:
        running.store(tmp_path, more=("--no-halt",))
        running.process.terminate()
        said = "".join(running.process.communicate(timeout=30))
    assert "CANARY" not in said


def commitment(listener: Listener, references: list[tuple[str, str]]) -> tuple[int, Dataset]:
    """Ask as a scanner does and wait for the answer on the same association."""
    answers: list[tuple[int, Dataset]] = []
    thanked = threading.Event()

    def on_report(event: Any) -> tuple[int, None]:
        answers.append((event.event_type, event.event_information))
        return 0x0000, None

    def on_sent(event: Any) -> None:
        if answers and isinstance(event.pdu, P_DATA_TF):
            thanked.set()

    entity = AE(AE_TITLE)
    entity.add_requested_context(StorageCommitmentPushModel)
    handlers = [(evt.EVT_N_EVENT_REPORT, on_report), (evt.EVT_PDU_SENT, on_sent)]
    association = entity.associate("127.0.0.1", listener.port, ae_title="DENS", evt_handlers=handlers)
    assert association.is_established
    request = Dataset()
    request.TransactionUID = generate_uid()
    request.ReferencedSOPSequence = []
    for sop_class, uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        request.ReferencedSOPSequence.append(item)
    status, _reply = association.send_n_action(
        request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    assert status.Status == 0x0000
    assert thanked.wait(20), "leaving before the report is answered would break the association"
    association.release()
    ((kind, report),) = answers
    assert report.TransactionUID == request.TransactionUID
    return kind, report


def test_only_what_lies_here_whole_is_committed_to(listener: Listener, tmp_path: Path) -> None:
    write_series(tmp_path / "series", slice_values(3))
    listener.store(tmp_path)
    kept = list(SopInstance.objects.values_list("sop_class_uid", "sop_instance_uid"))
    kind, report = commitment(listener, kept)
    assert (kind, len(report.ReferencedSOPSequence)) == (1, 3)
    damaged = SopInstance.objects.get(sop_instance_uid=kept[0][1])
    blobs.blob_path(damaged.sha256).write_bytes(b"flipped")
    kind, report = commitment(listener, [*kept, (kept[0][0], generate_uid()), (SecondaryCapture, kept[1][1])])
    assert (kind, len(report.ReferencedSOPSequence)) == (2, 2)
    assert sorted(item.FailureReason for item in report.FailedSOPSequence) == [0x0110, 0x0112, 0x0119]
    events = answered(2)
    assert [(event.outcome, event.data["failed"]) for event in events] == [("success", 0), ("success", 3)]
    assert {event.remote_address for event in events} == {"127.0.0.1"}


def answered(count: int) -> list[AuditEvent]:
    """What the trail says of commitments, once it says it of so many."""
    for _try in range(200):
        events = list(AuditEvent.objects.filter(act="commitment.answered").order_by("sequence"))
        if len(events) >= count:
            return events
        time.sleep(0.05)
    raise AssertionError(f"{len(events)} of {count} commitments are in the trail")


def test_a_peer_that_leaves_before_it_was_told_was_not_told(listener: Listener, tmp_path: Path) -> None:
    write_series(tmp_path / "series", slice_values(3))
    listener.store(tmp_path)
    kept = SopInstance.objects.all()[0]
    entity = AE(AE_TITLE)
    entity.add_requested_context(StorageCommitmentPushModel)
    association = entity.associate("127.0.0.1", listener.port, ae_title="DENS")
    request, item = Dataset(), Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = kept.sop_class_uid, kept.sop_instance_uid
    request.TransactionUID, request.ReferencedSOPSequence = generate_uid(), [item]
    status, _reply = association.send_n_action(
        request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    association.abort()
    assert status.Status == 0x0000
    (event,) = answered(1)
    assert (event.outcome, event.data["told"]) == ("failure", False)


def rle(path: Path) -> Path:
    dataset = dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    return path


def of_class(sop_class: str, folder: Path) -> Path:
    def edit(_index: int, dataset: Any) -> None:
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class

    return write_series(folder, slice_values(1), edit=edit)[0]


def test_each_kind_of_object_is_taken_in_the_form_it_comes_in(listener: Listener, tmp_path: Path) -> None:
    """dcmtk's sender, each file in an association of its own, proposing what the file is written in."""
    plain = slice_values(1)
    files = {
        "-xi": write_series(tmp_path / "implicit", plain, syntax=ImplicitVRLittleEndian)[0],
        "-xb": write_series(tmp_path / "big", plain, syntax=ExplicitVRBigEndian)[0],
        "-xr": rle(write_series(tmp_path / "rle", plain)[0]),
        "-xe": write_enhanced(tmp_path / "enhanced.dcm", slice_values(3), [0, 1, 2]),
    }
    for option, path in files.items():
        done = listener.store(path, more=(option,))
        assert done.returncode == 0, done.stderr
    others = (Comprehensive3DSRStorage, KeyObjectSelectionDocumentStorage, SegmentationStorage, EncapsulatedPDFStorage)
    for sop_class in (SecondaryCapture, EnhancedMRColorImageStorage, LegacyConvertedEnhancedMRImageStorage, *others):
        done = listener.store(of_class(sop_class, tmp_path / sop_class), more=("-R",))
        assert done.returncode == 0, done.stderr
    done = listener.store(write_spectrum(tmp_path / "spectrum.dcm"), more=("-R",))
    assert done.returncode == 0, done.stderr
    kept = SopInstance.objects.values_list("transfer_syntax_uid", "sop_class_uid")
    assert {ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, ExplicitVRLittleEndian} == {
        syntax for syntax, _kind in kept
    }
    assert len(kept) == 12
    assert not QuarantinedFile.objects.exists()
