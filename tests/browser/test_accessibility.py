"""axe finds nothing serious on any page, in either language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page

from reporting.reports.models import Report
from tests.browser.conftest import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GRAVE = ("serious", "critical")


def grave_violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['target']}" for v in found if v["impact"] in GRAVE for node in v["nodes"]]


LOCALES = {"en-GB": "en", "zh-CN": "zh-hans"}


def test_pages_have_no_serious_violation(report: Report, new_reader: Callable[..., Reader]) -> None:
    found = {}
    for locale, language in LOCALES.items():
        reader = new_reader("junior", locale=locale)
        page = reader.page
        found[f"worklist {language}"] = grave_violations(page)
        page.goto(f"{reader.address}{reverse('studies:upload')}")
        found[f"upload {language}"] = grave_violations(page)
        reader.open(report)
        assert page.locator("html").get_attribute("lang") == language
        page.locator('[data-level="C5/6"] > summary').click()
        page.locator(".keys > summary").click()
        found[f"reading page {language}"] = grave_violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_login_page_has_no_serious_violation(transactional_db: None, live_server: object, browser: Browser) -> None:
    for locale in LOCALES:
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.goto(f"{live_server}/accounts/login/")
        assert grave_violations(page) == []
        context.close()


def test_a_planted_fault_is_found(browser: Browser) -> None:
    """The check can fail: an image without a description and grey on grey are both seen."""
    context = browser.new_context()
    page = context.new_page()
    picture = '<img src="x">'
    pale = '<p style="color:#aaa;background:#bbb">a whole sentence in grey on grey</p>'
    page.set_content(f'<html lang="en"><title>x</title><main>{picture}{pale}</main>')
    found = " ".join(grave_violations(page))
    assert "image-alt" in found
    assert "color-contrast" in found
    context.close()
