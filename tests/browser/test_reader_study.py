"""A reader study in the browser: designed, read by three in two arms, adjudicated, closed, analysed, taken away."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from reporting.accounts.models import Role, User
from reporting.reader_studies import services
from reporting.reader_studies.desk import next_step
from reporting.reader_studies.models import ReaderStudy, ReferenceStandard, Submission
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.services.analysis_work import run_due_analyses
from reporting.reader_studies.services.package_work import build_due_packages
from reporting.reader_studies.words import StudyStatus
from tests.browser.conftest import PASSWORD, Reader
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.factories import make_user

pytestmark = pytest.mark.browser


class Clock:
    def __init__(self) -> None:
        self.ahead = dt.timedelta(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The server's clock; the browser's own stays where it is, and nobody asks it."""
    held, real = Clock(), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + held.ahead)
    return held


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path) -> dict[str, User]:
    """Two signed studies that an algorithm has read, and everybody who takes part."""
    algorithm, signer = make_algorithm(), make_user(Role.SENIOR)
    for patient in ("1", "2"):
        signed_neck(tmp_path, algorithm, signer, patient=patient)
    parts = {
        "researcher": Role.RESEARCHER,
        **dict.fromkeys(("ann", "bob", "cai", "dan", "eve", "fei"), Role.READER),
    }
    return {
        name: User.objects.create_user(name, PASSWORD, full_name=name.title(), role=role)
        for name, role in parts.items()
    }


def _go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def _design(page: Page) -> None:
    """Question, findings, cases, people, arms: form by form, as the wizard leads."""
    page.fill("[name=title]", "With and without")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.fill("[name=question]", "Do readers see more with the algorithm?")
    page.get_by_role("button", name="Save and go on").click()
    first, second = "findings-0", "findings-1"
    for prefix, key, label, scale, cut in (
        (first, "canal", "Canal narrowing", "ordinal", "2"),
        (second, "herniation", "Herniation", "confidence", "50"),
    ):
        page.fill(f"[name={prefix}-key]", key)
        page.fill(f"[name={prefix}-label]", label)
        page.select_option(f"[name={prefix}-scale]", scale)
        page.fill(f"[name={prefix}-levels]", "C5/6")
        page.fill(f"[name={prefix}-positive_from]", cut)
    page.fill(f"[name={first}-grades]", "none; mild; severe")
    page.select_option(f"[name={second}-machine_finding]", "herniation")
    page.get_by_role("button", name="Save and go on").click()
    page.locator("[name=study]").first.wait_for()
    for box in page.locator("[name=study]").all():
        box.check()
    page.get_by_role("button", name="Add as cases").click()
    _go(page, "People")
    for username, part in (
        *((name, "reader") for name in ("ann", "bob", "cai")),
        *((name, "adjudicator") for name in ("dan", "eve", "fei")),
    ):
        page.fill("#id_username", username)
        page.select_option("#id_role", part)
        page.get_by_role("button", name="Add", exact=True).click()
    _go(page, "Arms and order")
    page.select_option("[name=algorithm]", index=1)
    page.get_by_label("Unaided", exact=True).check()
    page.get_by_label("Aided", exact=True).check()
    page.get_by_role("button", name="Save and go on").click()


def _read(page: Page, canal: str, herniation: str) -> str:
    """One case: every field, saved, then submitted. Says which arm it was."""
    page.locator("form[action$='/reading/begin/'] button").click()
    arm = page.locator(".case-line .chip").first.inner_text()
    page.get_by_label(canal, exact=True).check()
    expect(page.locator("[data-rated-count]")).to_have_text("1 of 2 rated")
    page.fill("[name=herniation-C5_6]", herniation)
    page.keyboard.press("Tab")
    expect(page.locator("[data-rated-count]")).to_have_text("2 of 2 rated")
    assert page.locator(".machine-word").count() == (1 if arm == "Aided" else 0)
    page.get_by_role("button", name="Submit, final").click()
    expect(page.get_by_text("The case is submitted.")).to_be_visible()
    return arm


def _judge(page: Page, canal: str) -> None:
    _go(page, "Next case")
    page.get_by_role("button", name="State, final").wait_for()
    if page.get_by_label("present", exact=True).count():
        page.get_by_label("present", exact=True).check()
    page.get_by_label(canal, exact=True).check()
    page.get_by_role("button", name="State, final").click()
    expect(page.get_by_text("Kept.")).to_be_visible()


def _close_and_analyse(page: Page) -> None:
    """What a worker does is done here; the pages are those of the owner."""
    expect(page.get_by_role("row", name="Everything is read 12/12 reached")).to_be_visible()
    page.get_by_role("button", name="Close the reading").click()
    _go(page, "Analysis")
    page.fill("[name=resamples]", "200")
    page.get_by_role("button", name="Work it out").click()
    run_due_analyses()
    page.get_by_role("link", name="Look again").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()


def _package(page: Page) -> Path:
    _go(page, "Package")
    page.get_by_role("button", name="Build the package").click()
    build_due_packages()
    page.get_by_role("link", name="Look again").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download package 1").click()
    return download.value.path()


def _forget_images_that_went(reader: Reader) -> None:
    """The viewer may still load what it shows when a case is submitted; from then on the case is nobody's to read."""
    reader.faults[:] = [one for one in reader.faults if not ("404" in one and "/api/reader-cases/" in one)]


def test_a_study_is_designed_read_adjudicated_analysed_and_taken_away(
    cast: dict[str, User], clock: Clock, new_reader: Callable[..., Reader]
) -> None:
    owner = new_reader("researcher")
    owner.page.goto(f"{owner.address}/reader-studies/")
    _design(owner.page)
    _go(owner.page, "Check and lock")
    expect(owner.page.get_by_text("The images of 2 cases are not ready yet")).to_be_visible()
    services.copy_waiting_images()
    _go(owner.page, "Reference standard")
    for seat, name in (("first", "Dan"), ("second", "Eve"), ("adjudicator", "Fei")):
        owner.page.select_option(f"[name={seat}]", label=name)
    owner.page.get_by_role("button", name="Seat the panel").click()
    _go(owner.page, "Check and lock")
    owner.page.get_by_role("button", name="Lock", exact=True).click()
    expect(owner.page.get_by_text("Locked, being read")).to_be_visible()
    study = ReaderStudy.objects.get()
    assert study.status == StudyStatus.RUNNING

    desk = f"{owner.address}/reader-studies/{study.pk}/reading/"
    for session in (1, 2):
        for name in ("ann", "bob", "cai"):
            reader = new_reader(name)
            reader.page.goto(desk)
            arms = [_read(reader.page, "mild", "35"), _read(reader.page, "severe", "80")]
            assert sorted(arms) == ["Aided", "Unaided"]
            after = "after the washout" if session == 1 else "You have read everything"
            expect(reader.page.get_by_text(after)).to_be_visible()
            _forget_images_that_went(reader)
            reader.context.close()
        clock.ahead += dt.timedelta(days=28)
    assert all(next_step(one, timezone.now()).is_over for one in study.readers.all())
    assert Submission.objects.count() == 3 * 2 * 2

    for name, grades in (("dan", ("none", "severe")), ("eve", ("mild", "severe")), ("fei", ("mild",))):
        member = new_reader(name)
        member.page.goto(f"{owner.address}/reader-studies/{study.pk}/panel/")
        for grade in grades:
            _judge(member.page, grade)
        expect(member.page.get_by_text("Nothing waits for you now.")).to_be_visible()
        _forget_images_that_went(member)
    sources = sorted(ReferenceStandard.objects.values_list("source", flat=True))
    assert sources == ["adjudication", "agreement", "agreement", "agreement"]
    rows: list[Any] = list(long_rows(study))
    assert len(rows) == 3 * 2 * 2 * 2
    assert all(row.value is not None and row.truth is not None for row in rows)

    owner = new_reader("researcher")  # eight weeks later, nobody is still logged in
    owner.page.goto(f"{owner.address}{reverse('reader_studies:progress', args=[study.pk])}")
    _close_and_analyse(owner.page)
    with zipfile.ZipFile(_package(owner.page)) as package:
        assert package.testzip() is None
        ratings = package.read("ratings_long.csv").decode("utf-8-sig").splitlines()
        analysis = json.loads(package.read("analysis.json"))
    assert len(ratings) == 1 + len(rows)
    assert analysis["seed"] == 20261126
