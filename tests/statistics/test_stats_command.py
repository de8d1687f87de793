"""``manage.py stats``: any statistic from a CSV file, and clear words where the file or a parameter is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reporting.statistics.catalogue import CATALOGUE
from reporting.statistics.catalogue.columns import Codes, read_columns
from reporting.statistics.catalogue.parameters import Kind

LEVELS = """patient,level,truth,call,model_a,model_b,reader_a,reader_b,group,mm_a,mm_b
P1,1,1,1,0.9,0.8,mild,mild,GE,3.1,3.0
P1,2,0,0,0.2,0.3,none,none,GE,2.0,2.4
P2,1,0,1,0.6,0.4,none,mild,GE,1.1,1.5
P2,2,1,1,0.7,0.9,severe,severe,GE,4.4,4.0
P3,1,0,0,0.1,0.2,none,none,Siemens,2.2,2.2
P3,2,1,0,0.4,0.7,mild,none,Siemens,3.9,3.6
P4,1,0,0,0.3,0.1,none,none,Siemens,1.8,1.7
P4,2,1,1,0.8,0.6,severe,mild,Siemens,5.0,4.1
"""
READS = "reader,modality,case,truth,score\n" + "".join(
    f"R{r},{m},{c},{int(c < 6)},{(c * 7 + r * 3 + ord(m)) % 11 + 4 * (c < 6)}\n"
    for r in range(3)
    for m in "AB"
    for c in range(12)
)
ALONE = "".join(f"{row}\n" for row in READS.splitlines() if ",B," not in row)
SERIES = "month,hits,n,value\nJan,3,50,1.0\nFeb,4,60,1.2\nMar,9,55,0.7\nApr,2,40,1.1\n"
TRUTH = {"truth": "truth", "positive": "1", "unit": "level"}
GRADES = ["none", "mild", "severe"]
READ = {"reader": "reader", "case": "case", "truth": "truth", "score": "score", "positive": "1"}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "rates": (LEVELS, {**TRUTH, "call": "call"}),
    "clustered_rates": (LEVELS, {**TRUTH, "score": "model_a", "threshold": 0.5, "patient": "patient", "resamples": 50}),
    "predictive_values": (LEVELS, {**TRUTH, "call": "call", "prevalence": 0.1}),
    "proportion": (LEVELS, {"hit": "call", "positive": "1"}),
    "clustered_proportion": (LEVELS, {"hit": "call", "positive": "1", "patient": "patient"}),
    "rao_scott_test": (LEVELS, {"hit": "call", "positive": "1", "patient": "patient", "group": "group"}),
    "mcnemar": (LEVELS, {"first": "truth", "second": "call", "positive": "1"}),
    "clustered_mcnemar": (LEVELS, {"first": "truth", "second": "call", "positive": "1", "patient": "patient"}),
    "stuart_maxwell": (LEVELS, {"first": "reader_a", "second": "reader_b", "grades": GRADES}),
    "auc": (LEVELS, {**TRUTH, "score": "model_a", "interval": "logit"}),
    "clustered_auc": (LEVELS, {**TRUTH, "score": "model_a", "patient": "patient"}),
    "paired_auc_test": (LEVELS, {**TRUTH, "score_a": "model_a", "score_b": "model_b"}),
    "clustered_auc_test": (LEVELS, {**TRUTH, "score_a": "model_a", "score_b": "model_b", "patient": "patient"}),
    "unpaired_auc_test": (LEVELS, {**TRUTH, "score": "model_a", "group": "group"}),
    "roc_curve": (LEVELS, {**TRUTH, "score": "model_a"}),
    "partial_auc": (LEVELS, {**TRUTH, "score": "model_a", "low": 0.5, "resamples": 50}),
    "calibration": (LEVELS, {**TRUTH, "score": "model_a", "patient": "patient", "resamples": 50}),
    "cohen_kappa": (LEVELS, {"first": "reader_a", "second": "reader_b", "grades": GRADES, "weights": "linear"}),
    "reader_agreement": (LEVELS, {"readers": ["reader_a", "reader_b"], "grades": GRADES}),
    "krippendorff_alpha": (
        LEVELS,
        {"readers": ["reader_a", "reader_b"], "grades": GRADES, "metric": "ordinal", "patient": "patient"},
    ),
    "icc": (LEVELS, {"readers": ["mm_a", "mm_b"], "unit": "disc"}),
    "bland_altman": (LEVELS, {"first": "mm_a", "second": "mm_b"}),
    "clustered_bland_altman": (LEVELS, {"first": "mm_a", "second": "mm_b", "patient": "patient", "resamples": 50}),
    "p_chart": (SERIES, {"hits": "hits", "n": "n", "label": "month", "baseline": 3, "limits": "laney"}),
    "ewma": (SERIES, {"value": "value", "center": 1, "sd": 0.2}),
    "cusum": (SERIES, {"value": "value", "center": 1, "sd": 0.2, "label": "month"}),
    "obuchowski_rockette": (READS, {**READ, "modality": "modality"}),
    "dorfman_berbaum_metz": (READS, {**READ, "modality": "modality"}),
    "u_statistics": (READS, {**READ, "modality": "modality"}),
    "standalone_against_readers": (
        ALONE,
        {**READ, "machine": "R2"},
    ),
    "mrmc_sample_size": (
        "",
        {
            "var_tr": 2e-4,
            "var_error": 8e-4,
            "cov1": 4e-4,
            "cov2": 3e-4,
            "cov3": 2e-4,
            "pilot_cases": 100,
            "effect": 0.05,
        },
    ),
    "paper_table": ("", {}),
}


def stats(tmp_path: Path, name: str, text: str, parameters: Any) -> dict[str, Any]:
    out = io.StringIO()
    given: dict[str, Any] = {"params": parameters if isinstance(parameters, str) else json.dumps(parameters)}
    if text:
        given["input"] = tmp_path / "rows.csv"
        given["input"].write_text(text, encoding="utf-8")
    call_command("stats", name, stdout=out, **given)
    shown: dict[str, Any] = json.loads(out.getvalue())
    return shown


def test_every_statistic_is_asked_for_in_these_tests() -> None:
    assert ASKED.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_statistic_prints_value_interval_counts_positive_class_unit_and_method(tmp_path: Path, name: str) -> None:
    text, parameters = ASKED[name]
    shown = stats(tmp_path, name, text, parameters)
    assert shown["statistic"] == name
    assert shown["method"]
    assert shown["unit"]
    assert shown["counts"]
    assert "positive_class" in shown
    assert shown["estimates"]
    for one in shown["estimates"].values():
        assert {"value", "low", "high"} <= one.keys()
        assert one["value"] != "undefined" or one["note"]
    if "positive" in parameters:
        assert shown["positive_class"] == parameters["positive"]


def test_the_list_names_every_statistic_with_its_parameters() -> None:
    out = io.StringIO()
    call_command("stats", list=True, stdout=out)
    listed = json.loads(out.getvalue())
    assert [one["name"] for one in listed] == list(CATALOGUE)
    rates = next(one for one in listed if one["name"] == "rates")
    assert {"name": "truth", "kind": "column of codes", "help": "the reference", "required": True} in rates[
        "parameters"
    ]


def test_the_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    shown = stats(tmp_path, "rates", *ASKED["rates"])
    assert shown["counts"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 3, "n": 8}
    assert shown["estimates"]["TPR"]["value"] == 0.75
    by_score = stats(tmp_path, "rates", LEVELS, {**TRUTH, "score": "model_a", "threshold": 0.5})
    assert by_score["counts"] == shown["counts"]
    swapped = stats(tmp_path, "rates", LEVELS, {**TRUTH, "call": "call", "positive": "0"})
    assert swapped["counts"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 3, "n": 8}
    assert swapped["positive_class"] == "0"


def test_rows_without_truth_are_left_out_and_counted(tmp_path: Path) -> None:
    shown = stats(tmp_path, "rates", LEVELS + "P5,1,,1,0.5,0.5,none,none,GE,1,1\n", ASKED["rates"][1])
    assert shown["counts"]["n"] == 8
    assert shown["counts"]["rows_without_code"] == 1


@pytest.mark.parametrize(
    ("name", "text", "parameters", "words"),
    [
        ("rates", "", {}, "needs the parameter 'truth'"),
        ("rates", "", {**TRUTH, "call": "call"}, "needs --input"),
        ("rates", " ", {**TRUTH, "call": "call"}, "has no column 'truth'"),
        ("rates", "\n", {**TRUTH, "call": "call"}, "is empty"),
        ("rates", "truth,call\n", {**TRUTH, "call": "call"}, "a header and no rows"),
        ("rates", "truth,said\n1,1\n", {**TRUTH, "call": "call"}, "has no column 'call'; its columns are truth, said"),
        ("rates", "truth,call,call\n1,1,1\n", {**TRUTH, "call": "call"}, "two columns 'call'"),
        ("rates", "truth,call\n1,1\n1\n", {**TRUTH, "call": "call"}, "row 3 has 1 cells, the header 2"),
        ("rates", "truth,call\n1,1\n0,2\n1,0\n", {**TRUTH, "call": "call"}, "more than two codes"),
        ("rates", "truth,call\n1,1\n0,x\n", {**TRUTH, "call": "call", "negative": "0"}, "unknown code 'x'"),
        ("rates", "truth,call\n0,0\n", {**TRUTH, "call": "call"}, "no '1', only 0"),
        ("rates", "truth,call\n1,1\n", {**TRUTH}, "give call, or score and threshold"),
        ("rates", "truth,s\n1,\n0,1\n", {**TRUTH, "score": "s", "threshold": 1}, "no score in row 2"),
        ("rates", "truth,call\n1,1\n", {**TRUTH, "call": "call", "level": 1.5}, "'level' must lie between 0 and 1"),
        (
            "rates",
            "truth,call\n1,1\n",
            {**TRUTH, "call": "call", "interval": "wald"},
            "'interval' must be one of wilson",
        ),
        ("rates", "truth,call\n1,1\n", {**TRUTH, "cal": "call"}, "has no parameter 'cal'"),
        ("rates", 'truth,call\n"1,1\n', {**TRUTH, "call": "call"}, "is not CSV"),
        ("rates", "truth,call\n1,1\n", "[1]", "must be a JSON object"),
        ("rates", "truth,call\n1,1\n", "{", "is not JSON"),
        (
            "auc",
            "truth,score\n1,0.4\n0,high\n",
            {**TRUTH, "score": "score"},
            "row 3, column score: 'high' is not a number",
        ),
        ("auc", "truth,score\n1,0.4\n0,inf\n", {**TRUTH, "score": "score"}, "row 3, column score: infinite"),
        ("auc", "truth\n1\n0\n", {**TRUTH, "score": "truth"}, "asked for as numbers and as codes"),
        ("calibration", "truth,p\n1,1.4\n0,0.1\n", {**TRUTH, "score": "p"}, "rows.csv: a probability lies outside"),
        ("cohen_kappa", "a,b\nmild,odd\n", {"first": "a", "second": "b", "grades": GRADES}, "unknown code 'odd'"),
        ("cohen_kappa", "a,b\nmild,none\n", {"first": "a", "second": "b", "grades": "mild"}, "must be a list of texts"),
        ("unpaired_auc_test", LEVELS, {**TRUTH, "score": "model_a", "group": "patient"}, "needs two groups, has 4"),
        ("p_chart", "hits,n\n5,4\n", {"hits": "hits", "n": "n"}, "between 0 and n"),
        ("p_chart", "hits,n\n,4\n", {"hits": "hits", "n": "n"}, "lacks its counts"),
        ("obuchowski_rockette", READS + "R0,A,0,1,3\n", {**READ, "modality": "modality"}, "was read twice by R0 in A"),
        ("standalone_against_readers", ALONE, {**READ, "machine": "AI"}, "no 'AI'; it has R0, R1, R2"),
        ("krippendorff_alpha", LEVELS, {"readers": ["reader_a"], "grades": GRADES, "metric": "ratio"}, "are numbers"),
        ("mrmc_sample_size", "", ASKED["mrmc_sample_size"][1] | {"pilot_cases": 2.5}, "must be a whole number"),
        ("median", "", {}, "no statistic 'median'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, text: str, parameters: Any, words: str) -> None:
    with pytest.raises(CommandError) as error:
        stats(tmp_path, name, text, parameters)
    assert words in str(error.value)
    if text and "parameter" not in words and "must" not in words and "JSON" not in words:
        assert "rows.csv" in str(error.value) or "give call" in words or "asked for" in words or "are numbers" in words


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    for content, words in ((None, "No such file"), (b"truth,call\n\xff\xfe,1\n", "not UTF-8")):
        path = tmp_path / "bytes.csv"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CommandError, match=rf"bytes\.csv: .*{words}"):
            call_command("stats", "rates", input=path, params=json.dumps(ASKED["rates"][1]))


def test_an_odd_file_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('\ufeff name , x\r\n"a, b",1\r\n c ,NA\r\n,2.5\r\n', encoding="utf-8")
    columns = read_columns(path, {"name": False, "x": True})
    names, x = columns["name"], columns["x"]
    assert isinstance(names, Codes)
    assert names.names == ("a, b", "c")
    assert names.numbers.tolist() == [0, 1, -1]
    assert np.array_equal(np.asarray(x), [1.0, np.nan, 2.5], equal_nan=True)


def test_blocks_of_rows_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.statistics.catalogue.columns._BLOCK", 3)
    path = tmp_path / "long.csv"
    path.write_text("code,x\n" + "".join(f"c{n % 4},{n}\n" for n in range(10)), encoding="utf-8")
    columns = read_columns(path, {"code": False, "x": True})
    assert isinstance(columns["code"], Codes)
    assert columns["code"].numbers.tolist() == [n % 4 for n in range(10)]
    assert np.asarray(columns["x"]).tolist() == list(range(10))


def test_every_parameter_says_what_it_is() -> None:
    for statistic in CATALOGUE.values():
        names = [one.name for one in statistic.parameters]
        assert len(set(names)) == len(names), statistic.name
        assert statistic.about
        for one in statistic.parameters:
            assert one.choices or one.help, f"{statistic.name}.{one.name}"
            assert (one.kind is Kind.CHOICE) == bool(one.choices)
