"""A listener in processes of its own, and Debian's DICOM programs that call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from reporting.accounts.models import Role
from reporting.dicom_network.models import Peer
from reporting.dicom_network.services import add_peer
from tests.factories import make_user
from tests.paths import REPOSITORY
from tests.programs import program

AE_TITLE = "SCANNER"


def needs(*programs: str) -> None:
    missing = [name for name in programs if program(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: the listener was NOT checked with it (apt: dcmtk)")


@dataclass
class Listener:
    port: int
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """SIGKILL to the front and all its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program(command[0]) or command[0], *command[1:]], capture_output=True, text=True, timeout=120, check=False
        )

    def echo(
        self, *, calling: str = AE_TITLE, called: str = "DENS", **options: str
    ) -> subprocess.CompletedProcess[str]:
        return self.call("echoscu", "-v", "-aet", calling, "-aec", called, "127.0.0.1", str(self.port))

    def sending(self, *paths: Path, more: tuple[str, ...] = ()) -> list[str]:
        """The command of dcmtk that sends files or folders."""
        address = ("-aet", AE_TITLE, "-aec", "DENS", "127.0.0.1", str(self.port))
        return [program("storescu") or "storescu", "-v", "+sd", "+r", *more, *address, *map(str, paths)]

    def store(self, *paths: Path, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return self.call(*self.sending(*paths, more=more))


@contextmanager
def listening(**environment: str) -> Iterator[Listener]:
    """Runs until the block ends; it must then end by itself when told to."""
    command = [sys.executable, "-m", "tests.dicom_network.run_listener"]
    command += [str(connection.settings_dict["NAME"]), str(settings.BLOB_DIR)]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "DENS_DICOM_PROCESSES": "3", "DENS_DICOM_PER_ADDRESS": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listens on port" in line, process.stderr and process.stderr.read()
        yield Listener(int(line.split()[-1]), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGKILL)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


def scanner(*addresses: str) -> Peer:
    return add_peer(AE_TITLE, addresses=addresses or ("127.0.0.1",), received_as=make_user(Role.SERVICE), by=None)
