"""A whole site of its own for process tests: cluster, broker and workers as real processes, with short leases."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config import embedded_postgres
from tests.paths import REPOSITORY

PATIENCE_S = 90.0
STARTED = "started.log"
RELEASED = "released"


class Site:
    """One state folder and the processes that live from it."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        ours = ("DENS_", "DATABASE_", "CELERY_")  # whatever the test run itself uses, this site does not
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DENS_STATE_DIR": str(state_dir),
            "DENS_INFERENCE_LEASE_S": "4",
            "DENS_INFERENCE_SWEEP_S": "1",
            "DENS_BROKER_VISIBILITY_S": "4",
            "DENS_WORKER_HEARTBEAT_S": "1",
            "DENS_DATABASE_POOL": "0",
            "DENS_MIN_FREE_BYTES": "0",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.worker: subprocess.Popen[bytes] | None = None
        self.default_worker: subprocess.Popen[bytes]
        self.receiver: subprocess.Popen[bytes]
        self.broker: subprocess.Popen[bytes]

    def start(self, name: str, *arguments: str, program: str = sys.executable) -> subprocess.Popen[bytes]:
        """Start a program (Python) as the leader of a process group of its own."""
        with (self.state_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [program, *arguments],
                env=self.environment,
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if name == "receiver" else log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def inference_worker(self) -> subprocess.Popen[bytes]:
        """The living inference worker, started if there is none."""
        if self.worker is None or self.worker not in self.processes:
            arguments = "worker -Q inference -c 1 -I tests.predictions.slow_worker -l WARNING"
            arguments += (
                f" --without-gossip --without-mingle --without-heartbeat -n inference{time.monotonic_ns()}@here"
            )
            self.worker = self.start("inference", "-m", "celery", "-A", "config.celery", *arguments.split())
        return self.worker

    def start_redis(self) -> None:
        """Start the broker, empty, where the site looks for it."""
        if "CELERY_BROKER_URL" not in self.environment:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.environment["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
        port = self.environment["CELERY_BROKER_URL"].rpartition(":")[2].partition("/")[0]
        options = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", str(self.state_dir)]
        self.broker = self.start("redis", *options, program="redis-server")

    def start_receiver(self) -> None:
        """A process that receives studies and asks for inference by the ordinary service, as often as it is told."""
        script = (
            "import sys, django; django.setup()\n"
            "from django.db import connection\n"
            "from tests.factories import make_algorithm, make_study\n"
            "from reporting.predictions.services import request_inference\n"
            "for line in sys.stdin:\n"
            "    make_algorithm()\n"
            "    jobs = [str(request_inference(make_study(), by=None).pk) for _ in range(int(line))]\n"
            "    print(*jobs, flush=True)\n"
            "    connection.close()"
        )
        self.receiver = self.start("receiver", "-c", script)

    def make_jobs(self, number: int) -> list[str]:
        """As many new studies, received and asked for; returns the jobs."""
        assert self.receiver.stdin is not None
        assert self.receiver.stdout is not None
        self.receiver.stdin.write(f"{number}\n".encode())
        self.receiver.stdin.flush()
        return self.receiver.stdout.readline().decode().split()

    def hold(self) -> None:
        """From now on work that starts does not end."""
        (self.state_dir / RELEASED).unlink(missing_ok=True)
        (self.state_dir / STARTED).unlink(missing_ok=True)

    def release(self) -> None:
        (self.state_dir / RELEASED).touch()

    def started(self) -> list[tuple[str, int]]:
        """(job, process id) of each piece of work that was begun."""
        path = self.state_dir / STARTED
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split()[0], int(line.split()[1])) for line in lines]

    def query(self, statement: str, *parameters: Any, database: str = embedded_postgres.DATABASE) -> list[Any]:
        host = str(embedded_postgres.cluster_at(self.state_dir).socket_dir)
        with psycopg.connect(host=host, user="postgres", dbname=database, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def wait_until(self, condition: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            if time.monotonic() > deadline:
                logs = "".join(f"\n--- {p.name}\n{p.read_text()[-1500:]}" for p in self.state_dir.glob("*.log"))
                raise AssertionError(f"{what}: not within {PATIENCE_S:g} s{logs}")
            time.sleep(0.1)
        return value

    def wait_until_begun(self, number: int = 1) -> list[tuple[str, int]]:
        return list(
            self.wait_until(lambda: self.started() if len(self.started()) >= number else None, f"{number} jobs begun")
        )

    def wait_until_done(self, jobs: list[str]) -> None:
        self.wait_until(lambda: set(self.statuses(jobs)) <= {"succeeded", "failed"}, "all jobs done")

    def statuses(self, jobs: list[str]) -> list[str]:
        statement = "SELECT status FROM predictions_inferencejob WHERE id = ANY(%s::uuid[])"
        return [status for (status,) in self.query(statement, jobs)]

    def outcome(self, job: str) -> tuple[Any, ...]:
        """Status, attempts, predictions, label maps and success events of one job."""
        [row] = self.query(
            """SELECT status, attempt,
                (SELECT count(*) FROM predictions_prediction p WHERE p.job_id = j.id),
                (SELECT count(*) FROM predictions_labelmap m WHERE m.job_id = j.id),
                (SELECT count(*) FROM audit_trail_auditevent e
                    WHERE e.object_id = j.id::text AND e.act = 'inference.succeeded')
            FROM predictions_inferencejob j WHERE id = %s""",
            job,
        )
        return tuple(row)

    def kill_database(self) -> None:
        """SIGKILL the server and every backend at once: database and broker are gone."""
        postmaster = int((self.state_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        for pid in [postmaster, *children(postmaster)]:
            with contextlib.suppress(ProcessLookupError):  # a backend may end by itself in this moment
                os.kill(pid, signal.SIGKILL)

    def database_answers(self) -> bool:
        try:
            return bool(self.query("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def kill_group(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        self.end(process)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        self.processes.remove(process)


def children(pid: int) -> list[int]:
    """Process ids of the direct children, whichever thread started them."""
    return [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]


@contextmanager
def running_site(state_dir: Path, *, redis: bool = False) -> Iterator[Site]:
    """A migrated site with broker and default worker (which keeps the clock); everything is ended afterwards.

    With ``redis`` the broker is a server of its own, ``site.broker``, in place of the database.
    """
    site = Site(state_dir)
    try:
        if redis:
            site.start_redis()
        embedded_postgres.ensure(state_dir)
        for process in [site.start(name, "manage.py", name) for name in ("migrate", "prepare_broker")]:
            assert process.wait() == 0, "".join(log.read_text() for log in state_dir.glob("*.log"))[-3000:]
            site.end(process)
        site.default_worker = site.start("default", "-m", "config.worker", "default")
        site.inference_worker()
        site.start_receiver()
        yield site
    finally:
        for process in list(site.processes):
            site.kill_group(process)
        embedded_postgres.stop(state_dir)
