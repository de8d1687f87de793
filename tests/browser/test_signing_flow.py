"""Junior prepares, senior signs, and the PDF says what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from reporting.reports.models import Report
from tests.browser.conftest import PASSWORD, Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def finding(page: Page, place: str) -> Locator:
    return page.locator(f'[data-place="{place}"]')


def expect_state(page: Page, place: str, state: str) -> None:
    expect(finding(page, place)).to_have_attribute("data-state", state)


def choose(page: Page, place: str, code: str) -> None:
    finding(page, place).locator(f'[data-set="{code}"]').click()
    expect(finding(page, place).locator(f'[data-set="{code}"]')).to_have_attribute("aria-pressed", "true")


def decide_everything(page: Page) -> None:
    """As a junior would, by keyboard where there is a key."""
    page.keyboard.press("l")
    expect(page.locator(".levels-step")).to_have_class("levels-step is-done")
    page.locator('[data-level="C5/6"] > summary').click()
    finding(page, "disc_class@C5/6").focus()
    page.keyboard.press("Shift+A")
    for place in ("disc_class@C5/6", "hern_zone@C5/6", "hern_side@C5/6"):
        expect_state(page, place, "human_confirmed")
    finding(page, "lf@C5/6:right").focus()
    page.keyboard.press("a")
    expect_state(page, "lf@C5/6:right", "human_confirmed")
    # The machine said thickened; the reader sees it otherwise.
    finding(page, "pll@C5/6").focus()
    page.keyboard.press("1")
    expect_state(page, "pll@C5/6", "human_changed")
    choose(page, "canal_grade@C5/6", "1")
    for place in ("osteophyte@C6", "slip@C4", "osteophyte@C5"):
        page.keyboard.press("u")
        expect(finding(page, place)).to_be_focused()
        page.keyboard.press("Shift+A" if place == "slip@C4" else "a")
        expect_state(page, place, "human_confirmed")
    page.keyboard.press("r")
    expect_state(page, "lordosis", "human_confirmed")


def test_a_pathological_study_is_confirmed_edited_and_signed(
    report: Report, new_reader: Callable[..., Reader], tmp_path: Path
) -> None:
    page = new_reader("junior", by_form=True).page
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/*/", wait_until="commit")
    page.locator("[data-reading][data-ready]").wait_for()
    expect(page.get_by_text("trained on synthetic images").first).to_be_visible()
    for image in page.locator(".pane img").all():
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 100

    expect(finding(page, "disc_class@C5/6").locator("[data-act=accept]")).to_be_disabled()
    decide_everything(page)
    expect(page.locator(".problem-item")).to_have_count(0)
    text = page.locator('[data-text="en"]')
    expect(text).to_contain_text("right paracentral herniation")
    expect(text).to_contain_text("retrolisthesis of C4")
    page.locator("[data-act=approve_preliminary]").click()
    expect(page.locator("[data-panel=status]")).to_contain_text("Preliminary")

    senior = new_reader("senior")
    page = senior.open(report)
    impression = page.locator('[data-text="en"] ol li').all_inner_texts()
    chinese = page.locator('[data-text="zh"] ol li').all_text_contents()
    page.keyboard.press("s")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.locator("[data-action-error]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-action-error]"), "it stays when the page was rendered anew").to_be_visible()
    page.locator("#sign-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")
    report.refresh_from_db()
    assert report.status == "final"

    page.locator("a", has_text="Final report").click()
    expect(page.locator(".paper")).to_contain_text("Zhao Hua")
    paper = squeezed(page.locator(".paper").inner_text())
    for number, line in enumerate(impression, 1):
        assert squeezed(f"{number}. {line}") in paper
    assert "('" not in paper, "a line is its label and its text, not how Python writes the two"
    if not any(Path(settings.FONTS_DIR).glob("NotoSansHans-*.otf")):
        pytest.skip("the report font is not installed (npm ci): the PDF was not compared")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    download.value.save_as(tmp_path / "report.pdf")
    printed = squeezed("".join(sheet.extract_text() for sheet in PdfReader(tmp_path / "report.pdf").pages))
    for line in [*impression, *chinese]:
        assert squeezed(line) in printed


def test_an_addendum_shows_as_soon_as_it_is_signed_and_a_withdrawn_report_takes_no_more(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").open(report)
    decide_everything(page)
    page.locator("#sign-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")

    page.get_by_text("Addendum", exact=True).click()
    page.locator("#addendum-text").fill("The clinician was informed.")
    page.locator("#addendum-password").fill(PASSWORD)
    page.get_by_role("button", name="Sign addendum").click()
    expect(page.locator(".versions li")).to_have_count(2)
    expect(page.locator("#addendum-text"), "pressing again must not sign it twice").to_have_value("")

    page.get_by_text("Withdraw this report").click()
    page.locator("#withdraw-reason").fill("Wrong patient")
    page.locator("#withdraw-password").fill(PASSWORD)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("[data-panel=status]")).to_contain_text("Withdrawn")
    expect(page.locator("[data-submit]")).to_have_count(0)
    expect(page.locator("[data-panel=actions]")).to_contain_text("Wrong patient")


def test_when_nothing_is_left_open_the_next_key_signs(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = new_reader("junior").open(report)
    decide_everything(page)
    expect(page.locator("[data-act=approve_preliminary]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Preliminary")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
