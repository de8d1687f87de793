"""axe finds nothing on any page of the product, in either language, with everything on it unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.urls import reverse
from playwright.sync_api import Browser, Page

from reporting.reports.models import Report
from tests.browser.conftest import Reader
from tests.permissions.rows import Row
from tests.permissions.table import TABLE
from tests.permissions.world import PEOPLE, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOCALES = {"en-GB": "en", "zh-CN": "zh-hans"}
NO_PAGES = ("api:", "fhir:", "health-")
# The same address with other things on it: (name, object, person).
OTHER_STATES = (
    ("reports:read", "relabelled", "owner"),
    ("reports:read", "read_blind", "senior"),
    ("reports:read", "ready", "senior"),
    ("reports:read", "preliminary", "senior"),
    ("reports:read", "final", "senior"),
)


AXE = Axe().axe_script
# What another language can change; structure and colours stay.
OF_WORDS = ["cat.text-alternatives", "cat.name-role-value", "cat.language", "cat.forms"]
RUN = """(tags) => axe
    .run({ resultTypes: ["violations"], preload: false, ...(tags && { runOnly: { type: "tag", values: tags } }) })
    .then(({ violations }) => violations.flatMap(
        ({ id, impact, nodes }) => nodes.map(({ target }) => `${id} (${impact}): ${target}`)))"""


def violations(page: Page, *, of_words: bool = False) -> list[str]:
    """What axe has to say, however grave, with every folded part of the page opened; or only of its words."""
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.evaluate(AXE)
    return list(page.evaluate(RUN, OF_WORDS if of_words else None))


def pages_of(world: World) -> Iterator[tuple[str, str]]:
    """(person, address) of every address that shows a page; the table of permissions knows them all."""
    for row in TABLE:
        people = row.answers.get(200, "").split()
        if row.method == "GET" and people and not row.name.startswith(NO_PAGES):
            person = min(people, key=PEOPLE.index)
            answer = world.client(person).get(address_of(row, world))
            if b"<main" in b"".join(answer.streaming_content if answer.streaming else [answer.content]):
                yield person, address_of(row, world)
    for name, object_name, person in OTHER_STATES:
        yield person, reverse(name, args=[world.ids[object_name]])
    yield "auditor", reverse("worklist:list")
    yield "admin", reverse("algorithms:list")
    yield "owner", "/nowhere/"


def address_of(row: Row, world: World) -> str:
    return reverse(row.name, kwargs={name: world.ids[key] for name, key in row.ids} | dict(row.fixed))


def test_no_page_has_a_violation(browser: Browser, live_server: Any, transactional_db: None, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = False
    world = make_world()
    addresses = sorted(set(pages_of(world)))
    assert len(addresses) >= 18, addresses
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    # The images' program takes longest to load and finds no pixels here; the next test has it. (A route of Playwright's
    # would do the same, but turns the browser's cache off.)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setBlockedURLs", {"urls": ["*/viewer/*"]})
    found = {}
    for person, address in addresses:
        context.clear_cookies()
        if cookie := world.client(person).cookies.get(configured.SESSION_COOKIE_NAME):
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        for locale, language in LOCALES.items():
            page.set_extra_http_headers({"Accept-Language": locale})
            page.goto(live_server.url + address)
            assert urlsplit(page.url).path == urlsplit(address).path
            assert page.locator("html").get_attribute("lang") == language
            found[f"{address} {language}"] = violations(page, of_words=language != "en")
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_reading_page_with_its_images_has_no_violation(report: Report, new_reader: Callable[..., Reader]) -> None:
    found = {}
    for locale, language in LOCALES.items():
        page = new_reader("junior", locale=locale).open(report)
        found[f"levels not confirmed {language}"] = violations(page)
    page.keyboard.press("l")
    page.locator(".levels-step.is-done").wait_for()
    found["levels confirmed"] = violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_planted_fault_is_found(browser: Browser) -> None:
    """The check can fail: an image without a description and grey on grey are both seen, also where they are folded."""
    context = browser.new_context()
    page = context.new_page()
    picture = '<img src="x">'
    pale = '<p style="color:#aaa;background:#bbb">a whole sentence in grey on grey</p>'
    page.set_content(f'<html lang="en"><title>x</title><main>{picture}<details>{pale}</details></main>')
    found = " ".join(violations(page))
    assert "image-alt" in found
    assert "color-contrast" in found
    assert "image-alt" in " ".join(violations(page, of_words=True))
    context.close()
