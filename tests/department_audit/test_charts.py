"""A chart draws what its table says, names its comparison, shows what is undefined as such, and has no colours."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from django.utils import translation

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.reasons import reason_text
from reporting.charts.shown import estimate_text, shown_rows
from reporting.charts.tables import Kind, Table, Word, values
from reporting.department_audit.charts.comparison import compared_with, rate_names
from reporting.department_audit.charts.curves import curve_table, roc_figure, threshold_figure
from reporting.department_audit.charts.dimension_words import value_word
from reporting.department_audit.charts.predictive import PREVALENCES, STEPS, predictive_table, slider
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.rates import Group, rates_figure, rates_table
from reporting.department_audit.filters import Dimension, Filter
from reporting.department_audit.scores import ThresholdPoint
from reporting.department_audit.words import Truth
from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.confusion import Counts, predictive_values
from reporting.statistics.proportions import proportion
from reporting.statistics.results import Estimate, Result, Scope, undefined

SCOPE = Scope("disease", "level")


def rates(seed: int, positives: bool = True) -> Result:
    rng = np.random.default_rng(seed)
    truth = rng.random(200) < (0.3 if positives else -1)
    said = np.where(rng.random(200) < 0.85, truth, ~truth)
    return clustered_rates(truth, said, np.arange(200) // 4, SCOPE)


def groups() -> list[Group]:
    found = [("C4/5", rates(1)), ("C5/6", rates(2)), ("<b>C6/7</b>", rates(3, positives=False))]
    return [
        Group(Word(name, name), result, lambda cell, name=name: f"level={name}&cell={cell}") for name, result in found
    ]


def drawing(table: Table) -> dict[str, Any]:
    note = MethodNote("", "", "", "", "")
    found = Chart("k", "t", table, note, rates_figure(table, Truth.FINAL, "/cases/")).drawing
    assert found is not None
    return found


def test_a_chart_draws_exactly_its_table() -> None:
    table = rates_table(groups(), "Level", Truth.FINAL)
    traces = {trace["name"]: trace for trace in drawing(table)["data"]}
    for rate, name in rate_names(Truth.FINAL).items():
        if name in traces:
            assert traces[name]["x"] == pytest.approx(values(table.column(rate)), nan_ok=False)
    assert len(traces) == 3


def test_what_is_undefined_keeps_its_row_is_not_drawn_and_says_why() -> None:
    table = rates_table(groups(), "Level", Truth.FINAL)
    sensitivity = next(trace for trace in drawing(table)["data"] if trace["name"] == rate_names(Truth.FINAL)["TPR"])
    assert sensitivity["x"][2] is None
    assert len(sensitivity["y"]) == 3
    cell = shown_rows(table)[2][[column.key for column in table.columns].index("TPR")]
    assert (cell.text, cell.note) == ("not estimable", "no positives")


def test_every_count_opens_its_own_cases_and_an_empty_one_none() -> None:
    table = rates_table(groups(), "Level", Truth.FINAL)
    keys = [column.key for column in table.columns]
    first, last = (dict(zip(keys, row.cases, strict=True)) for row in (table.rows[0], table.rows[2]))
    assert first["fn"] == "level=C4/5&cell=fn"
    assert last["fn"] == last["tp"] == ""
    traces = drawing(table)["data"]
    assert traces[0]["customdata"][0][1] == "/cases/?level=C4/5&cell=n"


def test_words_from_outside_are_no_markup_in_a_drawing() -> None:
    drawn = drawing(rates_table(groups(), "Level", Truth.FINAL))
    for shown in (drawn["layout"]["yaxis"]["ticktext"][2], drawn["data"][0]["text"][2]):
        assert "&lt;b&gt;" in shown
        assert "<b>" not in shown


def test_a_figure_has_inks_by_name_and_no_colour() -> None:
    drawn = json.dumps(drawing(rates_table(groups(), "Level", Truth.FINAL)))
    assert '"ink"' in drawn
    assert "rgb" not in drawn
    assert '"#' not in drawn


def test_behind_the_machine_lies_how_far_people_agree() -> None:
    found = [Group(g.word, g.rates, g.cases, Estimate(0.8, 0.7, 0.9)) for g in groups()[:2]]
    table = rates_table(found, "Level", Truth.FINAL)
    stroke = drawing(table)["data"][0]
    assert stroke["x"] == [0.7, 0.9, None, 0.7, 0.9, None]
    assert stroke["marker"]["symbol"] == "line-ns"  # of many cases the interval alone would be too narrow to be seen
    assert [c.text for c in shown_rows(table)[0]][-1] == "80.0 % (70.0–90.0)"


def test_how_far_people_agree_is_within_the_picture_or_not_spoken_of() -> None:
    low = [Group(g.word, g.rates, g.cases, Estimate(0.2, 0.15, 0.25)) for g in groups()[:2]]
    drawn = drawing(rates_table(low, "Level", Truth.FINAL))
    first, last = drawn["layout"]["xaxis"]["range"]
    assert first < 0.15 < 0.25 < last
    unknown = [Group(g.word, g.rates, g.cases, Estimate(None)) for g in groups()[:2]]
    names = [trace["name"] for trace in drawing(rates_table(unknown, "Level", Truth.FINAL))["data"]]
    assert len(names) == 3
    assert not any("people" in name for name in names)


def test_every_title_names_its_comparison_and_concordance_is_never_called_accuracy() -> None:
    for truth in Truth:
        question = Question(Filter(truth=truth.value, finding="slip"), "/cases/")
        title = question.title("Slip")
        assert title.startswith(compared_with(truth))
        words = " ".join([title, *rate_names(truth).values()])
        assert ("Accuracy" in words) == (truth is not Truth.FINAL)
        assert ("Concordance" in title) == (truth is Truth.FINAL)
        assert ("Sensitivity" in words) == (truth is not Truth.FINAL)


def points(positive: int, negative: int) -> list[ThresholdPoint]:
    """Thresholds 0, 0.4, 0.6 and never: at each a third of both classes less is called, of negatives the more."""
    steps = [(0.0, 1.0, 1.0), (0.4, 0.9, 0.5), (0.6, 0.6, 0.1), (math.inf, 0.0, 0.0)]
    found = []
    for threshold, of_positive, of_negative in steps:
        tp, fp = round(positive * of_positive), round(negative * of_negative)
        rates = (proportion(tp, positive), proportion(negative - fp, negative), proportion(tp, tp + fp))
        found.append(ThresholdPoint(threshold, tp, fp, positive - tp, negative - fp, *rates))
    return found


def test_a_curve_without_a_class_has_an_empty_table_and_one_with_both_holds_its_ends() -> None:
    assert curve_table(points(10, 0), Truth.FINAL, str).rows == ()
    assert curve_table((), Truth.FINAL, str).rows == ()
    table = curve_table(points(10, 20), Truth.FINAL, str)
    assert values(table.column("TPR")) == [1, 0.9, 0.6, 0]
    marked = roc_figure(table, Truth.FINAL, 0.5, "/cases/")
    assert marked.data[2].y == (0.6,)
    assert len(roc_figure(table, Truth.FINAL, None, "/cases/").data) == 2
    lines = [trace for trace in threshold_figure(table, Truth.FINAL, None, "/cases/").data if trace.name]
    bands = [trace for trace in threshold_figure(table, Truth.FINAL, None, "/cases/").data if trace.fill]
    assert (len(lines), len(bands)) == (3, 3)
    assert bands[0].y == tuple(cell.high for cell in table.column("TPR")[:-1])  # type: ignore[union-attr]


def test_predictive_values_are_those_of_the_library_where_rows_are_independent() -> None:
    truth = np.repeat([True, True, False, False], [40, 10, 5, 45])
    said = np.repeat([True, False, True, False], [40, 10, 5, 45])
    table = predictive_table(clustered_rates(truth, said, np.arange(100), SCOPE), Truth.SURGERY, "cell=n")
    for prevalence, ppv, npv in zip(PREVALENCES, values(table.column("ppv")), values(table.column("npv")), strict=True):
        exact = predictive_values(Counts(40, 5, 10, 45), prevalence, SCOPE)
        assert ppv == pytest.approx(exact["PPV"].value)
        assert npv == pytest.approx(exact["NPV"].value)
    first = table.column("npv")[0]
    assert isinstance(first, Estimate)
    assert first.low is not None
    assert first.high is not None
    assert first.low < (first.value or 0) < first.high


def test_every_step_of_the_prevalence_slider_shows_what_the_table_shows() -> None:
    table = predictive_table(rates(1), Truth.SURGERY, "cell=n")
    given = slider(rates(1), 0.2013)
    texts = json.loads(given["texts_json"])
    assert given["start"] == 200
    assert {int(step) for step in texts} == set(STEPS)
    for prevalence, ppv, npv in zip(*(table.column(key) for key in ("prevalence", "ppv", "npv")), strict=True):
        assert isinstance(prevalence, float)
        assert isinstance(ppv, Estimate)
        assert isinstance(npv, Estimate)
        shown = texts[str(round(1000 * prevalence))]
        assert (shown["ppv"], shown["npv"]) == (estimate_text(ppv, Kind.SHARE), estimate_text(npv, Kind.SHARE))
    one_class = json.loads(slider(rates(1, positives=False), 0.0)["texts_json"])
    assert one_class["10"]["ppv"] == "not estimable"


def test_numbers_are_told_with_their_interval_and_minus_signs_stay_readable() -> None:
    assert estimate_text(Estimate(0.8123, 0.7, 0.9), Kind.SHARE) == "81.2 % (70.0–90.0)"
    assert estimate_text(Estimate(-0.2, -0.5, 0.1), Kind.NUMBER) == "-0.20 (-0.50 … 0.10)"
    assert estimate_text(Estimate(0.5), Kind.SHARE) == "50.0 %"
    assert estimate_text(undefined("no positives"), Kind.SHARE) == "not estimable"
    assert estimate_text(Estimate(1234), Kind.COUNT) == "1,234"


def test_reasons_and_values_are_in_the_readers_language() -> None:
    with translation.override("zh-hans"):
        assert reason_text("no positives") == "无阳性"
        assert reason_text("a reason nobody translated") == "a reason nobody translated"
        for dimension in Dimension:
            assert value_word(dimension.value, "unknown").label
        assert value_word("field_strength", "1.5").label == "1.5 T"
        assert value_word("side", "").label == "无侧别"
