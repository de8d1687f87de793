"""Take the pictures of docs/reader_studies.md from a running demo: synthetic images, invented ratings.

    python -m tests.browser.reader_study_pictures http://127.0.0.1:8000 RESEARCHER_PASSWORD READER_PASSWORD

``make demo`` prints address and passwords, and says when its reader studies are ready. Opens the reader's next case.
"""

from __future__ import annotations

import io
import shutil
import sys

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.reading_room_pictures import log_in
from tests.paths import REPOSITORY

FOLDER = REPOSITORY / "docs" / "img" / "reader_studies"
PILOT = "var_tr=0.0002&var_error=0.0008&cov1=0.0003&cov2=0.0003&cov3=0.0002&cases=100&effect=0.05&target=0.8"


def save(name: str, page: Page, part: str = "") -> None:
    """What the window shows, or the whole of one ``part``, as WebP."""
    page.wait_for_load_state("networkidle")
    picture = page.locator(part).first.screenshot() if part else page.screenshot()
    Image.open(io.BytesIO(picture)).convert("RGB").save(FOLDER / f"{name}.webp", "WEBP", quality=85, method=6)


def simulated(page: Page, address: str) -> str:
    """Address of the study that simulated readers read."""
    page.goto(f"{address}/reader-studies/")
    found = page.locator('a:has-text("simulated readers")').first.get_attribute("href")
    assert found is not None
    return f"{address}{'/'.join(found.split('/')[:3])}"


def owners(browser: Browser, address: str, password: str) -> None:
    page = log_in(browser, address, "researcher", password, "en-GB")
    study = simulated(page, address)
    page.goto(f"{study}/power/?{PILOT}")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    save("sample_size", page, "section.chart:has(#figure-power)")
    page.goto(f"{study}/analysis/")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    save("analysis", page)
    page = log_in(browser, address, "researcher", password, "zh-CN")
    page.goto(f"{study}/analysis/")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    save("analysis_chinese", page)


def readers(browser: Browser, address: str, password: str) -> None:
    page = log_in(browser, address, "reader", password, "en-GB")
    page.goto(f"{address}/reader-studies/")
    page.locator("main a[href*='/reader-studies/']").first.click()
    page.locator("form[action$='/reading/begin/'] button").click()
    page.locator("[data-study-reading]").wait_for()
    save("reading", page)


def main(address: str, researcher: str, reader: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        owners(browser, address, researcher)
        readers(browser, address, reader)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
