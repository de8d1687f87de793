"""OHIF, from an address of its own, shows a study of ours with a token and without our cookie; and, on an archive,
what we make of a signed report.

It is fetched by ``make peers`` (50 MB, kept in ``var/ohif``), not by the tests.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from playwright.sync_api import Browser, expect

from benchmarks.ohif_pages import CACHE, OHIF, pages
from benchmarks.peers import ohif
from reporting.accounts.access_tokens import issue_token
from reporting.accounts.models import Role, TokenScope, User
from reporting.audit_trail.models import AuditEvent
from reporting.outbound.models import Form
from reporting.reports.exports.outgoing import objects_of
from reporting.reports.models import ReportVersion
from reporting.studies.models import Series, Study
from tests.paths import REPOSITORY
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.factories import make_user

_DIST = REPOSITORY / CACHE / "package" / "dist"
_WAIT_MS = 60_000
_NO_TOUR = "if (window === top) localStorage.setItem('shownTours', '[\"basicViewerTour\"]');"  # it covers the page

pytestmark = pytest.mark.skipif(
    not _DIST.exists(), reason=f"{OHIF} is not in var/ohif (make peers): NOT shown in another's viewer"
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
        page.add_init_script(_NO_TOUR)
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


@pytest.mark.skipif(not any(configured.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci")
def test_ohif_on_an_archive_shows_what_a_report_becomes(
    browser: Browser, transactional_db: None, tmp_path: Path
) -> None:
    study = signed_neck(tmp_path / "study", make_algorithm(), make_user(Role.SENIOR))
    version = ReportVersion.objects.get()
    for form in (Form.DICOM_SR, Form.DICOM_SEG, Form.DICOM_KEY, Form.DICOM_PDF):
        for number, content in enumerate(objects_of(version, form)):
            (tmp_path / "study" / f"{form.value}{number}.dcm").write_bytes(content)
    # Debian's Orthanc cannot say that pages of another origin may ask it.
    lax = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-web-security"]
    )
    with ohif(tmp_path / "archive", tmp_path / "study", _DIST.parents[1]) as address:
        page = lax.new_page()
        page.set_default_timeout(_WAIT_MS)
        page.add_init_script(_NO_TOUR)
        page.goto(f"{address}/viewer?StudyInstanceUIDs={study.study_instance_uid}")
        page.locator(".cornerstone-canvas").first.wait_for()
        page.get_by_text("Confirm and hide").click()  # it covers the lower part
        thumbnails = page.locator('[data-cy="study-browser-thumbnail-no-image"]')
        expect(thumbnails).to_have_count(5)
        thumbnails.filter(has_text="SR").dblclick()
        expect(page.locator("svg text", has_text="C2/3 intervertebral disc").first).to_be_visible()
        thumbnails.filter(has_text="Structures: T2 ax").dblclick()
        expect(page.get_by_text("Do you want to open this Segmentation?")).to_be_visible()
        thumbnails.filter(has_text="PDF").dblclick()
        expect(page.locator('object[type="application/pdf"], embed[type="application/pdf"]').first).to_be_attached()
    lax.close()
