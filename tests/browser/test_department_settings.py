"""What a department decides reaches its readers: proposed by one, activated by another, in the next report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reporting.accounts.models import Role, User
from reporting.studies.models import Study
from tests.browser.conftest import PASSWORD, Reader, draft_from
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_settings_are_proposed_by_one_activated_by_another_and_hold_in_the_next_report(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    User.objects.create_user("auditor", PASSWORD, full_name="Sun Li", role=Role.AUDITOR)
    address = reverse("rules:house")
    senior = new_reader("senior")
    page = senior.page
    page.goto(senior.address + address)
    page.locator("details:has(form) > summary").click()
    page.get_by_label("Posterior longitudinal ligament thickened at C5/6 above, mm").fill("3")
    page.get_by_label("C7/T1 must be assessed").check()
    page.get_by_label("Preliminary step before a senior signs").uncheck()
    page.get_by_label("Canal grade 2 in Chinese (empty: as shipped)").fill("中度狭窄")
    page.get_by_label("Why it should change").fill("decided on Monday")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("#waiting-title")).to_contain_text("proposed by Zhao Hua")
    expect(page.get_by_role("button", name="Activate")).to_have_count(0)
    assert violations(page) == []

    auditor = new_reader("auditor")
    page = auditor.page
    page.goto(auditor.address + address)
    waiting = page.locator('section[aria-labelledby="waiting-title"]')
    expect(waiting.locator("ins")).to_have_text(["yes", "no", "3", "中度狭窄"], use_inner_text=True)
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#force-title")).to_contain_text("version 2")
    expect(page.locator("#waiting-title")).to_have_count(0)

    report = draft_from(study, people)
    page = new_reader("junior").open(report)
    page.locator('[data-level="C5/6"] > summary').click()
    ligament = page.locator('[data-place="pll@C5/6"]')
    expect(ligament.locator('[data-set="thickened"]')).to_have_text("thickened (> 3 mm)")
    expect(page.locator('[data-level="C7/T1"] > summary')).not_to_contain_text("optional")
    expect(page.locator('[data-act="approve_preliminary"]')).to_have_count(0)
    page.locator('[data-place="canal_grade@C5/6"] [data-set="2"]').click()
    expect(page.locator("[data-save-mark]")).to_have_attribute("data-save", "saved")
    page.locator('[data-text-language="zh-hans"], [data-text-language="zh"]').first.click()
    expect(page.locator('[data-panel="text"]')).to_contain_text("椎管中度狭窄")
