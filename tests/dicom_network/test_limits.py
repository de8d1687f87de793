"""What the listener lets nobody do: call uncertified, hold a place, talk without end, leave half an object."""

from __future__ import annotations

import io
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import MRImageStorage, Verification

from reporting.audit_trail.models import AuditEvent
from reporting.studies import blobs
from reporting.studies.models import SopInstance
from tests.dicom_network.listening import AE_TITLE, Listener, listening, needs, scanner
from tests.inference.dicom_series import slice_values, write_series
from tests.programs import program

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


def associate(
    listener: Listener, *, context: str = Verification, address: str = "127.0.0.1", wait_s: float = 20
) -> Any:
    entity = AE(AE_TITLE)
    entity.add_requested_context(context, "1.2.840.10008.1.2.1")
    entity.acse_timeout = wait_s
    return entity.associate("127.0.0.1", listener.port, ae_title="DENS", bind_address=(address, 0))


def soon(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and its self-signed certificate, which is its own authority."""
    key, made = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return key, made


def test_over_tls_only_a_peer_with_our_authority_s_certificate_is_heard(tmp_path: Path) -> None:
    needs("echoscu")
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    scanner()
    our_key, our_certificate = certificate(tmp_path, "dens")
    peers_key, peers_certificate = certificate(tmp_path, "scanner")
    strangers_key, strangers_certificate = certificate(tmp_path, "stranger")
    settings = {
        "DENS_DICOM_TLS_CERTIFICATE": str(our_certificate),
        "DENS_DICOM_TLS_KEY": str(our_key),
        "DENS_DICOM_TLS_PEERS_CA": str(peers_certificate),
    }
    with listening(**settings) as running:

        def echo(*tls: str) -> int:
            address = ("-aet", AE_TITLE, "-aec", "DENS", "127.0.0.1", str(running.port))
            return running.call("echoscu", *tls, *address).returncode

        trusts_us = ("+cf", str(our_certificate))
        assert echo("+tls", str(peers_key), str(peers_certificate), *trusts_us) == 0
        assert echo("+tls", str(strangers_key), str(strangers_certificate), *trusts_us) != 0
        assert echo("+tla", *trusts_us) != 0
        assert echo("-to", "5", "-ta", "5") != 0
    assert AuditEvent.objects.filter(act="association.refused", data={"reason": "tls"}).count() >= 2


def test_one_address_leaves_places_for_the_others() -> None:
    scanner("127.0.0.0/8")
    with listening(DENS_DICOM_PROCESSES="3", DENS_DICOM_PER_ADDRESS="2") as running:
        holding = [associate(running) for _place in range(2)]
        assert all(one.is_established for one in holding)
        assert not associate(running, wait_s=2).is_established
        other = associate(running, address="127.0.0.2")
        assert other.is_established
        holding[0].release()
        again = associate(running)
        assert again.is_established
        for one in (holding[1], other, again):
            one.release()


def test_a_peer_that_says_nothing_more_loses_its_place() -> None:
    scanner()
    with listening(DENS_DICOM_SILENCE_S="1", DENS_DICOM_PROCESSES="1") as running:
        silent = associate(running)
        assert silent.is_established
        assert soon(lambda: not silent.is_established)
        heard = associate(running)
        assert heard.send_c_echo().Status == 0x0000
        heard.release()


def test_a_command_without_end_is_cut_off() -> None:
    scanner()
    with listening() as running:
        talking = associate(running)
        piece = bytes([1, 1]) + bytes(16_000)  # context 1; of a command, and not its last piece
        pdu = struct.pack(">BBL", 4, 0, len(piece) + 4) + struct.pack(">L", len(piece)) + piece
        for _number in range(8):
            try:
                talking.dul.socket.socket.sendall(pdu)
            except (OSError, AttributeError):  # cut off already
                break
        assert soon(lambda: not talking.is_established)
        heard = associate(running)
        assert heard.is_established
        heard.release()


def test_half_an_object_leaves_nothing_behind_and_may_be_sent_again(tmp_path: Path) -> None:
    needs("storescu")
    scanner()
    (path,) = write_series(tmp_path / "s", slice_values(1, 256, 256))
    dataset = pydicom.dcmread(path)
    request = C_STORE()
    request.MessageID, request.Priority = 1, 0
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    request.DataSet = io.BytesIO(encode(dataset, is_implicit_vr=False, is_little_endian=True) or b"")
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    with listening() as running:
        cut_off = associate(running, context=MRImageStorage)
        pieces = list(message.encode_msg(1, 16_000))
        assert len(pieces) > 4
        for piece in pieces[:-2]:
            cut_off.dul.send_pdu(piece)
        assert soon(lambda: any(blobs.incoming_dir().iterdir())), "the object did not begin to arrive"
        cut_off.abort()
        assert soon(lambda: not any(blobs.incoming_dir().iterdir()))
        assert not SopInstance.objects.exists()
        assert running.store(path).returncode == 0
    assert SopInstance.objects.get().sop_instance_uid == dataset.SOPInstanceUID


def test_a_peer_that_may_store_finds_and_fetches_nothing() -> None:
    needs("findscu", "movescu", "getscu")
    scanner()
    with listening() as running:
        address = ("-aet", AE_TITLE, "-aec", "DENS", "127.0.0.1", str(running.port))
        wanted = ("-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID=*", "-k", "StudyInstanceUID=1.2.3")
        for command in (("findscu", "-S"), ("movescu", "-S", "-aem", "THIEF"), ("getscu", "-S")):
            answer = running.call(*command, *wanted, *address)
            assert answer.returncode != 0, command
            assert "Presentation Contexts" in answer.stdout + answer.stderr, command
