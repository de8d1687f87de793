"""The reading page in a real browser, beside OHIF with the same study, in turn, each time with an empty cache."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import peers
from benchmarks.ohif_pages import CACHE, OHIF, NoPeer
from benchmarks.tables import show

SCROLL_MS = 3000
WAIT_MS = 90_000

# Runs in both pages alike: when the first canvas shows a picture, and how often one of them changes.
_PROBE = """
(() => {
  const small = document.createElement('canvas'); small.width = small.height = 24;
  const pen = small.getContext('2d', {willReadFrequently: true});
  window.benchLook = (canvas) => {
    if (!canvas || canvas.width < 50) return null;
    pen.drawImage(canvas, 0, 0, 24, 24);
    const grey = pen.getImageData(0, 0, 24, 24).data.filter((_, i) => i % 4 === 1);
    const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
    return {spread: grey.reduce((a, b) => a + Math.abs(b - mean), 0) / grey.length, mark: grey.join()};
  };
  let arrived;
  window.benchFirst = new Promise((done, fail) => {
    arrived = done;
    setTimeout(() => fail(new Error('no picture came')), WAIT_MS);
  });
  const watch = () => {
    for (const canvas of document.querySelectorAll(window.benchCanvases || 'canvas')) {
      const seen = window.benchLook(canvas);
      if (seen && seen.spread > 8) { arrived(performance.now()); return; }
    }
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
  window.benchScroll = (selector, ms) => new Promise((done) => {
    const canvas = document.querySelector(selector);
    const place = canvas.getBoundingClientRect();
    const at = {clientX: place.x + place.width / 2, clientY: place.y + place.height / 2};
    const began = performance.now(); let last = '', changes = 0, frames = 0, way = 1, steps = 0;
    const step = (now) => {
      const seen = window.benchLook(canvas);
      if (seen && seen.mark !== last) { changes += 1; last = seen.mark; }
      frames += 1;
      if (now - began > ms) return done({changes, frames, seconds: (now - began) / 1000});
      if (++steps % 12 === 0) way = -way;
      canvas.dispatchEvent(new WheelEvent('wheel', {deltaY: 100 * way, bubbles: true, cancelable: true, ...at}));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
})();
""".replace("WAIT_MS", str(WAIT_MS))
_OWN_AXIAL = '[data-pane="2"] canvas'
_OHIF_CANVAS = ".cornerstone-canvas"


def measure(repeats: int) -> dict[str, Any]:
    """Medians of ``repeats`` visits to each, and the ratio OHIF / Dens (above 1: Dens is faster)."""
    if shutil.which("chromium") is None:
        raise NoPeer("chromium is not installed")
    # A socket's path is short, so the folder is not the one of the other parts.
    with tempfile.TemporaryDirectory(prefix="dens-bench-", dir="/tmp") as folder:
        work = Path(folder)
        with peers.dens(work) as own, peers.ohif(work, own.folder, CACHE) as ohif, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                # OHIF and Orthanc are two addresses; Orthanc cannot say that this is meant.
                args=["--no-sandbox", "--disable-web-security"],
            )
            keys, study_uid, axial = _key_slices(browser, own)
            ways: dict[str, Callable[[], dict[str, float]]] = {
                "Dens": lambda: _visit_dens(browser, own, keys),
                "OHIF": lambda: _visit_ohif(browser, ohif, study_uid, keys, axial),
            }
            for visit in ways.values():
                visit()  # each server has decoded the frames once
            seen: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
            for _ in range(repeats):
                for name, visit in ways.items():
                    seen[name].append(visit())
            browser.close()
    return _told(seen, repeats)


def _told(seen: dict[str, list[dict[str, float]]], repeats: int) -> dict[str, Any]:
    medians = {
        name: {what: round(statistics.median(one[what] for one in visits), 3) for what in visits[0]}
        for name, visits in seen.items()
    }
    rows = []
    for what in medians["Dens"]:
        ours, theirs = medians["Dens"][what], medians["OHIF"].get(what)
        ratio = None if theirs is None else (ours / theirs if what.endswith("a second") else theirs / ours)
        rows.append((what, ours, "–" if theirs is None else theirs, "–" if ratio is None else ratio))
    show(
        f"The same study in a browser with an empty cache, medians of {repeats}",
        ("what", "Dens", "OHIF", "Dens is ahead by"),
        rows,
    )
    return {"repeats": repeats, "versions": {"OHIF": OHIF}, **medians}


def _log_in(browser: Browser, own: peers.Dens) -> Page:
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{own.address}/accounts/login/")
    page.fill("[name=username]", own.user)
    page.fill("[name=password]", own.password)
    page.click(".login button[type=submit]")
    page.wait_for_url(f"{own.address}/")
    return page


def _key_slices(browser: Browser, own: peers.Dens) -> tuple[set[str], str, str]:
    """SOP Instance UIDs of the discs' axial slices, the study's UID and the axial series' description."""
    with_uid = pydicom.dcmread(next(own.folder.rglob("*.dcm")), stop_before_pixels=True)
    page = _log_in(browser, own)
    said = _description(page, own, str(with_uid.StudyInstanceUID))
    page.context.close()
    series = {one["id"]: one for one in said["series"]}
    keys = set()
    for level in said["levels"]:
        if level["axial"]:
            frame = series[level["axial"]["series"]]["frames"][level["axial"]["frame"]]
            keys.add(frame["sop"])
    axial = next(one for one in said["series"] if one["role"] == "axial_t2")
    return keys, said["study"]["uid"], axial["description"]


def _description(page: Page, own: peers.Dens, study_uid: str) -> dict[str, Any]:
    reports = page.request.get(f"{own.address}/api/reports/").json()["results"]
    for report in reports:
        said: dict[str, Any] = page.request.get(f"{own.address}/api/reports/{report['id']}/viewer/").json()
        if said["study"]["uid"] == study_uid:
            return said
    raise NoPeer("the demo has no report of the study")


class _Arrivals:
    """When all key slices were there, in seconds after ``page`` began to load."""

    def __init__(self, page: Page, keys: set[str]) -> None:
        self.page, self.missing = page, set(keys)
        page.on("requestfinished", self._look)

    def _look(self, request: Any) -> None:
        match = re.search(r"/instances/([0-9.]+)(?:/|$)", request.url)
        if match:
            self.missing.discard(match[1])

    def wait(self) -> float:
        while self.missing:
            self.page.wait_for_event("requestfinished", timeout=WAIT_MS)
        now: float = self.page.evaluate("performance.now()")
        return now / 1000


def _visit_dens(browser: Browser, own: peers.Dens, keys: set[str]) -> dict[str, float]:
    page = _log_in(browser, own)
    study_uid = str(pydicom.dcmread(next(own.folder.rglob("*.dcm")), stop_before_pixels=True).StudyInstanceUID)
    report = _description(page, own, study_uid)["report"]
    page.add_init_script(_PROBE)
    arrivals = _Arrivals(page, keys)
    page.goto(f"{own.address}/reports/{report}/", wait_until="commit")
    found = {"first image, s": _first(page), "all key slices, s": arrivals.wait()}
    page.wait_for_load_state("networkidle")
    found["slices drawn a second"] = _scroll(page, _OWN_AXIAL)
    found["field accepted → saved, s"] = _accept(page)
    page.context.close()
    return found


def _visit_ohif(browser: Browser, address: str, study_uid: str, keys: set[str], axial: str) -> dict[str, float]:
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.set_default_timeout(WAIT_MS)
    page.add_init_script(f"window.benchCanvases = {json.dumps(_OHIF_CANVAS)};" + _PROBE)
    page.add_init_script("localStorage.setItem('shownTours', '[\"basicViewerTour\"]');")  # its tour covers the page
    arrivals = _Arrivals(page, keys)
    page.goto(f"{address}/viewer?StudyInstanceUIDs={study_uid}", wait_until="commit")
    first = _first(page)
    # It hangs the first series alone; the reader wants the axial one.
    page.locator('[data-cy="study-browser-thumbnail"]', has_text=axial).first.dblclick()
    found = {"first image, s": first, "all key slices, s": arrivals.wait()}
    page.wait_for_load_state("networkidle")
    found["slices drawn a second"] = _scroll(page, _OHIF_CANVAS)
    page.context.close()
    return found


def _first(page: Page) -> float:
    # A promise: waiting for an expression would need eval, which our pages forbid.
    first: float = page.evaluate("window.benchFirst")
    return float(first) / 1000


def _scroll(page: Page, canvas: str) -> float:
    seen = page.evaluate("([selector, ms]) => window.benchScroll(selector, ms)", [canvas, SCROLL_MS])
    return round(float(seen["changes"]) / float(seen["seconds"]), 2)


def _accept(page: Page) -> float:
    """From the press on a machine value to its row in the state that the server stored."""
    status = page.locator('[data-place^="level_status"]')
    if status.get_attribute("data-state") != "human_confirmed":
        page.keyboard.press("l")  # machine values count for nothing before the levels are confirmed
        page.locator('[data-place^="level_status"][data-state="human_confirmed"]').wait_for(state="attached")
        page.wait_for_load_state("networkidle")
    field = page.locator('[data-state="ai_suggested"]').first
    place = field.get_attribute("data-place")
    page.evaluate(
        """([place, ms]) => {
          const row = () => document.querySelector(`[data-place="${CSS.escape(place)}"]`);
          window.benchAccepted = new Promise((done, fail) => {
            const began = performance.now();
            setTimeout(() => fail(new Error(`${place} was not saved`)), ms);
            const look = () => row()?.dataset.state === "human_confirmed" ? done(performance.now() - began)
              : requestAnimationFrame(look);
            row().querySelector(".act-accept").click();
            look();
          });
        }""",
        [place, WAIT_MS],
    )
    took: float = page.evaluate("window.benchAccepted")
    return float(took) / 1000
