"""On the page: levels corrected and taken back, a blind read locked, a critical finding told, a colleague asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reporting.accounts.models import Role, User
from reporting.predictions.services import set_blind_rule
from reporting.reports import services
from reporting.reports.models import CriticalNotice, FirstRead, Report, ReportNote
from reporting.studies.models import Study
from tests.browser.conftest import Reader
from tests.reports.factories import change, make_user
from tests.reports.test_prior import earlier

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def finding(page: Page, place: str) -> str:
    return f'[data-panel="form"] [data-place="{place}"]'


def test_levels_are_corrected_taken_back_and_confirmed(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = new_reader("junior").open(report)
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_have_attribute("data-state", "ai_suggested")
    page.locator("#levels-correct > summary").click()
    page.locator("#level-which").select_option("C5/6")
    page.locator("#level-insert").click()
    expect(page.locator(finding(page, "disc_class@C6/7"))).to_have_attribute("data-state", "ai_suggested")
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_have_attribute("data-state", "unset")
    expect(page.locator("#undo-levels")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_have_attribute("data-state", "ai_suggested")
    expect(page.locator("#undo-levels")).to_have_count(0)
    page.keyboard.press("l")
    expect(page.locator(".levels-step")).to_have_class("levels-step is-done")
    assert [level_map.act for level_map in report.level_maps.all()] == ["found", "insert", "undo"]


def test_a_blind_first_read_is_locked_and_then_the_machine_is_shown(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    set_blind_rule(by=people["junior"], user=people["junior"], is_on=True)
    page = new_reader("junior").open(report)
    expect(page.locator(".blind-box")).to_be_visible()
    assert '"ai_suggested"' not in page.content()
    for key in ("c", "v", "m"):  # there is nothing to turn on or off, in the form and in the images
        page.keyboard.press(key)
    for name in ("show_contours", "show_measurements"):
        expect(page.locator(f'[data-shows="{name}"]')).to_be_hidden()
        expect(page.locator(f'[data-shows="{name}"]')).to_have_attribute("aria-pressed", "true")
    page.locator(".form-column summary").first.focus()
    page.keyboard.press("l")
    expect(page.locator(".levels-step")).to_have_class("levels-step is-done")
    page.keyboard.press("r")
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_have_attribute("data-value", '"normal"')
    expect(page.locator("[data-act=approve_preliminary]")).to_be_disabled()
    expect(page.locator("#lock-first-read")).to_be_focused()
    page.locator(".form-column summary").first.focus()
    page.keyboard.press("b")  # what cannot be taken back takes a second key
    expect(page.locator("#lock-first-read")).to_be_focused()
    assert not FirstRead.objects.exists()
    page.keyboard.press("Enter")
    expect(page.locator("#first-read-box")).to_be_visible()
    page.locator("#first-read-box > summary").click()
    row = page.locator("#first-read-box li", has_text="C5/6").filter(has_text="Disc")
    expect(row).to_contain_text("normal")
    row.locator("a").click()
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_be_focused()
    assert page.evaluate("document.body.scrollHeight <= innerHeight"), "a link cannot scroll the page's head away"
    expect(page.locator(finding(page, "disc_class@C5/6"))).to_have_attribute("data-state", "human_changed")
    assert FirstRead.objects.get().reader == people["junior"]


def test_what_became_worse_since_the_prior_is_said_with_one_key(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    before = earlier(make_user(Role.SENIOR), {"canal_grade@C3/4": "1"})
    Study.objects.filter(pk=before.study_id).update(patient=report.study.patient)
    by = people["senior"]
    services.confirm_levels(report, by=by, expected_version=report.version)
    services.confirm_rest(report, by=by, expected_version=report.version)
    change(report, "canal_grade@C3/4", "2", by)
    page = new_reader("senior").open(report)
    row = page.locator('[data-prior][data-place="change@C3/4"]')
    expect(row).to_contain_text("1 → 2")
    expect(row.locator("[data-suggested]")).to_have_attribute("data-set", "progressed")
    page.keyboard.press("p")
    expect(row).to_have_attribute("data-value", '"progressed"')
    assert report.findings.get(field="change", level="C3/4").value == "progressed"


def test_a_click_is_not_swallowed_by_what_is_saved_meanwhile(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").open(report)
    level = page.locator('details[data-level="C4"]')
    box = level.locator(".group-title").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    change(report, "height@C4", "loss_mild", people["senior"])
    with page.expect_response(lambda answer: answer.url.endswith("/panels/")) as answer:
        page.evaluate("document.dispatchEvent(new CustomEvent('dens:refresh'))")
    answer.value.finished()
    page.mouse.up()
    expect(level).to_have_attribute("open", "")
    expect(level.locator("summary")).to_contain_text("height loss")

    operated = page.locator(finding(page, "postop@C4"))
    places = "field => [...field.querySelectorAll('button')].map(b => [b.offsetLeft, b.offsetTop - field.offsetTop])"
    before = operated.evaluate(places)
    operated.focus()
    assert operated.evaluate(places) == before, "a button that the focus moves away is not clicked"


def test_a_critical_finding_is_answered_and_told_and_a_colleague_is_asked(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").open(report)
    page.locator('[data-level="C5/6"] > summary').click()
    page.locator(finding(page, "canal_grade@C5/6")).focus()
    page.keyboard.press("4")
    expect(page.locator(finding(page, "canal_grade@C5/6"))).to_have_attribute("data-value", '"3"')
    critical = page.locator('[data-panel="critical"]')
    critical.locator('[data-answer="yes"]').click()
    page.locator("#notice-to").fill("Dr Wu")
    page.locator("#notice-read-back").check()
    page.locator(".notice-form button").click()
    expect(page.locator(".notice-form")).to_have_count(0)
    expect(critical).to_contain_text("Dr Wu")
    notice = CriticalNotice.objects.get()
    assert (notice.told_to, notice.read_back, notice.method) == ("Dr Wu", True, "phone")
    page.locator(finding(page, "canal_grade@C5/6")).focus()
    page.keyboard.press("?")
    expect(page.locator("[data-page-keys] dl")).to_be_visible()
    expect(page.locator(".image-keys dl")).to_be_hidden()
    page.keyboard.press("q")
    expect(page.locator("#consult-colleague")).to_be_focused()
    expect(page.locator("#consult-place")).to_have_value("canal_grade@C5/6")
    page.locator("#consult-text").fill("Would you operate?")
    page.locator("[data-submit=consult] button").click()
    expect(page.locator(".process-note")).to_contain_text("Would you operate?")
    note = ReportNote.objects.get()
    assert (note.to.username, note.place) == ("junior", "canal_grade@C5/6")  # type: ignore[union-attr]
    expect(page.locator(finding(page, "canal_grade@C5/6"))).to_contain_text("Would you operate?")

    colleague = new_reader("junior").open(report)
    colleague.locator('[data-level="C5/6"] > summary').click()
    colleague.locator(finding(colleague, "canal_grade@C5/6")).get_by_role("link", name="answer it").click()
    colleague.locator("#consult-answer").fill("I would.")
    colleague.locator("[data-submit=consult_answer] button").click()
    expect(colleague.locator(".process-note")).to_have_count(2)
    assert ReportNote.objects.get(answers=note).text == "I would."


def test_a_returned_comment_is_answered_in_words_and_another_ones_answer_stays_typed(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    said = {"report": report, "kind": "return", "by": people["senior"], "to": people["junior"]}
    for text in ("Look at the right side again.", "And say why."):
        ReportNote.objects.create(**said, text=text, report_version=report.version)
    page = new_reader("junior").open(report)
    first, second = page.locator(".process-note").all()
    second.locator("[name=text]").fill("Half a sentence")
    first.locator("[name=text]").fill("Measured again: 4 mm, so it stays.")
    first.get_by_role("button", name="Resolved").click()
    expect(first.locator("form")).to_have_count(0)
    expect(first).to_be_focused()
    expect(second.locator("[name=text]")).to_have_value("Half a sentence")
    second.get_by_role("button", name="Resolved").click()
    expect(page.locator(".process-note", has_text="Half a sentence")).to_be_visible()
    expect(page.locator(".process-note", has_text="so it stays")).to_be_visible()
    said_back = ["Measured again: 4 mm, so it stays.", "Half a sentence"]
    assert [note.text for note in report.notes.filter(kind="resolved")] == said_back
