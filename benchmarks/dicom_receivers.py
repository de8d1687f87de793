"""Who is sent to, each with an empty store of its own: Dens, Debian's Orthanc with DICOMweb, dcmtk's storescp.

Orthanc syncs each file before it answers (``SyncStorageArea``): one ``fdatasync`` per object, and none of the
folder nor of its SQLite index, as ``strace`` shows. With Debian's plugin its index lies in PostgreSQL, which syncs each
commit: that is the one with our durability. We sync file, folder and row. storescp syncs nothing.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.ohif_pages import NoPeer
from benchmarks.own_database import ROOT
from benchmarks.peers import ORTHANC_PLUGINS, free_port, status, wait_for
from benchmarks.web_server import running, web_server
from config.embedded_postgres import SUPERUSER, cluster_at

_ORTHANC_INDEX = ORTHANC_PLUGINS.with_name("libOrthancPostgreSQLIndex.so")
AE_TITLE = "BENCH"
NODELAY = {**os.environ, "TCP_NODELAY": "1"}
"""Without it dcmtk's programs, Orthanc among them, wait 45 ms for each acknowledgement."""


@dataclass(frozen=True)
class Receiver:
    """``count``: how many objects it holds. ``web``: host, port and path of DICOMweb, empty without."""

    title: str
    port: int
    count: Callable[[], int]
    web_port: int = 0
    web_path: str = "/dicom-web"
    headers: dict[str, str] = field(default_factory=dict)


def debian(name: str) -> str:
    """dcmtk's program, not the one of the same name that a library brings into the virtual environment."""
    own = Path(sys.executable).parent.resolve()
    places = [place for place in os.get_exec_path() if Path(place).resolve() != own]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise NoPeer(f"{name} is not installed (Debian: dcmtk)")
    return found


@contextmanager
def dens(state: Path) -> Iterator[Receiver]:
    """The listener and the web server as they are run, on a database of their own in ``state`` (a short path)."""
    port = free_port()
    environment = {
        **os.environ,
        "DENS_STATE_DIR": str(state),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DENS_DICOM_BIND": f"127.0.0.1:{port}",
    }
    environment.pop("DATABASE_URL", None)

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    manage("migrate", "--verbosity", "0")
    manage("create_user", "bench-service", "--role", "service", "--full-name", "Scanner")
    _name, _role, password = manage("create_user", "bench-senior", "--role", "senior", "--full-name", "Senior").split()
    manage("dicom_peer", AE_TITLE, "127.0.0.1")
    with (
        running([sys.executable, "manage.py", "dicom_listener"], environment) as listener,
        web_server(environment) as web_port,
    ):
        wait_for(lambda: _accepts(port), listener, "the listener")
        headers = _session(web_port, "bench-senior", password)
        counted = "from reporting.studies.models import SopInstance; print(SopInstance.objects.count())"
        yield Receiver(
            "DENS", port, lambda: int(manage("shell", "-v", "0", "-c", counted).split()[-1]), web_port, headers=headers
        )


@contextmanager
def orthanc(folder: Path, *, index_beside: Path | None = None) -> Iterator[Receiver]:
    """``index_beside``: the state of :func:`dens` in whose database server the index lies, too."""
    program = shutil.which("Orthanc")
    plugins = [ORTHANC_PLUGINS, *([_ORTHANC_INDEX] if index_beside else [])]
    if program is None or not all(plugin.exists() for plugin in plugins):
        raise NoPeer("Orthanc and its plugins are not installed (Debian: orthanc orthanc-dicomweb orthanc-postgresql)")
    folder.mkdir(parents=True)
    port, web_port = free_port(), free_port()
    title = "ORTHANC+PG" if index_beside else "ORTHANC"
    settings = {
        "Name": "bench",
        "HttpPort": web_port,
        "DicomPort": port,
        "DicomAet": title,
        "AuthenticationEnabled": False,
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "SyncStorageArea": True,
        "Plugins": [str(plugin) for plugin in plugins],
        "PostgreSQL": _index_in(index_beside) if index_beside else {},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
        "HttpVerbose": False,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(settings))
    with running([program, str(path)], NODELAY) as process:
        wait_for(lambda: status(web_port, "/system") == 200, process, "Orthanc")
        yield Receiver(title, port, lambda: _statistics(web_port), web_port)


def _index_in(state: Path) -> dict[str, object]:
    at = str(cluster_at(state).socket_dir)
    with psycopg.connect(host=at, user=SUPERUSER, dbname="postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE orthanc")
    address = f"postgresql://{SUPERUSER}@/orthanc?host={at}"
    return {"EnableIndex": True, "EnableStorage": False, "Lock": False, "ConnectionUri": address}


@contextmanager
def storescp(folder: Path) -> Iterator[Receiver]:
    folder.mkdir(parents=True)
    port = free_port()
    command = [debian("storescp"), "--fork", "-aet", "STORESCP", "-od", str(folder), str(port)]
    with running(command, NODELAY) as process:
        wait_for(lambda: _accepts(port), process, "storescp")
        yield Receiver("STORESCP", port, lambda: sum(1 for _ in folder.iterdir()))


def _accepts(port: int) -> bool:
    command = [debian("echoscu"), "-aet", AE_TITLE, "-aec", "ANY", "127.0.0.1", str(port)]
    # Who refuses our name listens, too.
    said = subprocess.run(command, capture_output=True, text=True)
    return said.returncode == 0 or "Rejected" in said.stderr


def _statistics(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/statistics")
    found = json.load(connection.getresponse())
    connection.close()
    return int(found["CountInstances"])


def _session(port: int, user: str, password: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    token = "a" * 32
    headers = {"Content-Type": "application/json", "X-CSRFToken": token, "Cookie": f"dens-csrf={token}"}
    connection.request("POST", "/api/session/", json.dumps({"username": user, "password": password}), headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise NoPeer(f"our own server lets nobody in: {answer.status} {said[:200]!r}")
    cookies = [line.split(";")[0] for name, line in answer.getheaders() if name.lower() == "set-cookie"]
    token = next((one.split("=", 1)[1] for one in cookies if one.startswith("dens-csrf=")), token)
    cookies = [one for one in cookies if not one.startswith("dens-csrf=")] + [f"dens-csrf={token}"]
    return {"Cookie": "; ".join(cookies), "X-CSRFToken": token}
