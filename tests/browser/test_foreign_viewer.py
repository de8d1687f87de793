"""OHIF, from an address of its own, shows a study of ours with a token and without our cookie.

It is fetched by ``python -m benchmarks --only reading`` (50 MB, kept in ``var/ohif``), not by the tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.ohif_pages import OHIF, pages
from reporting.accounts.access_tokens import issue_token
from reporting.accounts.models import TokenScope, User
from reporting.audit_trail.models import AuditEvent
from reporting.studies.models import Series, Study

_DIST = Path(__file__).parents[2] / "var" / "ohif" / "package" / "dist"
_WAIT_MS = 60_000

pytestmark = pytest.mark.skipif(
    not _DIST.exists(), reason=f"{OHIF} is not in var/ohif: `python -m benchmarks --only reading` fetches it"
)


def test_ohif_elsewhere_reads_a_study(
    browser: Browser, live_server: Any, study: Study, people: dict[str, User], settings: Any
) -> None:
    senior = people["senior"]
    token = issue_token(senior, name="OHIF", days=1, scope=TokenScope.IMAGES, by=senior)
    with pages(_DIST, live_server.url) as address:
        settings.CORS_ALLOWED_ORIGINS = [address]
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(_WAIT_MS)
        page.add_init_script("localStorage.setItem('shownTours', '[\"basicViewerTour\"]');")
        refused: list[str] = []
        page.on("response", lambda said: refused.append(said.url) if said.status in (401, 403) else None)
        with page.expect_response(lambda said: "/frames/" in said.url and said.status == 200, timeout=_WAIT_MS):
            page.goto(f"{address}/viewer?StudyInstanceUIDs={study.study_instance_uid}&token={token}")
        page.locator(".cornerstone-canvas").first.wait_for()
        page.wait_for_load_state("networkidle")
        expect(page.locator('[data-cy="study-browser-thumbnail"]')).to_have_count(Series.objects.count())
        page.context.close()
    assert not refused
    opened = AuditEvent.objects.get(act="study.opened")
    assert (opened.actor, opened.data["over"]) == (senior, "dicomweb")
