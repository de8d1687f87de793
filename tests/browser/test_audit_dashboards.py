"""Each dashboard of the audit in a browser: what is drawn is what the table says, and a number leads to its case."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from reporting.accounts.models import Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from tests.browser.conftest import PASSWORD, SECTION
from tests.department_audit.test_figures import _sign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DASHBOARDS = (
    "/audit/",
    "/audit/findings/pll/?truth=adjudicated",
    "/audit/groups/vendor/?finding=pll",
    "/audit/groups/month/?finding=lf",
    "/audit/process/",
    "/audit/readers/?truth=adjudicated",
)
# Traces whose name is not that of a column: which column they draw.
NAMELESS = {"threshold moved": "Sensitivity", "probability bins": "Share positive", "pairs": "Machine minus person, mm"}
DRAWN = """place => place.data.filter(({ customdata }) => customdata).map((trace) => ({
    name: trace.name, across: trace.orientation === "h" || Boolean(trace.error_x && !trace.error_y),
    x: Array.from(trace.x), y: Array.from(trace.y) }))"""


def table_of(chart: Locator) -> tuple[list[str], list[list[str]]]:
    heads = [text.strip() for text in chart.locator("thead th").all_text_contents()]
    rows = chart.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    return heads, rows


def shown(text: str) -> float | None:
    """The number at the beginning of a cell; shares are told in percent."""
    found = re.match(r"(-?[\d,]+(?:\.\d+)?)( %)?", text.strip())
    if found is None:
        return None
    return float(found[1].replace(",", "")) / (100 if found[2] else 1)


def holds_what_is_drawn(chart: Locator) -> int:
    """Compares every drawn point with its row of the table; returns how many."""
    heads, rows = table_of(chart)
    compared = 0
    for trace in chart.locator("[data-chart]").evaluate(DRAWN):
        name = NAMELESS.get(trace["name"] or "", trace["name"] or "Reports")
        if name not in heads:
            assert name.startswith("threshold in use"), name
            continue
        column = [shown(row[heads.index(name)]) for row in rows]
        drawn = trace["x"] if trace["across"] else trace["y"]
        assert len(drawn) == len(column), name
        for point, number in zip(drawn, column, strict=True):
            assert (point is None) == (number is None), (name, drawn, column)
            assert point is None or abs(point - number) < 0.0051, (name, drawn, column)
            compared += point is not None
    return compared


def test_each_dashboard_draws_its_tables_and_leads_to_a_case(
    people: dict[str, User], new_reader: Callable[..., Any]
) -> None:
    _sign()
    User.objects.create_user("auditor", PASSWORD, full_name="Sun Li", role=Role.AUDITOR, section=SECTION)
    auditor = new_reader("auditor")
    page: Page = auditor.page
    for path in DASHBOARDS:
        page.goto(auditor.address + path)
        charts = page.locator(".chart:has([data-chart])")
        expect(page.locator("[data-chart][data-drawn=yes]")).to_have_count(charts.count())
        assert sum(holds_what_is_drawn(chart) for chart in charts.all()) > 10, path
        page.locator(".chart-table td a").first.click()
        expect(page.get_by_role("heading", name="Cases", level=1)).to_be_visible()
        page.locator(".audit-cases th a").first.click()
        page.wait_for_url("**/reports/*/versions/*/")
    opened = AuditEvent.objects.filter(act=AuditAct.AUDIT_CASE_OPENED).order_by("sequence")
    assert len(opened) == len(DASHBOARDS)
    assert opened[1].data["filter"].startswith("finding=pll&truth=adjudicated&cell=")


def test_a_filter_and_the_keyboard_lead_to_the_same_cases(
    people: dict[str, User], new_reader: Callable[..., Any]
) -> None:
    _sign()
    senior = new_reader("senior")
    page: Page = senior.page
    page.goto(f"{senior.address}/audit/groups/vendor/?finding=pll")
    page.locator("[data-drawn=yes]").first.wait_for()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Sex").select_option("F")
    page.wait_for_url("**/audit/groups/vendor/?*sex=F*")
    chart = page.locator("[data-drawn=yes]").first
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-chart-news]").first).to_contain_text("%")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit/cases/?*vendor=*")
    expect(page.locator(".audit-chip").filter(has_text="female")).to_be_visible()
    page.get_by_label("Remove the filter Sex: female").click()
    page.wait_for_url(lambda address: "sex=" not in address)
