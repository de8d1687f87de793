"""The sizes of healthy adults are the published ones, and a z-score counts their spread."""

from __future__ import annotations

import csv

import pytest

from inference.normative import CORD_AP, CORD_AREA, CORD_RL, NORMATIVE_LEVELS, SAC_AP, SAC_AREA, SAC_RL, Norm
from tests.paths import shared_data


@pytest.mark.parametrize(
    ("part", "metric", "norm"),
    [
        ("cord", "diameter_AP", CORD_AP),
        ("cord", "diameter_RL", CORD_RL),
        ("cord", "area", CORD_AREA),
        ("canal", "diameter_AP", SAC_AP),
        ("canal", "diameter_RL", SAC_RL),
        ("canal", "area", SAC_AREA),
    ],
)
def test_the_table_is_the_published_one(part: str, metric: str, norm: Norm) -> None:
    path = shared_data("normative_cord_canal_MIT", f"spinal_{part}_summary_by_vertebral_level.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == f"MEAN({metric})"][: len(NORMATIVE_LEVELS)]
    assert [float(row["mean"]) for row in rows] == list(norm.mean)
    assert [float(row["sd"]) for row in rows] == list(norm.sd)


def test_a_z_score_is_in_standard_deviations_and_only_where_people_were_measured() -> None:
    assert CORD_AP.z_score(7.47, "C5") == pytest.approx(0.0)
    assert CORD_AP.z_score(7.47 - 2 * 0.51, "C5") == pytest.approx(-2.0)
    assert CORD_AP.z_score(7.0, "C5/6") is None
