"""Marks for training in the viewer: a junior draws, a senior decides, nothing is lost, the blind see no machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from reporting.accounts.models import User
from reporting.predictions.models import BlindDecision
from reporting.reports.correction_models import Correction
from reporting.reports.models import Report
from tests.browser.conftest import Reader
from tests.browser.test_accessibility import violations
from tests.browser.test_viewer import AXIAL, NO_WEBGL, SAGITTAL, middle, open_images, pane

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def rows(page: Page) -> Locator:
    return page.locator("[data-mark-rows] > li")


def settled(page: Page, count: int) -> None:
    expect(rows(page)).to_have_count(count)
    expect(page.locator('[data-mark-rows] > [data-state="unsaved"]')).to_have_count(0)


def click_at(page: Page, number: str, x: float, y: float) -> None:
    at = middle(page, number)
    page.mouse.click(at[0] + x, at[1] + y)


def drag_round(page: Page, number: str, size: float) -> None:
    x, y = middle(page, number)
    page.mouse.move(x - size, y - size)
    page.mouse.down()
    for dx, dy in ((size, -size), (size, size), (-size, size), (-size, -size + 4)):
        page.mouse.move(x + dx, y + dy, steps=6)
    page.mouse.up()


def on_c5_6(page: Page) -> None:
    page.locator("[data-mark-tools]").wait_for()
    page.locator('[data-go-level="C5/6"]').first.click()
    page.keyboard.press("v")


def test_a_junior_draws_and_a_senior_decides(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = open_images(new_reader("junior"), report)
    on_c5_6(page)
    page.keyboard.press("5")
    page.locator("[data-mark-says]").select_option("osteophyte")
    click_at(page, SAGITTAL, 0, 0)
    settled(page, 1)
    click_at(page, AXIAL, 0, 0)
    expect(page.locator("[data-mark-note]")).to_contain_text("another plane")
    page.keyboard.press("6")
    page.locator("[data-mark-structure]").select_option("lf")
    click_at(page, AXIAL, 30, 20)
    settled(page, 2)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    settled(page, 3)
    page.keyboard.press("8")
    page.locator("[data-mark-structure]").select_option("cord")
    drag_round(page, AXIAL, 20)
    settled(page, 4)
    page.locator('button[data-tool="contour"]').click()
    page.keyboard.press("k")  # as on the image
    expect(rows(page).first.locator("button").first).to_be_focused()
    assert violations(page) == []

    marks = list(Correction.objects.all())
    assert [mark.kind for mark in marks] == ["vertebra_point", "ligament_point", "disc_slice", "contour"]
    assert [(mark.level, mark.side) for mark in marks[1:3]] == [("C5/6", "left"), ("C5/6", "")]
    assert [mark.diameter_px for mark in marks] == [10, 3, 10, None]
    assert marks[0].says == "osteophyte"
    assert len(marks[3].points) > 8

    again = open_images(new_reader("junior"), report)
    expect(rows(again)).to_have_count(4)
    again.locator("[data-mark-list] summary").click()
    expect(again.locator('[data-mark-act="accept"]')).to_have_count(0)
    expect(rows(again).first.locator('[data-mark-act="retract"]')).to_be_visible()

    senior = open_images(new_reader("senior"), report)
    expect(rows(senior)).to_have_count(4)
    senior.keyboard.press("v")
    senior.keyboard.press("k")
    expect(rows(senior).nth(0).locator("button").first).to_be_focused()
    senior.keyboard.press("a")
    expect(rows(senior).nth(0)).to_have_attribute("data-state", "accepted")
    expect(rows(senior).nth(1).locator("button").first).to_be_focused()
    senior.keyboard.press("r")
    senior.keyboard.type("beside the ligament")
    senior.keyboard.press("Enter")
    expect(rows(senior).nth(1)).to_have_attribute("data-state", "rejected")
    expect(rows(senior).nth(1)).to_contain_text("beside the ligament")
    states = [mark.state.value for mark in Correction.objects.all()]
    assert states == ["accepted", "rejected", "open", "open"]


def height(page: Page) -> float:
    box = pane(page, SAGITTAL).bounding_box()
    assert box is not None
    return box["height"]


def test_a_mark_is_reworded_dragged_moved_by_keys_and_decided_again(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = open_images(new_reader("junior"), report)
    on_c5_6(page)
    page.keyboard.press("5")
    for y in (0, 60):
        click_at(page, SAGITTAL, 0, y)
    settled(page, 2)
    drawn_at = height(page)
    first, second = Correction.objects.order_by("created_at")

    page.keyboard.press("v")
    page.keyboard.press("k")
    expect(rows(page).first.locator("button").first).to_be_focused()
    page.keyboard.press("e")
    form = rows(page).first.locator("form")
    form.get_by_label("Level").select_option("C7")
    form.get_by_label("What it says").select_option("osteophyte")
    page.keyboard.press("Enter")
    expect(rows(page).filter(has_text="C7 osteophyte ?")).to_have_count(1)
    settled(page, 2)
    reworded = Correction.objects.get(replaces=first)
    assert (reworded.level, reworded.says, reworded.points) == ("C7", "osteophyte", first.points)

    x, y = middle(page, SAGITTAL)
    page.mouse.move(x, y + 60 * height(page) / drawn_at)  # the list of marks takes its room from the images
    page.mouse.down()
    page.mouse.move(x + 8, y + 70, steps=4)
    page.mouse.move(x + 20, y + 80, steps=4)
    with page.expect_response(lambda answer: answer.url.endswith("/amend/")):
        page.mouse.up()
    dragged = Correction.objects.get(replaces=second)
    assert dragged.author == people["junior"]
    assert dragged.points[0][0] > second.points[0][0]
    assert dragged.points[0][1] > second.points[0][1]

    senior = open_images(new_reader("senior"), report)
    settled(senior, 2)
    senior.keyboard.press("v")
    senior.keyboard.press("k")
    senior.keyboard.press("m")
    expect(pane(senior, SAGITTAL)).to_be_focused()
    senior.keyboard.press("Enter")
    expect(rows(senior).filter(has_text="Zhao Hua")).to_have_attribute("data-state", "accepted")
    senior.keyboard.press("k")
    senior.keyboard.press("a")
    expect(senior.locator('[data-mark-rows] > [data-state="accepted"]')).to_have_count(2)
    expect(rows(senior).filter(has_text="Li Ming").locator("button").first).to_be_focused()
    senior.keyboard.press("o")
    expect(rows(senior).filter(has_text="Li Ming")).to_have_attribute("data-state", "open")
    assert violations(senior) == []


def test_a_mark_that_cannot_be_saved_stays_and_is_sent_again(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    on_c5_6(page)
    page.keyboard.press("5")
    page.context.set_offline(True)
    click_at(page, SAGITTAL, 0, 0)
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_have_attribute("data-state", "unsaved")
    expect(page.locator("[data-mark-note]")).to_contain_text("No connection")
    page.context.set_offline(False)
    settled(page, 1)
    assert Correction.objects.count() == 1
    page.keyboard.press("Backspace")
    expect(rows(page)).to_have_count(0)
    assert Correction.objects.get().state.value == "retracted"


def test_the_machines_outline_is_taken_as_it_is_but_not_while_blind(
    report: Report, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = open_images(new_reader("junior"), report)
    on_c5_6(page)
    page.keyboard.press(AXIAL)
    expect(pane(page, AXIAL).locator(".over-contour")).not_to_have_count(0)
    page.keyboard.press("8")
    page.locator("[data-mark-structure]").select_option("cord")
    page.locator("[data-mark-machine]").click()
    settled(page, 1)
    assert Correction.objects.get().origin == "machine"

    BlindDecision.objects.create(study=report.study, reader=people["senior"], blind=True, because="user")
    blind = open_images(new_reader("senior"), report)
    expect(blind.locator("[data-mark-tools]")).to_be_visible()
    expect(blind.locator(".over-contour, .over-mark")).to_have_count(0)
    expect(rows(blind)).to_have_count(0)
    blind.keyboard.press("v")
    blind.keyboard.press(AXIAL)
    blind.keyboard.press("8")
    blind.locator("[data-mark-machine]").click()
    expect(blind.locator("[data-mark-note]")).to_contain_text("outlined nothing")


def test_without_webgl_it_is_said_that_nothing_can_be_drawn(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    reader.page.add_init_script(NO_WEBGL)
    page = reader.open(report)
    expect(page.locator("[data-images-note]")).to_contain_text("No marks can be drawn here")
