"""Images that go away, a silent machine, an old browser: the page says so and goes on where it can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import Route, expect

from reporting.accounts.models import User
from reporting.predictions.models import LabelMap, WorkerHeartbeat
from reporting.predictions.services import activate_at_set_up, register_algorithm, request_inference
from reporting.reports.models import Report
from reporting.reports.services import start_report
from reporting.studies.models import Series, Study
from tests.browser.conftest import APPLICABILITY, Reader
from tests.browser.test_viewer import AXIAL, SAGITTAL, contrast, open_images, pane

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def delete(series: Series) -> None:
    """A series and what was made of it, as only the owner of the database can: Dens itself never deletes images."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        LabelMap.objects.filter(series=series).delete()
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        series.sop_instances.all().delete()
        series.delete()


def test_a_series_deleted_while_its_report_is_open_keeps_nobody_from_reading(
    report: Report, new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("junior")
    axial = report.study.series_set.get(role="axial_t2")
    held: list[Route] = []
    is_first, is_deleted = True, False

    def keep(route: Route) -> None:
        """The slice that is shown first arrives; the others are still on their way when the series is deleted."""
        nonlocal is_first
        if is_deleted or (is_first and "/frames/" in route.request.url):
            is_first = False
            route.continue_()
        else:
            held.append(route)

    reader.page.route(f"**/series/{axial.series_instance_uid}/**", keep)
    page = open_images(reader, report)
    assert contrast(page, AXIAL) > 15
    page.locator("#g-exam > summary").click()
    comment = page.locator('[data-place="comment_exam"] textarea')
    comment.press_sequentially("Moved at the")
    delete(axial)
    is_deleted = True
    for route in held:
        route.continue_()
    message = pane(page, AXIAL).locator("[data-pane-message]")
    expect(message).to_have_text("This series has been deleted from the study.")
    expect(pane(page, AXIAL).locator("[data-pane-view]")).to_have_css("visibility", "hidden")
    assert contrast(page, SAGITTAL) > 15
    expect(comment).to_be_focused()
    comment.press_sequentially(" end.")
    comment.blur()
    page.keyboard.press("l")
    page.locator(".levels-step.is-done").wait_for()
    page.locator('[data-level="C5/6"] > summary').click()
    page.locator('[data-place="canal_grade@C5/6"] [data-set="2"]').click()
    expect(page.locator('[data-place="canal_grade@C5/6"]')).to_have_attribute("data-state", "human_confirmed")
    expect(message).to_be_visible()

    page = open_images(reader, report)
    expect(pane(page, AXIAL).locator("[data-pane-message]")).to_have_text("No such series in this study")
    expect(page.locator('[data-place="comment_exam"] textarea')).to_have_value("Moved at the end.")
    expect(page.locator('[data-place="canal_grade@C5/6"]')).to_have_attribute("data-state", "human_confirmed")
    gone = [fault for fault in reader.faults if axial.series_instance_uid in fault or "/outlines/" in fault]
    assert all(fault.startswith("404 ") for fault in gone)
    reader.faults = [fault for fault in reader.faults if fault not in gone]


def test_while_the_worker_is_down_the_page_says_since_when_and_the_report_is_written_by_hand(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    algorithm = register_algorithm(
        name="dens-cervical",
        version="0.1.0",
        weights_sha256="5" * 64,
        applicability=APPLICABILITY,
        fills_reports=True,
        by=None,
    )
    assert activate_at_set_up(algorithm)
    report = start_report(study=study, by=people["junior"])
    request_inference(study, by=people["junior"])
    silent = timezone.now() - timedelta(hours=3)
    WorkerHeartbeat.objects.create(name="w1", queues=["inference"], started_at=silent, seen_at=silent)
    page = open_images(new_reader("junior"), report)
    expect(page.locator(".gate-line")).to_contain_text("last heard")
    page.keyboard.press("l")
    page.locator(".levels-step.is-done").wait_for()
    page.keyboard.press("r")
    expect(page.locator('[data-place="cord_signal"]')).to_have_attribute("data-state", "human_confirmed")


def test_an_old_browser_is_told_which_ones_will_do(report: Report, new_reader: Callable[..., Reader]) -> None:
    reader = new_reader("junior")
    told = open_images(reader, report).locator("[data-old-browser]")
    expect(told).to_be_hidden()
    reader.page.add_init_script("delete Object.hasOwn;")  # of 2021: Chrome 93, Firefox 92
    reader.page.reload()
    expect(told).to_be_visible()
    expect(told).to_contain_text("Chrome, Edge or Firefox")
