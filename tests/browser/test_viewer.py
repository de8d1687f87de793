"""The images beside the form: drawn in the browser from our frames, led by the form and leading it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from reporting.reports.models import Report
from tests.browser.conftest import Reader
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAGITTAL, AXIAL, SECOND_SAGITTAL = "1", "2", "3"
NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.includes("webgl") ? null : original.call(this, kind, ...more);
};
"""


def open_images(reader: Reader, report: Report) -> Page:
    page = reader.open(report)
    page.locator('[data-images="viewer"]').wait_for()
    return page


def pane(page: Page, number: str) -> Locator:
    return page.locator(f'[data-pane="{number}"]')


def caption(page: Page, number: str) -> Locator:
    return pane(page, number).locator("[data-pane-caption]")


def names_in(page: Page, number: str) -> list[str]:
    return pane(page, number).locator(".over-vertebra-text, .over-disc-text").all_text_contents()


def middle(page: Page, number: str) -> tuple[float, float]:
    box = pane(page, number).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, across: float, down: float) -> None:
    x, y = middle(page, SAGITTAL)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y + down, steps=2)
    page.mouse.up()


def contrast(page: Page, number: str) -> float:
    """How much the grey values of a pane's picture differ; next to nothing in an empty one."""
    picture = Image.open(io.BytesIO(pane(page, number).locator("canvas").screenshot())).convert("L")
    return float(np.asarray(picture, dtype=float).std())


def test_three_series_hang_with_names_lines_and_edges(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    for number in (SAGITTAL, AXIAL, SECOND_SAGITTAL):
        assert contrast(page, number) > 15
    chosen = page.locator("[data-pane-series]").evaluate_all("lists => lists.map(list => list.selectedOptions[0].text)")
    assert [name.split()[0] for name in chosen] == ["Sag", "Ax", "Sag"]
    for number in (SAGITTAL, SECOND_SAGITTAL):
        assert {"C2", "C5", "C5/6", "C6/7"} <= set(names_in(page, number))
        expect(pane(page, number).locator(".over-disc-line")).not_to_have_count(0)
    assert names_in(page, AXIAL) == [caption(page, AXIAL).text_content().split(" · ")[0]]  # type: ignore[union-attr]
    sides = pane(page, AXIAL).locator("[data-side]").evaluate_all("all => all.map(one => one.textContent)")
    assert sides == ["R", "L", "A", "P"]
    assert violations(page) == []


def test_images_and_form_lead_each_other(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    line = pane(page, SAGITTAL).locator('[data-of-pane="2"]')
    page.locator('[data-go-level="C3/4"]').first.click()
    expect(caption(page, AXIAL)).to_contain_text("C3/4")
    expect(page.locator('details[data-level="C3/4"]')).to_have_attribute("open", "")
    before = line.get_attribute("d")

    page.mouse.move(*middle(page, AXIAL))
    for _ in range(4):
        page.mouse.wheel(0, 100)
    expect(caption(page, AXIAL)).to_contain_text("C4/5")
    assert line.get_attribute("d") != before
    expect(page.locator('[data-go-level="C4/5"]').first).to_have_attribute("aria-current", "true")

    page.keyboard.press("]")
    expect(page.locator('details[data-level="C4"] [data-finding]').first).to_be_focused()
    page.locator('[data-level="C5/6"] > summary').click()
    expect(caption(page, AXIAL)).to_contain_text("C5/6")
    page.keyboard.press("v")
    expect(pane(page, AXIAL)).to_be_focused()
    page.keyboard.press("Home")
    expect(caption(page, AXIAL)).to_contain_text("1/30")
    page.locator('[data-place="disc_class@C5/6"]').focus()
    expect(caption(page, AXIAL)).to_contain_text("C5/6")


def test_what_is_drawn_over_is_switched_and_remembered(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    contours = pane(page, SAGITTAL).locator(".over-contour")
    expect(contours).not_to_have_count(0)
    with page.expect_response(lambda answer: answer.request.method == "PUT") as stored:
        page.keyboard.press("c")
    expect(contours).to_have_count(0)
    assert stored.value.ok

    again = open_images(new_reader("junior"), report)
    expect(again.locator("[data-contours]")).to_have_attribute("aria-pressed", "false")
    expect(pane(again, SAGITTAL).locator(".over-contour")).to_have_count(0)
    again.keyboard.press("c")
    expect(pane(again, SAGITTAL).locator(".over-contour")).not_to_have_count(0)


def test_what_was_measured_of_the_level_looked_at_stands_beside_its_line(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    page = open_images(new_reader("junior"), report)
    page.locator('[data-go-level="C5/6"]').first.click()
    expect(pane(page, SAGITTAL).locator(".over-measured-text")).to_have_text(["Canal 8.0 mm"])
    expect(pane(page, AXIAL).locator(".over-measured-text")).to_have_text(["Sac AP 8.0 mm"])
    page.locator('[data-go-level="C3/4"]').first.click()
    expect(page.locator(".over-measured")).to_have_count(0)


# Of letters, not of lines: the room above and below them is the font's own affair (CJK fonts: half as much again).
COVERED = """() => [...document.querySelectorAll('[data-pane-over]')].flatMap(over => {
    const { top } = over.getBoundingClientRect();
    const letters = (one, above, below) => {
        const { left, right } = one.getBoundingClientRect();
        const [y, em] = [top + Number(one.getAttribute('y')), parseFloat(getComputedStyle(one).fontSize)];
        return [one.textContent, { left, right, top: y - above * em, bottom: y + below * em }];
    };
    const boxes = (kind, above, below) => [...over.querySelectorAll(kind)].map(one => letters(one, above, below));
    const beside = (one, other) => one.right <= other.left || other.right <= one.left;
    const apart = (one, other) => one.bottom <= other.top + 1 || other.bottom <= one.top + 1 || beside(one, other);
    const names = boxes('.over-vertebra-text, .over-disc-text', 0.4, 0.4);
    return boxes('.over-measured-text', 0.75, 0.2).flatMap(([label, at]) =>
        names.filter(([, box]) => !apart(at, box)).map(([name]) => [label, name]));
})"""


PUT_ONE_ON_A_NAME = """() => {
    const label = document.querySelector('[data-pane-over] .over-measured-text');
    const name = label.closest('[data-pane-over]').querySelector('.over-disc-text');
    label.setAttribute('x', name.getBBox().x);
    label.setAttribute('y', Number(name.getAttribute('y')) + 10);
}"""


def test_no_measured_label_covers_the_name_of_a_level(report: Report, new_reader: Callable[..., Reader]) -> None:
    page = open_images(new_reader("junior"), report)
    page.locator('[data-go-level="C5/6"]').first.click()
    labels = pane(page, SAGITTAL).locator(".over-measured-text")
    expect(labels).to_have_count(1)
    page.locator(f'[data-pane="{SAGITTAL}"]').focus()
    for key in "h++++++":
        page.keyboard.press(key)
    # So near that the line has no room on its right, while names of lower levels come to the foot, where labels go.
    frame, name = pane(page, SAGITTAL).bounding_box(), pane(page, SAGITTAL).get_by_text("C6/7").bounding_box()
    assert frame is not None
    assert name is not None
    drag(page, frame["x"] + 20 - name["x"], frame["y"] + frame["height"] - 110 - name["y"])
    for _ in range(6):
        assert page.evaluate(COVERED) == []
        drag(page, 0, 12)
    page.evaluate(PUT_ONE_ON_A_NAME)
    assert page.evaluate(COVERED) != []


def test_without_webgl_plain_pictures_come_with_the_reason(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    reader.page.add_init_script(NO_WEBGL)
    page = reader.open(report)
    page.locator('[data-images="plain"]').wait_for()
    expect(page.locator("[data-images-note]")).to_contain_text("without WebGL")
    for image in page.locator("[data-pane] img").all():
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 100
    page.locator('[data-go-level="C3/4"]').first.click()
    expect(caption(page, "axial")).to_contain_text("C3/4")
    assert violations(page) == []


def test_a_bundle_that_does_not_arrive_is_no_hang(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    reader.page.route("**/static/viewer/**", lambda route: route.abort())
    page = reader.open(report)
    page.locator('[data-images="plain"]').wait_for()
    expect(page.locator("[data-images-note]")).to_contain_text("could not start")
    expect(page.locator("[data-pane=sagittal] img")).to_be_visible()


def test_the_page_needs_no_wider_policy_for_its_viewer(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    answer = reader.page.request.get(f"{reader.address}{reverse('reports:read', args=[report.pk])}")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "worker-src" not in policy


def test_a_series_that_is_gone_is_said_in_its_image_and_the_others_stay(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("junior")
    gone = report.study.series_set.get(role="axial_t2").series_instance_uid
    reader.page.route(f"**/series/{gone}/**", lambda route: route.fulfill(status=410))
    page = open_images(reader, report)
    expect(pane(page, AXIAL).locator("[data-pane-message]")).to_have_text("This image could not be loaded.")
    assert contrast(page, SAGITTAL) > 15


def test_without_axial_slices_the_other_series_hang(report: Report, new_reader: Callable[..., Reader]) -> None:
    report.study.series_set.filter(role="axial_t2").update(role="unknown", role_reason="localiser")
    page = open_images(new_reader("junior"), report)
    assert contrast(page, SAGITTAL) > 15
    expect(page.locator("[data-images-note]")).to_be_hidden()
