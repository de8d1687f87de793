"""A machine that is silent: the page says so, and the report is written all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from reporting.accounts.models import User
from reporting.predictions.models import WorkerHeartbeat
from reporting.predictions.services import activate_at_set_up, register_algorithm, request_inference
from reporting.reports.services import start_report
from reporting.studies.models import Study
from tests.browser.conftest import APPLICABILITY, Reader
from tests.browser.test_viewer import open_images

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
