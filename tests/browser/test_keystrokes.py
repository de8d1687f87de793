"""How much a report costs, counted: the normal case in three keystrokes, the worked example in twenty actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from reporting.accounts.models import User
from reporting.reports.models import ReportVersion
from reporting.reports.services import start_report
from reporting.studies.models import Study
from tests.browser.conftest import PASSWORD, Reader, draft_from
from tests.reports.test_rendering import FINDINGS_EN, FINDINGS_ZH, IMPRESSION_EN, IMPRESSION_ZH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LINES_EN = (
    "c45 bulge, canal 1",
    "c56 canal 3, right foramen 2, right root compressed",
    "cord signal faint, signal from c56, length 8",
)
LINES_ZH = (
    "c45 膨出, 椎管 1",
    "c56 椎管 3, 椎间孔 右 2, 神经根 右 受压",
    "脊髓信号 模糊, 信号异常起 c56, 信号异常长度 8",
)


class Hands:
    """Presses, clicks and types for the test, and counts: a chord, a click or a typed value is one action."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def click(self, target: Locator) -> None:
        self.actions += 1
        target.click()

    def type(self, text: str) -> None:
        self.actions += 1
        self.page.keyboard.type(text)

    def set(self, line: str) -> None:
        """One line of the command line: open it, type, confirm."""
        self.press("/")
        self.type(line)
        self.press("Enter")
        expect(self.page.locator("#palette-input")).to_have_value("")


def place(page: Page, key: str) -> Locator:
    return page.locator(f'[data-place="{key}"]')


def nothing_seen(payload: dict[str, Any]) -> None:
    """The machine saw a normal neck."""
    for said in payload["predictions"]:
        said.update(probability=0.04, positive=False)
        for detail in ("zone", "herniation_side", "direction", "grade"):
            said.pop(detail, None)


def worked_example(payload: dict[str, Any]) -> None:
    """What the machine can say of the worked example: herniation, ligament, slip, osteophytes; nothing of the cord."""
    for said in payload["predictions"]:
        key = (said["finding"], said["level"])
        if key == ("osteophyte", "C7"):
            said.update(probability=0.8, positive=True)
        if said["finding"] == "pll":
            said.update(probability=0.1, positive=False)


def test_a_normal_report_takes_three_keystrokes_and_the_password(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    report = draft_from(study, people, nothing_seen)
    page = new_reader("senior").open(report)
    hands = Hands(page)
    hands.press("l")
    expect(page.locator("[data-act=confirm_rest]")).to_be_enabled()
    hands.press("r")
    expect(page.locator("#sign-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    hands.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")
    assert hands.actions == 3
    version = ReportVersion.objects.get(report=report)
    assert "1. No significant abnormality of the cervical spine." in version.text_en
    assert "1. 颈椎MR平扫未见明显异常。" in version.text_zh


@pytest.mark.parametrize(("locale", "final"), [("en-GB", "Final"), ("zh-CN", "正式")])
def test_the_worked_example_takes_at_most_twenty_actions(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader], locale: str, final: str
) -> None:
    report = draft_from(study, people, worked_example)
    page = new_reader("senior", locale=locale).open(report)
    hands = Hands(page)
    hands.press("l")
    expect(page.locator("[data-act=confirm_rest]")).to_be_enabled()
    hands.press("y")  # to the first suggestion
    for left in (5, 4, 3, 2, 1, 0):
        expect(page.locator("[data-finding][data-decide]:focus")).to_have_count(1)
        hands.press("y")
        expect(page.locator("[data-decide]:not([data-place^=hern_]):not([data-place^=slip_])")).to_have_count(left)
    english = locale == "en-GB"
    for line in LINES_EN if english else LINES_ZH:
        hands.set(line)
    urgency = page.locator("[data-code='critical.urgency_unknown']")
    hands.click(urgency.and_(page.locator("[data-answer=no]")))
    expect(urgency).to_have_count(0)
    hands.press("r")
    expect(page.locator("#sign-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    hands.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text(final)
    assert hands.actions <= 20
    version = ReportVersion.objects.get(report=report)
    for text, findings, impression in (
        (version.text_en, FINDINGS_EN, IMPRESSION_EN),
        (version.text_zh.replace("，", ","), FINDINGS_ZH, IMPRESSION_ZH),
    ):
        told = text.replace("\n", " ")
        assert [sentence for sentence in findings if sentence not in told] == []
        assert [line for n, line in enumerate(impression, 1) if f"{n}. {line}" not in told] == []


def test_a_report_without_any_machine_is_written_with_the_same_keys(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    page = new_reader("senior").open(start_report(study=study, by=people["senior"]))
    expect(page.locator(".finding-machine")).to_have_count(0)
    expect(page.locator(".gate-line")).to_contain_text("No machine reading")
    hands = Hands(page)
    hands.press("l")
    expect(page.locator("[data-act=confirm_rest]")).to_be_enabled()
    hands.press("r")
    expect(page.locator("#sign-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    hands.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")
    assert hands.actions == 3


def test_a_paragraph_written_by_hand_is_asked_about_and_signed(
    study: Study, people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    report = draft_from(study, people, nothing_seen)
    page = new_reader("senior").open(report)
    page.keyboard.press("l")
    expect(page.locator("[data-act=confirm_rest]")).to_be_enabled()
    page.keyboard.press("r")
    expect(page.locator("#sign-password")).to_be_focused()
    part = page.locator("#t-impression-en")
    part.locator("[data-edit-text]").click()
    part.locator("textarea").fill("1. Herniation at C5/6.")
    page.keyboard.press("Escape")
    expect(part).to_contain_text("edited by hand")
    expect(part.locator("[data-edit-text]")).to_be_focused()
    expect(page.locator("[data-panel=problems]")).to_contain_text("disc herniation")
    expect(place(page, "disc_class@C5/6").locator(".finding-problem")).to_contain_text("contradict")
    page.locator("[data-act=answer]").first.click()
    expect(page.locator("[data-act=answer]")).to_have_count(0)
    page.locator("#sign-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=status]")).to_contain_text("Final")
    assert "1. Herniation at C5/6." in ReportVersion.objects.get(report=report).text_en
