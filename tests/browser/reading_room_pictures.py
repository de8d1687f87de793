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
    page.wait_for_load_state("networkidle")
    page.locator('[data-level="C4/5"] > summary').click()
    expect(page.locator('details[data-level="C4/5"]')).to_contain_text("Withheld: operated level")
    expect(page.locator('[data-pane="2"] .over-measured-text')).to_have_count(0)
    return page.screenshot()


def marked(page: Page) -> bytes:
    """Marks for training: a point in a vertebra and in a ligament, the machine's outline; one is being reworded."""
    page.locator('[data-go-level="C5/6"]').first.click()
    page.locator('[data-pane="1"]').focus()
    for tool, pane, structure, (x, y) in (
        ("vertebra_point", "1", "", (-10, 10)),
        ("ligament_point", "2", "lf", (25, 28)),
        ("contour", "2", "cord", (0, 0)),
    ):
        page.locator(f'button[data-tool="{tool}"]').click()
        if structure:
            page.locator("[data-mark-structure]").select_option(structure)
        if tool == "contour":
            page.locator("[data-mark-machine]").click()
        else:
            box = page.locator(f'[data-pane="{pane}"]').bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y)
        page.wait_for_load_state("networkidle")
    page.locator('button[data-tool="window"]').click()
    page.keyboard.press("k")
    page.keyboard.press("e")
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def sign(page: Page, password: str) -> None:
    """Levels, every suggestion of the machine, the rest as normal, no critical finding, the password."""
    saved = page.locator('[data-save-mark][data-save="saved"]')
    page.keyboard.press("l")
    page.locator(".levels-step.is-done").wait_for()
    while waiting := page.locator("[data-finding][data-decide]").count():
        page.keyboard.press("y")
        page.wait_for_timeout(800)
        saved.wait_for()
        if page.locator("[data-finding][data-decide]").count() == waiting:
            page.wait_for_timeout(800)
    page.keyboard.press("r")
    page.wait_for_timeout(800)
    saved.wait_for()
    for button in page.locator('[data-answer="no"]').all():
        button.click()
        saved.wait_for()
    page.locator("#sign-password").fill(password)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")


def as_picture(pdf: bytes, resolution: int = 80) -> bytes:
    """The first sheet."""
    command = ["pdftoppm", "-png", "-r", str(resolution), "-f", "1", "-l", "1"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout


def printed(page: Page) -> bytes:
    """The first sheet of the signed version."""
    return as_picture(page.request.get(f"{page.url.rstrip('/')}/versions/1.pdf").body())


def main(address: str, name: str, password: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
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
        open_report(page, address, "101")
        save("marks", marked(page))
        open_report(page, address, "104")
        sign(page, password)
        save("printed", printed(page))

        chinese = log_in(browser, address, name, password, "zh-CN")
        open_report(chinese, address, "105")
        save("chinese", chinese.screenshot())
        save("printed_page", as_picture(chinese.pdf(format="A4")))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
