"""A broker that takes connections and says nothing more: nobody waits long for it, and what was to be done is done."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from config import broker_patience
from reporting.accounts.models import Role
from reporting.core import knock
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.dispatch import SEND_DELIVERIES
from reporting.outbound.models import Delivery, Form, Kind
from reporting.predictions.models import InferenceJob
from reporting.reports import services
from reporting.tasks import send_deliveries
from tests.factories import make_algorithm
from tests.factories import make_user as make_importer
from tests.outbound.hl7_receiver import hl7_receiver
from tests.reports.factories import PASSWORD, make_user, signed_report
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db
PROMPT_S = 10.0
"""Far more than any of it takes; without its limits it would take for ever."""

Use = Callable[[str], Celery]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Let what is sent from now on go to this broker, with the options that a site has for it."""
    apps: list[Celery] = []
    monkeypatch.setattr(broker_patience, "SILENCE_S", 1.2)

    def point_to(url: str) -> Celery:
        app = Celery("there", broker=url, set_as_current=False)
        app.conf.update(broker_transport_options=broker_patience.options_of(url), broker_connection_timeout=1.2)
        monkeypatch.setattr(knock, "current_app", app)
        monkeypatch.setattr(knock, "_left_alone_until", 0.0)
        apps.append(app)
        return app

    yield point_to
    for app in apps:
        app.close()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """The kernel takes connections for it; nobody reads them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.skipif(not any(site.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci")
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_signing_adding_and_uploading_do_not_wait_and_the_sweeper_sends(
    scheme: str, use: Use, silent: socket.socket, django_capture_on_commit_callbacks: Callable
) -> None:
    use(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}//")
    make_algorithm()
    senior, importer = make_user(Role.SENIOR), APIClient()
    importer.force_login(make_importer(Role.IMPORTER))
    with hl7_receiver() as ris:
        add_destination("RIS", Where(Kind.MLLP, "127.0.0.1", ris.port, (Form.HL7_ORU,)), by=None)

        began = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True) as knocks:
            report = signed_report(senior)
        assert time.monotonic() - began < PROMPT_S
        assert knocks, "nobody was told"

        began = time.monotonic()
        report.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            services.sign_addendum(report, "后补", by=senior, expected_version=report.version, password=PASSWORD)
        with django_capture_on_commit_callbacks(execute=True):
            sent = {"files": [SimpleUploadedFile("a.dcm", mr_bytes())]}
            assert importer.post("/api/uploads/", sent, format="multipart").status_code == 200
        assert time.monotonic() - began < PROMPT_S

        assert set(Delivery.objects.values_list("status", flat=True)) == {"waiting"}
        assert InferenceJob.objects.filter(status="queued", dispatched_at=None).count() == 1
        send_deliveries()  # what the clock does each minute
    assert list(Delivery.objects.order_by("step").values_list("said", "status")) == [
        ("final", "sent"),
        ("addendum", "sent"),
    ]
    assert len(ris.received) == 2


def test_who_lets_us_wait_is_waited_for_once_and_asked_again_later(
    use: Use, silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(f"redis://127.0.0.1:{silent.getsockname()[1]}//")
    assert not knock.knock(SEND_DELIVERIES)
    began = time.monotonic()
    assert not any(knock.knock(SEND_DELIVERIES) for _ in range(20))
    assert time.monotonic() - began < knock.HANGS_AFTER_S
    monkeypatch.setattr(knock, "_left_alone_until", began)  # the half minute is over
    use("memory://")
    assert knock.knock(SEND_DELIVERIES)


def test_who_refuses_at_once_is_asked_each_time(use: Use, silent: socket.socket) -> None:
    address = silent.getsockname()[1]
    silent.close()
    use(f"redis://127.0.0.1:{address}//")
    assert not knock.knock(SEND_DELIVERIES)
    assert knock._left_alone_until == 0.0


def test_a_redis_that_is_stopped_in_the_middle_is_waited_for_once(use: Use, tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed: it was NOT stopped")
    path = tmp_path / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    redis = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            assert redis.poll() is None
            time.sleep(0.02)
        use(f"redis+socket://{path}")
        assert knock.knock(SEND_DELIVERIES)
        redis.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert not knock.knock(SEND_DELIVERIES)
        assert not knock.knock(SEND_DELIVERIES)
        assert time.monotonic() - began < PROMPT_S
    finally:
        redis.kill()
        redis.wait()
