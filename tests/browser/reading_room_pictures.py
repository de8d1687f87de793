"""Take the pictures of docs/reading_room.md from a running demo: synthetic studies only.

    python -m tests.browser.reading_room_pictures http://127.0.0.1:8000 senior PASSWORD

``make demo`` prints address and password. The demo's studies are changed by this: take a fresh one.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.paths import REPOSITORY

FOLDER = REPOSITORY / "docs" / "img" / "reading_room"


def save(name: str, picture: bytes) -> None:
    """As WebP: small, and the colours of outlines stay what they are."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(FOLDER / f"{name}.webp", "WEBP", quality=85, method=6)


def log_in(browser: Browser, address: str, name: str, password: str, locale: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale).new_page()
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click(".login button[type=submit]")
    page.wait_for_url(f"{address}/**")
    return page


def open_report(page: Page, address: str, patient: str) -> None:
    page.goto(f"{address}/?status=all")
    page.locator(f'tr:has-text("PHANTOM-{patient}") [data-open]').click()
    page.locator("[data-reading][data-ready]").wait_for()
    page.locator('[data-images="viewer"]').wait_for()
    page.wait_for_load_state("networkidle")


def withheld(page: Page) -> bytes:
    """The machine is silent around a vertebra that a reader calls operated."""
    page.keyboard.press("l")
    page.locator(".levels-step.is-done").wait_for()
    page.locator('[data-level="C4"] > summary').click()
    page.locator('[data-place="postop@C4"] [data-set="fusion_hardware"]').click()
    expect(page.locator("[data-save-mark]")).to_have_attribute("data-save", "saved")
    page.locator('[data-level="C4/5"] > summary').click()
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def printed(page: Page) -> bytes:
    """The first page of the draft as paper has it."""
    answer = page.request.get(f"{page.url.rstrip('/')}/draft.pdf")
    command = ["pdftoppm", "-png", "-r", "80", "-f", "1", "-l", "1"]
    return subprocess.run(command, input=answer.body(), capture_output=True, check=True).stdout


def main(address: str, name: str, password: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = log_in(browser, address, name, password, "en-GB")
        page.goto(f"{address}/?status=all")
        save("worklist", page.screenshot())
        open_report(page, address, "101")
        save("normal", page.screenshot())
        open_report(page, address, "105")
        save("abnormal", page.screenshot())

        other = page.context.new_page()
        open_report(other, address, "105")
        for each, words in ((page, "Motion at C5/6."), (other, "Artefact at C6, the cord is readable.")):
            each.locator("#g-exam").evaluate("group => (group.open = true)")
            each.locator('[data-place="comment_exam"] textarea').fill(words)
            if each is page:
                expect(each.locator("[data-save-mark]")).to_have_attribute("data-save", "saved")
        expect(other.locator("[data-merge]")).to_be_visible()
        save("conflict", other.screenshot())

        open_report(page, address, "103")
        save("withheld", withheld(page))
        open_report(page, address, "102")
        save("printed", printed(page))

        chinese = log_in(browser, address, name, password, "zh-CN")
        open_report(chinese, address, "105")
        save("chinese", chinese.screenshot())
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
