"""The worklist in a browser: rows that follow by themselves, keys, bulk acts, views, filters in the address, pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import JobStatus
from reporting.studies.models import Study
from reporting.studies.services import assign_study
from reporting.worklist import page as worklist_page
from reporting.worklist.models import WorklistView
from tests.browser.conftest import SECTION, Reader
from tests.factories import make_job, make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def arrived(unit: str = "Spine clinic") -> Study:
    study = make_study(section=SECTION)
    study.referring_unit, study.accession_number = unit, f"A{str(study.pk)[:8]}"
    study.save()
    return study


def rows(page: Page) -> list[str]:
    return [row.get_attribute("id") or "" for row in page.locator("[data-worklist] tr[id]").all()]


def row(study: Study) -> str:
    return f"#study-{study.pk}"


def counts(page: Page) -> list[str]:
    return page.locator("[data-view-count]").all_inner_texts()


@pytest.fixture
def studies(people: dict[str, User]) -> list[Study]:
    """Three studies of the readers' section, the newest first."""
    return [arrived() for _ in range(3)][::-1]


def test_rows_and_counts_follow_without_a_reload_and_leave_a_row_in_hand_alone(
    studies: list[Study], people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").at_home()
    assert rows(page) == [f"study-{study.pk}" for study in studies]
    page.evaluate("() => { window.sameDocument = true; }")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(row(studies[1]))).to_be_focused()
    page.keyboard.press("x")
    newest = arrived()
    make_job(studies[1], status=JobStatus.FAILED)
    expect(page.locator(row(newest))).to_be_visible()
    expect(page.locator(f"{row(studies[1])} .state-failed")).to_be_visible()
    expect(page.locator("[data-view-count]").first).to_have_text("4")
    assert rows(page)[0] == f"study-{newest.pk}"
    expect(page.locator(f"{row(studies[1])} [data-select]")).to_be_checked()
    assert page.evaluate("() => document.activeElement.closest('tr')?.id") == f"study-{studies[1].pk}"
    # The reader is at a row that leaves the list: it stays until they go on.
    page.locator("select[name=machine]").select_option("failed")
    page.wait_for_url("**machine=failed**")
    page.keyboard.press("j")
    make_job(studies[1])
    expect(page.locator(row(studies[1]))).to_have_class("is-gone")
    expect(page.locator(row(studies[1]))).to_contain_text("no longer in this list")


def test_several_studies_are_given_to_a_reader_by_keys_and_that_is_one_event(
    studies: list[Study], people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").at_home()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-selected-count]")).to_have_text("(2)")
    page.keyboard.press("a")
    expect(page.locator("[data-assign-to]")).to_be_focused()
    page.keyboard.type("Li Ming")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("2 studies were assigned.")
    given = Study.objects.filter(assigned_to=people["junior"])
    assert {study.pk for study in given} == {studies[0].pk, studies[1].pk}
    event = AuditEvent.objects.get(act="studies.assigned")
    assert {entry["study"] for entry in event.data["studies"]} == {str(studies[0].pk), str(studies[1].pk)}
    # Somebody else was quicker: their word stands, and the page says so.
    page.locator(f"{row(studies[2])} [data-select]").check()
    assign_study(studies[2], to=people["senior"], by=people["senior"], expected_version=studies[2].assignment_version)
    page.locator("[data-assign]").click()
    expect(page.locator(".messages")).to_contain_text("Zhao Hua")
    assert Study.objects.get(pk=studies[2].pk).assigned_to == people["senior"]


def test_filters_stand_in_the_address_and_are_kept_as_the_view_that_opens_first(
    studies: list[Study], people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("senior")
    arrived("Emergency")
    page = reader.at_home()
    page.locator("select[name=referrer]").select_option("Emergency")
    page.wait_for_url("**referrer=Emergency**")
    assert len(rows(page)) == 1
    page.go_back()
    assert len(rows(page)) == 4
    page.go_forward()
    page.locator(".own-views > summary").click()
    page.locator("#view-name").fill("From emergency")
    page.locator(".own-views [name=is_default]").check()
    page.get_by_role("button", name="Keep view").click()
    expect(page.locator("[data-view][aria-current=page]")).to_contain_text("From emergency")
    page.keyboard.press("1")
    page.wait_for_url("**/?status=open")
    assert counts(page)[-1] == "1"
    page.goto(f"{reader.address}/")
    page.wait_for_url("**referrer=Emergency**")
    page.locator(".own-views > summary").click()
    page.get_by_role("button", name="delete").click()
    expect(page.locator("[data-view]", has_text="From emergency")).to_have_count(0)
    assert not WorklistView.objects.exists()


def test_keys_open_search_and_turn_pages(
    studies: list[Study], new_reader: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist_page, "PAGE_ROWS", 2)
    page = new_reader("senior").at_home()
    assert rows(page) == [f"study-{study.pk}" for study in studies[:2]]
    page.keyboard.press("n")
    page.wait_for_url("**before=**")
    assert rows(page) == [f"study-{studies[2].pk}"]
    page.keyboard.press("b")
    page.wait_for_url("**/?status=open")
    page.keyboard.press("/")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.type(studies[2].accession_number)
    page.keyboard.press("Enter")
    page.wait_for_url("**search=**")
    assert rows(page) == [f"study-{studies[2].pk}"]
    assert studies[2].accession_number not in page.url
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/**")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_filters_and_search_are_one_line(studies: list[Study], new_reader: Callable[..., Reader], locale: str) -> None:
    page = new_reader("senior", locale=locale).at_home()
    for width in (1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        is_one_line(page, width)


def is_one_line(page: Page, width: int) -> None:
    boxes = [
        each.bounding_box() for each in page.locator(".worklist-tools :is(select, input[type=search], summary)").all()
    ]
    seen = [box for box in boxes if box is not None]
    assert len(seen) >= 6
    assert {round(box["y"] + box["height"]) for box in seen} == {round(seen[0]["y"] + seen[0]["height"])}
    assert max(box["x"] + box["width"] for box in seen) <= width
    said = page.locator("input[type=search]").evaluate(
        """(field) => {
            const pen = document.createElement("canvas").getContext("2d");
            pen.font = getComputedStyle(field).font;
            const inner = field.clientWidth - 2 * parseFloat(getComputedStyle(field).paddingLeft);
            return [pen.measureText(field.placeholder).width, inner];
        }"""
    )
    assert said[0] <= said[1], "the hint in the search field is cut"
