"""Planned studies: what is drawn is found again, as often as it should be, and the same each time."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reporting.reader_studies.planning.repeated import Repeated, Summary, repeat
from reporting.reader_studies.planning.trial import Trial
from reporting.reader_studies.words import ArmKind, Design

REPETITIONS = 150


def found(repeated: Repeated, figure: str, what: str, method: str) -> Summary:
    (one,) = [s for s in repeated.summaries if (s.figure, s.what, s.method) == (figure, what, method)]
    return one


def number(said: float | None) -> float:
    assert said is not None
    return said


@pytest.fixture(scope="module")
def helped() -> Repeated:
    trial = Trial({ArmKind.UNAIDED: 0.75, ArmKind.AIDED: 0.87}, cases=60, readers=5)
    return repeat(trial, REPETITIONS, seed=3, resamples=50)


@pytest.fixture(scope="module")
def useless() -> Repeated:
    trial = Trial({ArmKind.UNAIDED: 0.8, ArmKind.AIDED: 0.8}, cases=60, readers=5)
    return repeat(trial, REPETITIONS, seed=4, resamples=50)


@pytest.mark.parametrize("figure", ["auc", "sensitivity", "specificity"])
@pytest.mark.parametrize("what", ["aided", "unaided", "aided - unaided"])
def test_estimates_lie_around_the_truth_and_intervals_hold_it(helped: Repeated, figure: str, what: str) -> None:
    one = found(helped, figure, what, "or")
    assert one.undefined == 0
    assert abs(number(one.bias)) < 3.5 * number(one.mc_se)
    assert number(one.mean_se) == pytest.approx(number(one.sd), rel=0.2)
    assert number(one.coverage) >= 0.9


def test_a_difference_that_is_there_is_found_more_often_than_one_that_is_not(
    helped: Repeated, useless: Repeated
) -> None:
    power, error = (number(found(one, "auc", "aided - unaided", "or").found) for one in (helped, useless))
    assert power > 0.6
    assert error < 0.1


@pytest.mark.parametrize("method", ["or", "dbm"])
@pytest.mark.parametrize("figure", ["auc", "sensitivity", "specificity"])
def test_without_a_difference_one_is_found_as_often_as_alpha_says(useless: Repeated, figure: str, method: str) -> None:
    one = found(useless, figure, "aided - unaided", method)
    assert one.truth == 0
    assert number(one.found_low) < 0.05 < number(one.found_high)


def test_readers_of_a_split_plot_read_their_part_and_are_compared_by_u_statistics() -> None:
    trial = Trial(
        {ArmKind.UNAIDED: 0.8, ArmKind.AIDED: 0.9}, cases=60, readers=4, design=Design.SPLIT_PLOT, reader_groups=2
    )
    read = ~np.isnan(trial.drawn(1).findings[0].scores[..., 0])
    assert read.sum(axis=2).tolist() == [[30] * 4] * 2
    assert read[0].sum(axis=0).tolist() == [2] * 60
    (gap,) = [one for one in repeat(trial, 60, seed=5).summaries if one.what == "aided - unaided"]
    assert gap.method == "u"
    assert abs(number(gap.bias)) < 3.5 * number(gap.mc_se)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("simulate_readers", "--repetitions", "4", "--cases", "20", "--readers", "3", *arguments, stdout=out)
    return out.getvalue()


def test_the_same_seed_says_the_same_and_another_does_not(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    said = [run("--json", str(file), "--seed", seed) for file, seed in zip(files, "112", strict=True)]
    assert said[0] == said[1] != said[2]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert "nobody read anything" in said[0]
    assert json.loads(files[0].read_text())["plan"]["areas"] == {"aided": 0.86, "unaided": 0.8}


def test_its_ratings_are_analysed_by_the_statistics_to_the_same_figures(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    table = tmp_path / "table.csv"
    run("--ratings", str(ratings), "--csv", str(table), "--repetitions", "2")
    columns = {name: name for name in ("reader", "modality", "case", "truth", "score")}
    out = io.StringIO()
    params = json.dumps(columns | {"positive": "1"})
    call_command("stats", "obuchowski_rockette", "--input", str(ratings), "--params", params, stdout=out)
    by_statistics = json.loads(out.getvalue())
    assert by_statistics["counts"]["readings"] == 2 * 3 * 20
    trial = Trial({ArmKind.UNAIDED: 0.8, ArmKind.AIDED: 0.86}, cases=20, readers=3)
    first, both = repeat(trial, 1), list(csv.DictReader(table.read_text().splitlines()))
    gap = found(first, "auc", "aided - unaided", "or")
    assert by_statistics["estimates"]["aided - unaided"]["value"] == pytest.approx(gap.mean)
    assert by_statistics["estimates"]["cov1"]["value"] == pytest.approx(first.components["cov1"])
    assert {line["repetitions"] for line in both} == {"2"}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--arm", "aided=0.9"),
        ("--arm", "aided=0.9", "--arm", "unaided=1.2"),
        ("--arm", "aided=0.9", "--arm", "algorithm_alone=0.8"),
        ("--arm", "aided=0.9", "--arm", "nobody=0.8"),
        ("--case", "0.9"),
        ("--prevalence", "0"),
        ("--design", "split_plot", "--places", "2"),
        ("--design", "split_plot", "--reader-groups", "5"),
        ("--repetitions", "1"),
        ("--alpha", "0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*wrong)
