"""Debian's Orthanc as the hospital's archive: started for a test, with what it is given, on ports of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

AE_TITLE = "ORTHANC"


@dataclass(frozen=True)
class Orthanc:
    port: int
    web: str

    def give(self, paths: Iterable[Path]) -> None:
        with _session() as session:
            for path in paths:
                session.post(f"{self.web}/instances", data=path.read_bytes(), timeout=30).raise_for_status()

    def sends_and_asks_us_to_commit(self) -> str:
        """All that it has; then it leaves, and listens. How it says it stands, once it was told or half a minute on."""
        with _session() as session:
            held = session.get(f"{self.web}/instances", timeout=30).json()
            asked = {"Resources": held, "StorageCommitment": True, "Synchronous": True}
            sent = session.post(f"{self.web}/modalities/dens/store", json=asked, timeout=60)
            sent.raise_for_status()
            transaction = sent.json()["StorageCommitmentTransactionUID"]
            for _try in range(300):
                said = session.get(f"{self.web}/storage-commitment/{transaction}", timeout=30).json()
                if said["Status"] != "Pending":
                    break
                time.sleep(0.1)
        return str(said["Status"])

    def count(self) -> int:
        with _session() as session:
            return int(session.get(f"{self.web}/statistics", timeout=30).json()["CountInstances"])


@contextmanager
def orthanc(folder: Path, *, knows_us_at: int, tls: tuple[Path, Path] | None = None) -> Iterator[Orthanc]:
    """Runs until the block ends; sends to our listener at that port. Skips the test where it is not installed.

    ``tls``: its key and certificate; it then takes no association without TLS.
    """
    program = shutil.which("Orthanc")
    if program is None:
        pytest.skip("Orthanc is not installed: archives were NOT checked with it (apt: orthanc)")
    folder.mkdir(parents=True)
    port, web_port = _free_port(), _free_port()
    settings: dict[str, object] = {
        "DicomPort": port,
        "DicomAet": AE_TITLE,
        "HttpPort": web_port,
        "AuthenticationEnabled": False,
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "DefaultEncoding": "Utf8",
        "DicomAlwaysAllowFind": False,
        "DicomAlwaysAllowMove": False,
        "DicomModalities": {
            "dens": {"AET": "DENS", "Host": "127.0.0.1", "Port": knows_us_at, "AllowStorageCommitment": True}
        },
    }
    if tls is not None:
        key, certificate = map(str, tls)
        settings |= {
            "DicomTlsEnabled": True,
            "DicomTlsPrivateKey": key,
            "DicomTlsCertificate": certificate,
            "DicomTlsTrustedCertificates": certificate,
            "DicomTlsRemoteCertificateRequired": False,
        }
    path = folder / "settings.json"
    path.write_text(json.dumps(settings))
    process = subprocess.Popen([program, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(web_port, process)
        yield Orthanc(port, f"http://127.0.0.1:{web_port}")
    finally:
        process.terminate()
        process.wait(30)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("Orthanc did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
