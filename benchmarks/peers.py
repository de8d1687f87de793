"""What the reading room is measured against: OHIF (npm package) on Debian's Orthanc; and our own demo, beside it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ohif_pages import NoPeer, pages, unpacked

ORTHANC_PLUGINS = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_START_S = 600.0


@dataclass(frozen=True)
class Dens:
    """Our server with a drafted report of the study in ``folder``."""

    address: str
    user: str
    password: str
    folder: Path


@contextmanager
def dens(work: Path) -> Iterator[Dens]:
    """The demo, as ``make demo`` starts it, with a state of its own below ``work``."""
    state = work / "dens"
    environment = {**os.environ, "DENS_STATE_DIR": str(state)}
    log = (work / "demo.log").open("w+")
    process = subprocess.Popen([sys.executable, "-m", "config.demo"], env=environment, stdout=log, stderr=log)
    try:
        said = wait_for(lambda: _said(work / "demo.log", "Dens is at"), process, "the demo")
        address = said.split("Dens is at ")[1].split("/ ")[0]
        row = next(line.split() for line in said.splitlines() if line.split()[:1] == ["senior"])
        yield Dens(address, row[0], row[1], state / "demo" / "studies" / "herniation")
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


@contextmanager
def ohif(work: Path, study: Path, cache: Path) -> Iterator[str]:
    """The address of OHIF's viewer on Orthanc, which holds the DICOM files of ``study``."""
    for program in ("Orthanc", "npm"):
        if shutil.which(program) is None:
            raise NoPeer(f"{program} is not installed")
    if not ORTHANC_PLUGINS.exists():
        raise NoPeer("Orthanc's DICOMweb plugin is not installed (Debian: orthanc-dicomweb)")
    dist = unpacked(cache)
    port = free_port()
    settings = work / "orthanc.json"
    settings.write_text(json.dumps(_orthanc(work / "orthanc", port)))
    orthanc = subprocess.Popen(["Orthanc", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: status(port, "/system") == 200, orthanc, "Orthanc")
        for path in sorted(study.rglob("*.dcm")):
            _ask(port, "POST", "/instances", path.read_bytes())
        with pages(dist, f"http://127.0.0.1:{port}") as address:
            yield address
    finally:
        orthanc.terminate()
        orthanc.wait(timeout=30)


def _orthanc(folder: Path, port: int) -> dict[str, object]:
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "Name": "bench",
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "Plugins": [str(ORTHANC_PLUGINS)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
        "HttpVerbose": False,
    }


def wait_for(ready: Callable[[], object], process: subprocess.Popen[bytes], what: str) -> str:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        said = ready()
        if said:
            return str(said)
        if process.poll() is not None:
            raise NoPeer(f"{what} ended instead of starting")
        time.sleep(0.2)
    raise NoPeer(f"{what} did not start")


def _said(log: Path, text: str) -> str:
    said = log.read_text(errors="replace")
    return said if text in said else ""


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body)
    status = connection.getresponse().status
    connection.close()
    return status


def status(port: int, path: str) -> int:
    """999 where nobody answers."""
    try:
        return _ask(port, "GET", path)
    except OSError:
        return 999


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
