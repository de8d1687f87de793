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
from reporting.department_audit.filters import Filter
from reporting.department_audit.words import Truth
from tests.department_audit.test_figures import _signed, department  # noqa: F401  fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("department")]
_OF_REPORTS = ("reports", "with_machine")


def _listed(query: str, of_reports: bool) -> int:
    """How many places (or reports) a number's list of cases holds."""
    asked = dict(parse_qsl(query))
    cell = asked.pop("cell", "")
    found, more = figures.cases(Filter.from_query(asked), cell=cell, per_page=100)
    assert not more
    assert cell_name(Filter.from_query(asked), cell) or not cell
    return len(found) if of_reports else sum(len(case.places) for case in found)


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
                    assert _listed(query, column.key in _OF_REPORTS) == value, (chart.key, column.key, query)
                    opened[dict(parse_qsl(query)).get("cell", "").partition("@")[0]] += 1
    assert {"tp", "fn", "n", "tenth", "edits", "with_machine", "pairs", "prepared-both", "kept"} <= set(opened)
    assert ("wrong_right" in opened) == (chosen.truth == Truth.ADJUDICATED)


@pytest.mark.parametrize("cell", ["nonsense", "tenth@10", "tenth@x", "tp@x", "edits@-1", "differ", "kept@1", "time@9"])
def test_a_word_that_counts_nothing_is_refused(cell: str) -> None:
    with pytest.raises(InvalidInput):
        figures.cases(Filter(), cell=cell)
