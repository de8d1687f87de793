"""A real browser against the live server: Debian's chromium, driven by Playwright. Skipped where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from reporting.accounts.models import Role, User
from reporting.predictions.models import JobStatus
from reporting.predictions.services import (
    LabelMapFile,
    activate_at_set_up,
    claim_job,
    publish_predictions,
    register_algorithm,
    request_inference,
)
from reporting.reports.models import Report
from reporting.reports.services import draft_report
from reporting.studies.blobs import store_bytes
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths
from tests.browser.neck import label_maps, result_payload, write_neck

PASSWORD = "correct horse battery staple"
APPLICABILITY = "trained on synthetic images; not for clinical use"
SECTION = "neuroradiology"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not on this machine: the pages are not tested in a browser")
    # Playwright's loop runs in this thread, where Django would refuse the test's own queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.STATE_DIR = tmp_path_factory.mktemp("state")


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    names = {"junior": (Role.JUNIOR, "Li Ming"), "senior": (Role.SENIOR, "Zhao Hua")}
    return {
        name: User.objects.create_user(name, PASSWORD, full_name=full_name, role=role, section=SECTION)
        for name, (role, full_name) in names.items()
    }


@pytest.fixture
def study(people: dict[str, User], tmp_path: Path) -> Study:
    """The pathological study, filed by the ordinary ingest."""
    report = ingest_paths([write_neck(tmp_path / "neck")[0].parent.parent], by=people["junior"])
    assert not [result for result in report.results if result.status.value != "stored"], report.results
    return Study.objects.get()


Edit = Callable[[dict[str, Any]], None]


def draft_from(study: Study, people: dict[str, User], edit: Edit | None = None) -> Report:
    """A draft pre-filled by a job that went through claim and publish; ``edit`` changes what the machine says."""
    algorithm = register_algorithm(
        name="dens-cervical",
        version="0.1.0",
        weights_sha256="5" * 64,
        applicability=APPLICABILITY,
        fills_reports=True,
        by=None,
    )
    assert activate_at_set_up(algorithm)
    job = request_inference(study, by=people["junior"])
    claimed = claim_job(job.pk, worker="test")
    assert claimed is not None
    identity = {"name": algorithm.name, "version": algorithm.version, "weights_sha256": algorithm.weights_sha256}
    kept = {uid: store_bytes(data) for uid, data in label_maps().items()}
    files = [LabelMapFile(uid, blob.sha256, blob.size_bytes) for uid, blob in kept.items()]
    payload = result_payload(identity)
    if edit is not None:
        edit(payload)
    assert publish_predictions(job.pk, claimed.attempt, payload, label_maps=files)
    job.refresh_from_db()
    assert job.status == JobStatus.SUCCEEDED
    drafted = draft_report(study=study, job=job)
    assert drafted is not None
    return drafted


@pytest.fixture
def report(study: Study, people: dict[str, User]) -> Report:
    """The pathological study's draft."""
    return draft_from(study, people)


class Reader:
    """One person at one browser; script errors, missing files and server faults of theirs fail the test."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.faults: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)
        page.on("response", self._look)
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        # The browser also logs every refusal (409, 412, 422) as an error; answers are looked at below.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.faults.append(said.text)

    def _look(self, response: Response) -> None:
        if response.status == 404 or response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def is_logged_in(self, name: str) -> Reader:
        """With a session that was begun elsewhere."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])
        return self

    def log_in(self, name: str) -> Reader:
        """By the form, and on to the page that comes first."""
        self.page.goto(f"{self.address}/accounts/login/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click(".login button[type=submit]")
        self.page.wait_for_url(lambda address: "/accounts/login/" not in address)  # each role has a home of its own
        return self

    def at_home(self) -> Page:
        self.page.goto(self.address)
        return self.page

    def open(self, report: Report, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(f"{self.address}/reports/{report.pk}/", wait_until="commit")
        page.locator("[data-reading][data-ready]").wait_for()
        return page


@pytest.fixture
def new_reader(browser: Browser, live_server: Any) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def make(name: str, *, by_form: bool = False, **options: Any) -> Reader:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
        readers.append(Reader(context, live_server.url))
        return readers[-1].log_in(name) if by_form else readers[-1].is_logged_in(name)

    yield make
    for reader in readers:
        reader.context.close()
    assert [fault for reader in readers for fault in reader.faults] == []
