"""Two tabs, a broken connection: what was typed is never lost and never overwrites what somebody else saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from reporting.reports.models import Finding, Report
from tests.browser.conftest import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def finding(page: Page, place: str) -> Locator:
    return page.locator(f'[data-place="{place}"]')


def open_exam(page: Page) -> None:
    page.locator("#g-exam > summary").click()


def save_mark(page: Page) -> Locator:
    return page.locator("[data-save-mark]")


def test_a_stale_tab_shows_both_values_and_nothing_is_lost(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    first = reader.open(report)
    second = reader.open(report, reader.new_page())
    for page in (first, second):
        open_exam(page)

    finding(first, "quality").locator('[data-set="limited"]').click()
    expect(finding(first, "quality")).to_have_attribute("data-state", "human_confirmed")
    second_comment = finding(second, "comment_exam").locator("textarea")
    second_comment.fill("Motion at C5.")
    merge = second.locator("[data-merge]")
    expect(merge).to_be_visible()
    expect(merge).to_contain_text("Motion at C5.")
    expect(merge).to_contain_text("limited")
    expect(save_mark(second)).to_have_attribute("data-save", "conflict")
    assert not Finding.objects.filter(report=report, field="comment_exam").exists()

    merge.get_by_role("button", name="Keep mine").click()
    expect(save_mark(second)).to_have_attribute("data-save", "saved")
    expect(finding(second, "quality").locator('[data-set="limited"]')).to_have_attribute("aria-pressed", "true")
    assert Finding.objects.get(report=report, field="comment_exam").value == "Motion at C5."
    assert Finding.objects.get(report=report, field="quality").value == "limited"

    # The same field this time, and the reader gives way.
    finding(first, "quality").locator('[data-set="good"]').click()
    merge = first.locator("[data-merge]")
    expect(merge).to_contain_text("good")
    merge.get_by_role("button", name="Take the stored value").click()
    expect(merge).to_be_hidden()
    expect(finding(first, "comment_exam").locator("textarea")).to_have_value("Motion at C5.")
    assert Finding.objects.get(report=report, field="quality").value == "limited"


def test_what_is_typed_without_connection_is_sent_when_it_is_back(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("junior")
    page = reader.open(report)
    open_exam(page)
    reader.context.set_offline(True)
    field = finding(page, "indication").locator("textarea")
    field.fill("Neck pain")
    expect(save_mark(page)).to_have_attribute("data-save", "waiting")
    field.press_sequentially(" for weeks")
    reader.context.set_offline(False)
    expect(save_mark(page)).to_have_attribute("data-save", "saved", timeout=30_000)
    expect(field).to_have_value("Neck pain for weeks")
    assert Finding.objects.get(report=report, field="indication").value == "Neck pain for weeks"
    # Typed and taken back again: nothing to send; a number that is none is not called saved.
    comment, number = (
        finding(page, "comment_exam").locator("textarea"),
        finding(page, "c2c7_angle_deg").locator("input"),
    )
    comment.press_sequentially("x")
    comment.press("Backspace")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    page.locator("#g-alignment > summary").click()
    number.fill("twelve")
    number.blur()
    expect(save_mark(page)).to_have_attribute("data-save", "not_accepted")
    expect(number).to_have_attribute("aria-invalid", "true")
    number.fill("12,5")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    assert Finding.objects.get(report=report, field="c2c7_angle_deg").value == 12.5
    assert not Finding.objects.filter(report=report, field="comment_exam").exists()
    # A character that cannot be signed is refused by the server; the text stays and is not called saved.
    open_exam(page)
    comment.fill("left \u202e right")
    expect(page.locator("[data-action-error]")).to_contain_text("U+202E")
    expect(save_mark(page)).to_have_attribute("data-save", "not_accepted")
    expect(comment).to_have_value("left \u202e right")
    comment.fill("left")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    kept = page.evaluate("[localStorage.length, sessionStorage.length]")
    assert kept == [0, 0]
