"""Two tabs, two people, a broken connection, an ended session: what was typed is not lost and overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from playwright.sync_api import Locator, Page, Request, Route, expect

from reporting.accounts.models import Session, User
from reporting.audit_trail.models import AuditEvent
from reporting.reports.models import Finding, Report
from tests.browser.conftest import PASSWORD, Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHANGE = "**/findings/change/"


def finding(page: Page, place: str) -> Locator:
    return page.locator(f'[data-place="{place}"]')


def open_exam(page: Page) -> None:
    page.locator("#g-exam > summary").click()


def comment(page: Page) -> Locator:
    return finding(page, "comment_exam").locator("textarea")


def save_mark(page: Page) -> Locator:
    return page.locator("[data-save-mark]")


def stored(report: Report, field: str) -> object:
    found = Finding.objects.filter(report=report, field=field).first()
    return found and found.value


def test_two_tabs_keep_both_and_ask_only_where_they_meet(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    first = reader.open(report)
    second = reader.open(report, reader.new_page())
    for page in (first, second):
        open_exam(page)

    # Different fields: both are kept, and what was not seen is shown.
    finding(first, "quality").locator('[data-set="limited"]').click()
    expect(finding(first, "quality")).to_have_attribute("data-state", "human_confirmed")
    comment(second).fill("Motion at C5.")
    expect(save_mark(second)).to_have_attribute("data-save", "saved")
    others = second.locator("[data-others]")
    expect(others).to_contain_text("limited")
    expect(finding(second, "quality").locator('[data-set="limited"]')).to_have_attribute("aria-pressed", "true")
    assert stored(report, "comment_exam") == "Motion at C5."
    assert stored(report, "quality") == "limited"
    others.get_by_role("button", name="Close").click()
    expect(others).to_be_hidden()

    # The same field: both texts stand side by side, and who types keeps the caret: "r" is no command of the page.
    comment(first).press_sequentially("Artefact at C6", delay=20)
    merge = first.locator("[data-merge]")
    expect(merge).to_contain_text("Motion at C5.")
    comment(first).press_sequentially(", strong", delay=20)
    expect(merge).to_contain_text("Artefact at C6, strong")
    expect(save_mark(first)).to_have_attribute("data-save", "conflict")
    expect(comment(first)).to_be_focused()
    assert stored(report, "comment_exam") == "Motion at C5."
    assert not Finding.objects.filter(report=report, bulk=True).exists()
    merge.get_by_role("button", name="Keep mine").click()
    expect(merge).to_be_hidden()
    expect(save_mark(first)).to_have_attribute("data-save", "saved")
    expect(finding(first, "comment_exam")).to_be_focused()
    assert stored(report, "comment_exam") == "Artefact at C6, strong"

    # Once more, and the reader gives way.
    comment(second).fill("No artefact")
    merge = second.locator("[data-merge]")
    expect(merge).to_contain_text("Artefact at C6, strong")
    merge.get_by_role("button", name="Take the stored value").click()
    expect(merge).to_be_hidden()
    expect(comment(second)).to_have_value("Artefact at C6, strong")
    expect(save_mark(second)).to_have_attribute("data-save", "saved")
    assert stored(report, "comment_exam") == "Artefact at C6, strong"


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
    assert stored(report, "indication") == "Neck pain for weeks"
    # Typed and taken back again: nothing to send; a number that is none is not called saved.
    number = finding(page, "c2c7_angle_deg").locator("input")
    comment(page).press_sequentially("x")
    comment(page).press("Backspace")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    page.locator("#g-alignment > summary").click()
    number.fill("twelve")
    number.blur()
    expect(save_mark(page)).to_have_attribute("data-save", "not_accepted")
    expect(number).to_have_attribute("aria-invalid", "true")
    number.fill("12,5")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    assert stored(report, "c2c7_angle_deg") == 12.5
    assert not Finding.objects.filter(report=report, field="comment_exam").exists()
    # A character that cannot be signed is refused by the server; the text stays and is not called saved.
    open_exam(page)
    comment(page).fill("left \u202e right")
    expect(page.locator("[data-action-error]")).to_contain_text("U+202E")
    expect(save_mark(page)).to_have_attribute("data-save", "not_accepted")
    expect(comment(page)).to_have_value("left \u202e right")
    comment(page).fill("left")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    kept = page.evaluate("[localStorage.length, sessionStorage.length]")
    assert kept == [0, 0]


def test_a_server_that_restarts_while_somebody_types_loses_nothing(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("junior")
    page = reader.open(report)
    open_exam(page)
    fates = ["answer lost", "refused", "bad gateway"]
    bodies: list[str] = []

    def restart(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        fate = fates.pop(0) if fates else ""
        if fate == "answer lost":  # done, but nobody hears of it
            route.fetch()
            route.abort("connectionreset")
        elif fate == "refused":
            route.abort("connectionrefused")
        elif fate == "bad gateway":
            route.fulfill(status=502, body="<html>")
        else:
            route.continue_()

    page.route(CHANGE, restart)
    sentence = "Mild motion artefact, the lower levels are still readable."
    comment(page).press_sequentially(sentence, delay=60)
    expect(save_mark(page)).to_have_attribute("data-save", "saved", timeout=30_000)
    expect(page.locator("[data-merge]")).to_be_hidden()
    expect(comment(page)).to_have_value(sentence)
    assert stored(report, "comment_exam") == sentence
    assert fates == []
    # Sent while the sentence was still being typed, and the change nobody heard of was made once.
    assert any(sentence[:3] in body and "readable" not in body for body in bodies)
    made = AuditEvent.objects.filter(act="finding.changed", data__key="comment_exam").values_list("data", flat=True)
    lengths = [data["new"]["value"]["characters"] for data in made]
    assert len(lengths) == len(set(lengths))
    assert [fault.split()[0] for fault in reader.faults] == ["502"]  # the planted one
    reader.faults.clear()


def test_letters_on_their_way_to_chinese_are_not_saved(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    page = reader.page
    page.clock.install()
    reader.open(report)
    open_exam(page)
    sent: list[str] = []

    def hear(request: Request) -> None:
        if request.url.endswith("/findings/change/"):
            sent.append(request.post_data or "")

    page.on("request", hear)
    keyboard = page.context.new_cdp_session(page)
    comment(page).press_sequentially("C5 ")
    keyboard.send("Input.imeSetComposition", {"text": "yundong", "selectionStart": 7, "selectionEnd": 7})
    page.clock.run_for(5000)
    expect(comment(page)).to_have_value("C5 yundong")
    keyboard.send("Input.insertText", {"text": "运动"})
    page.clock.run_for(5000)
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    assert stored(report, "comment_exam") == "C5 运动"
    assert [body for body in sent if "yundong" in body] == []


def test_who_was_logged_out_logs_in_on_the_page_and_goes_on(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = new_reader("junior").open(report)
    open_exam(page)
    Session.objects.all().delete()
    comment(page).fill("Typed after the session ended")
    again = page.locator("[data-login-again]")
    expect(again).to_be_visible()
    expect(save_mark(page)).to_have_attribute("data-save", "expired")
    expect(comment(page)).to_be_focused()
    assert stored(report, "comment_exam") is None
    again.get_by_label("Password").fill("not the password")
    again.get_by_role("button", name="Log in and save").click()
    expect(again.locator("[data-login-error]")).not_to_be_empty()
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_label("Password").press("Enter")
    expect(again).to_be_hidden()
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    expect(comment(page)).to_have_value("Typed after the session ended")
    assert stored(report, "comment_exam") == "Typed after the session ended"


def test_nothing_is_saved_in_the_name_of_the_next_person_at_the_same_browser(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = new_reader("junior")
    page = reader.open(report)
    open_exam(page)
    other = reader.new_page()
    reader.context.clear_cookies()
    other.goto(f"{reader.address}/accounts/login/")
    other.fill("[name=username]", "senior")
    other.fill("[name=password]", PASSWORD)
    other.click(".login button[type=submit]")
    other.wait_for_url(f"{reader.address}/")

    # Asked while the senior is logged in, begun by the server when the junior has logged in again.
    asked, logged_in = Event(), Event()
    begin = SessionMiddleware.process_request

    def begin_late(middleware: SessionMiddleware, request: HttpRequest) -> None:
        if "X-Late" in request.headers:
            asked.set()
            assert logged_in.wait(60)
        begin(middleware, request)

    monkeypatch.setattr(SessionMiddleware, "process_request", begin_late)
    page.evaluate(
        "() => { window.late = fetch('/', { headers: { 'X-Late': '1' } }).then((answer) => answer.redirected); }"
    )
    assert asked.wait(60)

    comment(page).fill("Words of the junior")
    again = page.locator("[data-login-again]")
    expect(again).to_contain_text("Li Ming")
    assert stored(report, "comment_exam") is None
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Log in and save").click()
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    assert Finding.objects.get(report=report, field="comment_exam").set_by == people["junior"]

    logged_in.set()
    assert page.evaluate("() => window.late")  # sent to log in: the session it was asked with is gone
    comment(page).fill("More words of the junior")
    expect(save_mark(page)).to_have_attribute("data-save", "saved")
    expect(again).to_be_hidden()
    assert stored(report, "comment_exam") == "More words of the junior"
