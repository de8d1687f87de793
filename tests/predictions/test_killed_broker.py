"""SIGKILL to a broker that is a server of its own, with everything it held: nothing lost, nothing doubled."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest

from tests.predictions.site import Site, running_site

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: the broker was NOT killed")
    with running_site(tmp_path_factory.mktemp("site"), redis=True) as running:
        yield running


def test_the_broker_is_killed_with_every_message_and_studies_come_while_it_is_away(site: Site) -> None:
    site.hold()
    worker = site.inference_worker()
    jobs = site.make_jobs(3)
    site.wait_until_begun()
    site.kill_group(site.broker)
    began = time.monotonic()
    jobs += site.make_jobs(2)
    assert time.monotonic() - began < 10, "a request waited for the broker"
    site.start_redis()
    site.release()
    site.wait_until_done(jobs)
    assert [site.outcome(job) for job in jobs] == [("succeeded", 1, 3, 1, 1)] * 5
    assert worker.poll() is None
    assert site.default_worker.poll() is None
