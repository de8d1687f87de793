"""Figures of little: nothing, one class, one patient, ties, all missing; and filters that mean nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reporting.core.errors import InvalidInput
from reporting.department_audit import figures, intake
from reporting.department_audit.filters import Dimension, Filter
from tests.department_audit.reports import entry, make_report, pll, sign_version

pytestmark = pytest.mark.django_db


def _one(*findings: dict[str, Any]) -> None:
    sign_version(make_report(), list(findings))
    intake.take_pending()


def test_nothing_signed_gives_no_figures(db: None) -> None:
    for ask in (figures.tables, figures.outcomes, figures.scores, figures.process, figures.switches, figures.readers):
        assert ask(Filter()) == []
    assert figures.pairs_mm(Filter()) == []
    assert figures.freshness().newest is None


def test_one_patient_and_one_class_give_counts_and_say_what_is_undefined(db: None) -> None:
    _one(pll("C5/6", "not_thickened", 0.2), pll("C4/5", "not_thickened", 0.2))
    rates = figures.tables(Filter(finding="pll"))[0].rates()
    assert rates.counts["tn"] == 2
    assert (rates["TPR"].value, rates["TPR"].note) == (None, "no positives")
    assert rates["TNR"].note == "no interval: one patient"
    score = figures.scores(Filter(finding="pll"))[0]
    assert score.auc().value is None
    assert score.calibration()[0].observed.value == 0.0
    assert figures.process(Filter())[0].time_to_sign().value is None


def test_equal_scores_are_ties(db: None) -> None:
    for value in ("thickened", "not_thickened", "thickened", "not_thickened"):
        _one(pll("C5/6", value, 0.7))
    assert figures.scores(Filter(finding="pll"))[0].auc().value == 0.5


def test_where_everything_is_missing_nothing_is_compared(db: None) -> None:
    _one(entry("pll@C5/6", None, state="not_evaluable"), pll("C4/5", "thickened", 0.9, machine={"note": "withheld"}))
    assert figures.tables(Filter()) == []
    assert figures.outcomes(Filter())[0].counts["not_evaluable"] == 1
    assert figures.process(Filter())[0].all_stood().value is None


def test_scores_on_the_edge_of_a_bin_are_called_positive_at_that_threshold(db: None) -> None:
    for p in (0.29, 0.3, 0.57, 0.58, 0.999, 1.0, 0.0):
        _one(pll("C5/6", "thickened", p))
    points = {point.threshold: point.tp for point in figures.scores(Filter(finding="pll"))[0].points()}
    assert [points[edge] for edge in (0.0, 0.29, 0.3, 0.57, 0.58, 0.999)] == [7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize(
    "query",
    [
        {"vendor": "Acme"},
        {"level": "C9/10"},
        {"colour": "red"},
        {"month_from": "2026-13"},
        {"month_from": "2026-05", "month_to": "2026-04"},
        {"truth": "majority"},
        {"finding": "scoliosis"},
        {"field_strength": "strong"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Filter.from_query(query)


def test_a_filter_stands_in_the_address(db: None) -> None:
    query = {"finding": "lf", "side": "left", "month_from": "2026-02", "truth": "blind"}
    chosen = Filter.from_query({**query, "page": "2"}, also=["page"])
    assert chosen.query() == query
    assert Filter.from_query(chosen.query()) == chosen
    assert chosen.with_value(Dimension.MONTH, "2026-03").month_to == date(2026, 3, 1)
