"""The paper's table 4, in both orientations, with the cells that no matrix of whole numbers gives."""

from __future__ import annotations

import pytest

from reporting.statistics import paper
from reporting.statistics.confusion import RATES, Counts, rates
from reporting.vocabulary import MachineFinding
from tests.statistics.reference import Case

MISSED = {
    MachineFinding.OSTEOPHYTE: (),
    MachineFinding.SLIP: ("PLR",),
    MachineFinding.HERNIATION: (),
    MachineFinding.PLL: ("PLR", "NLR"),
    MachineFinding.LF: ("TNR", "PLR", "NLR"),
}
MATCHED_WITH_LESION_POSITIVE = {
    MachineFinding.OSTEOPHYTE: 3,
    MachineFinding.SLIP: 3,
    MachineFinding.HERNIATION: 6,
    MachineFinding.PLL: 3,
    MachineFinding.LF: 3,
}


def test_with_normal_as_positive_every_printed_cell_is_reproduced_but_the_named_ones() -> None:
    assert {row.finding: row.not_reproduced() for row in paper.TABLE} == MISSED


def test_with_the_lesion_as_positive_the_printed_cells_do_not_fit() -> None:
    matched = {row.finding: len(RATES) - len(row.not_reproduced(lesion_positive=True)) for row in paper.TABLE}
    for finding, most in MATCHED_WITH_LESION_POSITIVE.items():
        assert matched[finding] <= most
        assert matched[finding] < len(RATES) - len(MISSED[finding])


def test_the_herniation_row_agrees_with_the_reference_in_both_orientations() -> None:
    case = Case("paper.disc")
    row = next(one for one in paper.TABLE if one.finding is MachineFinding.HERNIATION)
    matrix = case.expected["matrix_normal_positive"]
    assert row.counts == Counts(**matrix)
    case.agree(row.printed_orientation(), "computed_normal_positive")
    case.agree(row.lesion_positive(), "computed_abnormal_positive")
    case.agree(row.printed, "printed")
    assert row.not_reproduced() == tuple(case.expected["columns_not_reproduced"])


@pytest.mark.parametrize("row", paper.TABLE, ids=lambda row: row.finding.value)
def test_no_other_matrix_of_these_classes_fits_better(row: paper.PaperRow) -> None:
    def matched(counts: Counts) -> int:
        found = rates(counts)
        return sum(found[name] is not None and abs(found[name] - row.printed[name]) <= 0.005 + 1e-9 for name in RATES)  # type: ignore[operator]

    normal, lesion = row.counts.positives, row.counts.negatives
    best = matched(row.counts)
    # The printed sensitivity and specificity leave a few matrices only.
    for tp in range(normal + 1):
        if abs(tp / normal - row.printed["TPR"]) > 0.02:
            continue
        for tn in range(lesion + 1):
            if abs(tn / lesion - row.printed["TNR"]) <= 0.02:
                assert matched(Counts(tp, lesion - tn, normal - tp, tn)) <= best


def test_the_result_names_the_positive_class_and_the_cells() -> None:
    shown = paper.paper_table().as_json()
    assert shown["positive_class"] == "lesion"
    slip = next(one for one in shown["series"]["printed_normal_positive"] if one["finding"] == "slip")
    assert (slip["not_reproduced"], slip["PLR"], slip["printed_PLR"]) == ("PLR", "undefined", 4.2)
    lesion = next(one for one in shown["series"]["lesion_positive"] if one["finding"] == "slip")
    assert lesion["PLR"] == pytest.approx(4.2)
    assert shown["estimates"]["slip TPR"]["low"] == pytest.approx(0.51, abs=0.005)
