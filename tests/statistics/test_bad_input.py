"""What every statistic says of bad input: nothing to divide by, one class, one patient, all missing, ties, many rows.

Each answers with figures or the reason why there is none, or the command says what is wrong with the file; none fails.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management.base import CommandError

from reporting.statistics.catalogue import CATALOGUE
from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.confusion import count
from reporting.statistics.results import UNDEFINED, Scope
from tests.paths import REPOSITORY
from tests.statistics.test_stats_command import ASKED, stats

Cells = dict[str, str]
_READINGS = ("call", "model_a", "model_b", "reader_a", "reader_b", "mm_a", "mm_b", "score", "value", "hits")
_SCORES = ("model_a", "model_b", "mm_a", "mm_b", "score", "value")
WRONG: dict[str, Callable[[Cells], Cells]] = {
    "zero denominators": lambda row: row | dict.fromkeys({"truth", "call", "hits"} & row.keys(), "0"),
    "one class": lambda row: row | dict.fromkeys({"truth", "call"} & row.keys(), "1"),
    "one patient": lambda row: row | dict.fromkeys({"patient"} & row.keys(), "P1"),
    "one row": lambda row: row,
    "all missing": lambda row: row | dict.fromkeys(set(_READINGS) & row.keys(), ""),
    "ties": lambda row: row | dict.fromkeys(set(_SCORES) & row.keys(), "0.5"),
    "no grade but one": lambda row: row | dict.fromkeys({"reader_a", "reader_b"} & row.keys(), "none"),
}
# Where no figure can be made of the file, and what is said.
REFUSED = {
    ("clustered_rates", "all missing"): "no score in row 2 of those with a code; it has no call",
    ("p_chart", "all missing"): "a period lacks its counts",
    ("standalone_against_readers", "one row"): "no 'R2'; it has R0",
    ("unpaired_auc_test", "one row"): "needs two groups, has 1",
}


def changed(text: str, wrong: str) -> str:
    rows = list(csv.DictReader(io.StringIO(text)))
    if wrong == "one patient" and "case" in rows[0]:
        rows = [row for row in rows if row["case"] == rows[0]["case"]]
    made = io.StringIO()
    writer = csv.DictWriter(made, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(WRONG[wrong](row) for row in (rows[:1] if wrong == "one row" else rows))
    return made.getvalue()


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", [name for name, (text, _parameters) in ASKED.items() if text])
def test_a_figure_or_the_reason_why_there_is_none(tmp_path: Path, name: str, wrong: str) -> None:
    text, parameters = ASKED[name]
    # The classes are named, so that a class without a row is no unknown code.
    named = {one.name for one in CATALOGUE[name].parameters}
    given = parameters | ({"negative": "0"} if "negative" in named and parameters.get("positive") == "1" else {})
    if words := REFUSED.get((name, wrong)):
        with pytest.raises(CommandError, match=rf"rows\.csv: .*{words}"):
            stats(tmp_path, name, changed(text, wrong), given)
        return
    shown = stats(tmp_path, name, changed(text, wrong), given)
    for one in [*shown["estimates"].values(), *shown["tests"].values()]:
        value = one.get("value", one.get("p"))
        assert value != UNDEFINED or one["note"], (name, wrong)
        assert "nan" not in json.dumps(one).lower()
    for one in shown["estimates"].values():
        bounds = [bound for bound in (one["low"], one["high"]) if bound != UNDEFINED]
        assert len(bounds) in (0, 2)
        assert bounds == sorted(bounds)


def _share(tmp_path: Path, name: str, wrong: str, figure: str) -> tuple[Any, str]:
    text, parameters = ASKED[name]
    shown = stats(tmp_path, name, changed(text, wrong), parameters | {"negative": "0"})["estimates"][figure]
    return shown["value"], shown.get("note", "")


def test_each_bad_input_has_its_own_reason(tmp_path: Path) -> None:
    assert _share(tmp_path, "rates", "zero denominators", "TPR") == (UNDEFINED, "no positives")
    assert _share(tmp_path, "rates", "one class", "TNR") == (UNDEFINED, "no negatives")
    assert _share(tmp_path, "auc", "one class", "AUC") == (UNDEFINED, "one class is missing")
    assert _share(tmp_path, "clustered_rates", "one patient", "TPR") == (0.75, "no interval: one patient")
    assert _share(tmp_path, "auc", "ties", "AUC") == (0.5, "no interval: variance is not positive")
    assert _share(tmp_path, "auc", "all missing", "AUC") == (UNDEFINED, "one class is missing")


def test_ten_million_rows_are_counted_with_their_patients() -> None:
    """Ten rows a patient; the interval is that of patients, and the same in a tenth of them is √10 times as wide."""
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(1_000_000), 10)
    ill = np.repeat(rng.random(1_000_000) < 0.3, 10)
    called = np.where(rng.random(len(patient)) < 0.9, ill, ~ill)
    scope = Scope("ill", "row")
    found = clustered_rates(ill, called, patient, scope)
    assert found.counts["n"] == 10_000_000
    assert count(ill, called).total == 10_000_000
    assert found["ACC"].value == pytest.approx(0.9, abs=0.001)
    some = slice(0, 1_000_000)
    fewer = clustered_rates(ill[some], called[some], patient[some], scope)
    assert (fewer["TPR"].se or 0) / (found["TPR"].se or 1) == pytest.approx(10**0.5, rel=0.05)


_READ = """
import resource, sys
from pathlib import Path
from reporting.statistics.catalogue.columns import read_columns
read_columns(Path(sys.argv[1]), {"truth": False, "call": False, "score": True})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_a_csv_file_costs_some_bytes_a_row_so_that_ten_million_rows_fit(tmp_path: Path) -> None:
    """Three columns of eight bytes, held twice while their blocks are joined: 48; rows kept as text take hundreds."""
    peaks = []
    for rows in (400_000, 1_200_000):
        path = tmp_path / f"{rows}.csv"
        path.write_text("truth,call,score\n" + "1,1,0.9\n0,1,0.4\n" * (rows // 2), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", _READ, str(path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert (peaks[1] - peaks[0]) / 800_000 < 60
