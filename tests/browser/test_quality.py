"""Quality of the readings from the page: a threshold is moved, a case is looked at again, an alarm is dealt with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from reporting.accounts.models import Role, User
from reporting.department_audit import intake
from reporting.department_audit.models import Alarm, PeerCase, PeerNotice, ReferenceRead
from reporting.department_audit.monitoring.handling import freeze_baselines
from reporting.department_audit.monitoring.watching import watch
from reporting.department_audit.peer_learning.drawing import draw_peer_cases
from reporting.predictions.models import Algorithm, ThresholdChange
from reporting.studies.models import Study
from tests.browser.conftest import PASSWORD, SECTION
from tests.department_audit.reports import make_report, pll, sign_version
from tests.department_audit.test_monitoring import START, USUAL, store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NewReader = Callable[..., Any]


@pytest.fixture
def quality_people(people: dict[str, User]) -> dict[str, User]:
    others = {"auditor": (Role.AUDITOR, "Sun Li"), "second": (Role.SENIOR, "Qian Bo"), "third": (Role.SENIOR, "Wu Fan")}
    return people | {
        name: User.objects.create_user(name, PASSWORD, full_name=full_name, role=role, section=SECTION)
        for name, (role, full_name) in others.items()
    }


def is_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_a_senior_moves_a_threshold_on_the_bench_and_an_auditor_activates_it(
    quality_people: dict[str, User], new_reader: NewReader
) -> None:
    same: dict[str, Any] = {"name": "dens", "version": "1.0", "weights_sha256": "a" * 64, "fills_reports": True}
    algorithm = Algorithm.objects.create(**same, status="active", thresholds={"pll": 0.5})
    for p, value in ((0.9, "thickened"), (0.45, "thickened"), (0.3, "not_thickened"), (0.42, "not_thickened")):
        sign_version(make_report(), [pll("C5/6", value, p)], by=quality_people["senior"])
    intake.take_pending()
    senior = new_reader("senior")
    page: Page = senior.page
    page.goto(f"{senior.address}/audit/thresholds/{algorithm.pk}/pll/")
    is_accessible(page)
    page.locator("[data-slider]").focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-slider-number]")).to_have_value("0.400")
    expect(page.locator("[data-slider-text=changed]")).to_contain_text("50.0 %")
    page.get_by_label("Why it should be moved").fill("half of them are missed")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", name="Proposed: 0.500 → 0.400")).to_be_visible()
    auditor = new_reader("auditor")
    auditor.page.goto(f"{auditor.address}/audit/thresholds/{algorithm.pk}/pll/")
    auditor.page.get_by_role("button", name="Activate").click()
    expect(auditor.page.get_by_text("In force: studies that are read from now on go by it.")).to_be_visible()
    change = ThresholdChange.objects.get()
    assert (change.status, change.threshold, change.evidence["tried"]["changed_reports"]) == ("active", 0.4, 2)


def test_two_colleagues_look_at_a_place_again_and_its_reader_is_told(
    quality_people: dict[str, User], study: Study, new_reader: NewReader
) -> None:
    instances = list(study.series_set.get(role="axial_t2").sop_instances.order_by("instance_number"))
    middle = instances[len(instances) // 2]
    image = {
        "series_instance_uid": middle.series.series_instance_uid,
        "sop_instance_uid": middle.sop_instance_uid,
    }
    rows = [pll("C5/6", "not_thickened", 0.9, machine=image)]
    sign_version(make_report(study), rows, by=quality_people["senior"])
    intake.take_pending()
    assert draw_peer_cases(by=None) is not None
    for name in ("second", "third"):
        reviewer = new_reader(name)
        page: Page = reviewer.page
        page.goto(f"{reviewer.address}/audit/peer-learning/")
        is_accessible(page)
        page.get_by_role("button", name="Take the next case").click()
        expect(page.get_by_role("heading", name="What do you see?")).to_be_visible()
        assert (
            page.locator("[data-slice-picture]").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        )
        is_accessible(page)
        page.locator("[data-slice-number]").focus()
        with page.expect_response("**/images/*.png") as answer:
            page.keyboard.press("ArrowRight")
        assert answer.value.ok
        page.locator("[name=value][value=thickened]").check()
        page.get_by_role("button", name="Answer").click()
        expect(page.get_by_text("machine and final read differ")).to_be_visible()
    assert PeerCase.objects.get().status == "settled"
    assert ReferenceRead.objects.get().value == "thickened"
    signer = new_reader("senior")
    signer.page.goto(f"{signer.address}/audit/peer-learning/")
    expect(signer.page.get_by_role("row").filter(has_text="C5/6")).to_contain_text("thickened")
    signer.page.get_by_role("button", name="Seen").click()
    expect(signer.page.get_by_role("button", name="Seen")).to_have_count(0)
    assert PeerNotice.objects.get().seen_at is not None


def test_an_alarm_is_taken_and_closed_with_a_reason(
    quality_people: dict[str, User], new_reader: NewReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.department_audit.monitoring.watching.collect", lambda first, last: 0)
    store(list(USUAL), START)
    last = START + timedelta(days=15)
    freeze_baselines(START, last, reason="the first weeks", by=quality_people["auditor"])
    store([40], last + timedelta(days=1))
    assert {alarm.rule for alarm in watch(today=date(2026, 3, 18))} >= {"limits"}
    senior = new_reader("senior")
    page: Page = senior.page
    page.goto(f"{senior.address}/audit/monitoring/")
    is_accessible(page)
    first = page.locator("article").filter(has_text="control limits")
    first.get_by_role("button", name="I look after it").click()
    expect(page.locator("article").filter(has_text="control limits")).to_contain_text("Owner: Zhao Hua")
    page.locator("article").filter(has_text="control limits").get_by_role("link").click()
    page.locator("[data-drawn]").wait_for()
    is_accessible(page)
    page.go_back()
    mine = page.locator("article").filter(has_text="control limits")
    mine.get_by_label("Why it is over").fill("a new coil")
    mine.get_by_role("button", name="Close").click()
    expect(page.locator("article").filter(has_text="control limits")).to_contain_text("closed")
    assert Alarm.objects.get(rule="limits").status == "closed"
