"""SIGKILL to the worker, its child, broker and database in the middle of a job: nothing lost, nothing doubled."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded_postgres
from tests.predictions.site import Site, children, running_site

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def worker(site: Site) -> subprocess.Popen[bytes]:
    """An inference worker whose work does not end before ``site.release()``."""
    site.hold()
    return site.inference_worker()


def test_the_worker_is_killed(site: Site, worker: subprocess.Popen[bytes]) -> None:
    jobs = site.make_jobs(3)
    [(running, _)] = site.wait_until_begun()
    site.kill_group(worker)
    site.release()
    site.inference_worker()
    site.wait_until_done(jobs)
    for job in jobs:
        assert site.outcome(job) == ("succeeded", 2 if job == running else 1, 3, 1, 1)


def test_the_worker_s_child_is_killed(site: Site, worker: subprocess.Popen[bytes]) -> None:
    [job] = site.make_jobs(1)
    [(_, child)] = site.wait_until_begun()
    assert child in children(worker.pid)
    os.kill(child, signal.SIGKILL)
    site.release()
    site.wait_until_done([job])
    assert site.outcome(job) == ("succeeded", 2, 3, 1, 1)
    assert worker.poll() is None


def test_database_and_broker_are_killed_and_come_back(site: Site, worker: subprocess.Popen[bytes]) -> None:
    jobs = site.make_jobs(3)
    site.wait_until_begun()
    site.kill_database()
    site.wait_until(site.database_answers, "the default worker has started the database again")
    site.release()
    site.wait_until_done(jobs)
    for job in jobs:
        status, attempts, *stored = site.outcome(job)
        assert (status, stored) == ("succeeded", [3, 1, 1])
        assert attempts <= 2
    assert worker.poll() is None


def test_every_message_is_lost(site: Site, worker: subprocess.Popen[bytes]) -> None:
    jobs = site.make_jobs(3)
    site.wait_until_begun()
    site.query("SELECT pgmq.purge_queue('inference')", database=embedded_postgres.BROKER_DATABASE)
    site.release()
    site.wait_until_done(jobs)
    assert [site.outcome(job) for job in jobs] == [("succeeded", 1, 3, 1, 1)] * 3


def test_a_job_that_kills_its_worker_each_time_is_given_up(site: Site, worker: subprocess.Popen[bytes]) -> None:
    [job] = site.make_jobs(1)
    for attempt in (1, 2, 3):
        os.kill(site.wait_until_begun(attempt)[-1][1], signal.SIGKILL)
    site.wait_until_done([job])
    assert site.outcome(job) == ("failed", 3, 0, 0, 0)
    [(reason,)] = site.query("SELECT failure_reason FROM predictions_inferencejob WHERE id = %s", job)
    assert reason == "worker_lost"


def test_workers_say_that_they_live_and_the_default_worker_has_not_loaded_torch(site: Site) -> None:
    fresh = "SELECT 1 FROM predictions_workerheartbeat WHERE queues ? 'default' AND seen_at > now() - '3 s'::interval"
    site.wait_until(lambda: site.query(fresh), "default worker alive")
    group = [site.default_worker.pid, *children(site.default_worker.pid)]
    assert len(group) >= 3
    for pid in group:
        assert not _has_loaded_torch(pid)


def _has_loaded_torch(pid: int) -> bool:
    spec = importlib.util.find_spec("torch")
    assert spec is not None
    assert spec.origin is not None
    libraries = Path(spec.origin).parent / "lib"
    assert any(libraries.glob("libtorch*"))  # else this would find nothing anywhere
    return str(libraries) in Path(f"/proc/{pid}/maps").read_text()
