"""What is done to the images by hand: measuring, one point in all of them, film."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from reporting.reports.models import Report
from tests.browser.conftest import Reader
from tests.browser.test_viewer import AXIAL, SAGITTAL, SECOND_SAGITTAL, caption, middle, open_images, pane

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_drawn_distance_goes_into_a_field_of_the_report(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    page.keyboard.press("l")
    page.locator('[data-level="C5/6"] > summary').click()
    page.keyboard.press("v")
    page.keyboard.press(AXIAL)
    page.keyboard.press("d")
    x, y = middle(page, AXIAL)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 30, steps=3)
    page.mouse.up()
    said = page.locator("[data-result-text]")
    expect(said).to_contain_text("mm")
    value = said.text_content().split()[-2]  # type: ignore[union-attr]
    page.locator("[data-result-field]").select_option("canal_ap_mm@C5/6")
    page.locator("[data-result-put]").click()
    field = page.locator('[data-place="canal_ap_mm@C5/6"]')
    expect(field.locator("[data-set-text]")).to_have_value(value)
    expect(field).to_have_attribute("data-state", "human_confirmed")
    assert report.findings.get(field="canal_ap_mm", level="C5/6").value == float(value)


def test_one_point_is_found_in_every_image(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    x, y = middle(page, SAGITTAL)
    page.keyboard.down("Shift")
    page.mouse.click(x, y - 60)
    page.keyboard.up("Shift")
    for number in (SAGITTAL, AXIAL, SECOND_SAGITTAL):
        cross = pane(page, number).locator(".over-cross")
        expect(cross).to_have_count(1)
        assert float(cross.get_attribute("data-away") or "9") <= 2.0  # half a step between axial slices
    page.keyboard.press("Escape")
    expect(page.locator(".over-cross")).to_have_count(0)


def test_slices_run_by_themselves_until_escape(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    button = page.locator('[data-do="cine"]')
    pane(page, AXIAL).focus()
    shown = caption(page, AXIAL).text_content() or ""
    page.keyboard.press("p")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(caption(page, AXIAL)).not_to_have_text(shown)
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(300)  # the slice it had asked for
    still = caption(page, AXIAL).text_content() or ""
    page.wait_for_timeout(500)
    assert caption(page, AXIAL).text_content() == still


def place_of(page: Page, name: str) -> dict[str, float]:
    """Where a level's name stands once it is at rest; while it is drawn anew it has no place."""
    before = None
    for _try in range(100):
        place = pane(page, SAGITTAL).get_by_text(name, exact=True).bounding_box()
        if place is not None and place == before:
            return dict(place)
        before = place
        page.wait_for_timeout(100)
    raise AssertionError(f"{name} does not come to rest")


def test_window_and_place_stay_when_levels_are_named_anew(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    window = pane(page, SAGITTAL).locator("[data-pane-window]")
    names = pane(page, SAGITTAL).locator(".over-disc-text")
    pane(page, SAGITTAL).focus()
    for key in ">>++":
        page.keyboard.press(key)
    page.locator("#levels-correct > summary").click()
    page.locator("#level-which").select_option("C5/6")
    before = names.all_text_contents()
    outlines = pane(page, SAGITTAL).locator(".over-contour")
    expect(outlines).not_to_have_count(0)
    late: list[Route] = []
    page.route("**/outlines/**", lambda route: late.append(route))
    page.locator("#level-insert").click()
    expect(names).not_to_have_text(before)
    assert outlines.count() > 0, "those of before stand until they come anew"
    page.unroute("**/outlines/**")
    chosen = window.text_content() or ""
    at = place_of(page, "C3/4")
    pane(page, SAGITTAL).focus()
    page.keyboard.press("ArrowDown")
    expect(caption(page, SAGITTAL)).to_contain_text("5/7")
    expect(window).to_have_text(chosen)
    assert place_of(page, "C3/4") == at
