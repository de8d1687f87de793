"""Every number of the audit opens exactly the places or reports that it counts."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl

import pytest

from reporting.charts.tables import Kind as ColumnKind
from reporting.core.errors import InvalidInput
from reporting.department_audit import figures
from reporting.department_audit.charts.catalogue import CHARTS
from reporting.department_audit.charts.cell_words import cell_name
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.whole_reports import summary
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import SignedRead
from reporting.department_audit.words import Truth
from reporting.statistics.results import Estimate
from tests.department_audit.test_figures import _signed, department  # noqa: F401  fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("department")]
_OF_REPORTS = ("reports", "with_machine")
# What is chosen and not counted: a threshold and a prevalence to look at.
_CHOSEN = ("threshold", "prevalence")


def _listed(query: str, column: str) -> int:
    """How many places (or reports, or patients) a number's list of cases holds."""
    asked = dict(parse_qsl(query))
    cell = asked.pop("cell", "")
    found, more = figures.cases(Filter.from_query(asked), cell=cell, per_page=100)
    assert not more
    assert cell_name(Filter.from_query(asked), cell) or not cell
    if column == "patients":
        reads = SignedRead.objects.filter(standing="current", report__in=[case.report_id for case in found])
        return reads.values("patient").distinct().count()
    return len(found) if column in _OF_REPORTS else sum(len(case.places) for case in found)


@pytest.mark.parametrize(
    "chosen", [Filter(finding="pll"), Filter(finding="pll", level="C5/6", vendor="GE", truth="adjudicated")]
)
def test_every_count_of_every_chart_opens_exactly_what_it_counts(chosen: Filter) -> None:
    opened = Counter[str]()
    for build in CHARTS.values():
        chart = build(Question(chosen, "/cases/"))
        for row in chart.table.rows:
            opens = row.cases or [""] * len(row.cells)
            for column, value, query in zip(chart.table.columns, row.cells, opens, strict=True):
                if query and column.kind is ColumnKind.COUNT:
                    assert _listed(query, column.key) == value, (chart.key, column.key, query)
                    opened[dict(parse_qsl(query)).get("cell", "").partition("@")[0]] += 1
    assert {"tp", "fn", "n", "tenth", "edits", "with_machine", "pairs", "prepared-both", "kept"} <= set(opened)
    assert ("wrong_right" in opened) == (chosen.truth == Truth.ADJUDICATED)


@pytest.mark.parametrize("truth", [Truth.FINAL.value, Truth.ADJUDICATED.value])
def test_every_number_of_every_chart_opens_its_cases(truth: str) -> None:
    seen = 0
    for build in CHARTS.values():
        chart = build(Question(Filter(finding="pll", truth=truth), "/cases/"))
        for place, row in enumerate(chart.table.rows):
            for column, value, query in zip(chart.table.columns, row.cells, row.cases, strict=True):
                number = value.value if isinstance(value, Estimate) else value
                if column.kind is not ColumnKind.TEXT and column.key not in _CHOSEN and number:
                    assert query, (chart.key, column.key, row.cells)
                    # A curve has a hundred rows: some of them are opened.
                    assert place % 25 or _listed(query, column.key), (chart.key, column.key, query)
                    seen += 1
        for one in (*chart.headline, *summary(Question(Filter(finding="pll"), "/cases/"))):
            assert one.cases, (chart.key, one.name)
            assert _listed(one.cases, "reports") or not one.estimate.value, (chart.key, one.name)
    assert seen > 200


@pytest.mark.parametrize("cell", ["nonsense", "tenth@10", "tenth@x", "tp@x", "edits@-1", "differ", "kept@1", "time@9"])
def test_a_word_that_counts_nothing_is_refused(cell: str) -> None:
    with pytest.raises(InvalidInput):
        figures.cases(Filter(), cell=cell)
