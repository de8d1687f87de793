"""What comes out of the browser's own print: whose report it is, in which state, and nothing but the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from reporting.accounts.models import User
from reporting.reports.models import Report
from reporting.reports.states import ReportStatus
from reporting.studies.models import Study
from tests.browser.conftest import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_draft_printed_from_the_page_names_the_patient_and_says_that_nobody_signed(
    report: Report, people: dict[str, User], study: Study, new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior", locale="zh-CN").open(report)
    head, mark = page.locator(".print-head"), page.locator(".paper-watermark")
    expect(head).to_be_hidden()
    expect(mark).to_be_hidden()
    page.emulate_media(media="print")
    for words in ("王小东", "男，56岁", "D1", study.accession_number, "2026-11-24"):
        expect(head).to_contain_text(words)
    expect(head).to_be_visible()
    expect(mark).to_have_text("草稿，未签名")
    expect(page.locator(".narrative:visible")).to_contain_text("诊断意见")
    expect(
        page.locator(".images-column, .form-column, button:visible, .save-mark:visible").filter(visible=True)
    ).to_have_count(0)

    Report.objects.filter(pk=report.pk).update(status=ReportStatus.FINAL)
    page.emulate_media(media="screen")
    page.reload()
    page.emulate_media(media="print")
    expect(page.locator(".print-head")).to_be_visible()
    expect(page.locator(".paper-watermark")).to_have_count(0)
