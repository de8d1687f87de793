"""Files for other programs read back as they would be there, and analysed again: the same figures as before."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook

from reporting.reader_studies.analysis.reads import FindingReads, StudyReads
from reporting.reader_studies.analysis.whole import analysed, of_finding
from reporting.reader_studies.package.imrmc import imrmc_lines, unit_name
from reporting.reader_studies.package.rjafroc import MOST_ROWS, WhyNot, Workbook, rjafroc_workbook
from reporting.statistics.arrays import Floats, floats
from tests.reader_studies.test_analysis import study as drawn

CUT = 50.0


def _uneven(**more: Any) -> StudyReads:
    """Scores with as many digits as a number has, as lengths may have them."""
    reads = drawn(cases=12, readers=3, **more)
    finding = reads.findings[0]
    scores = finding.scores + np.random.default_rng(3).random(finding.scores.shape) / 3
    return replace(reads, findings=(replace(finding, scores=floats(scores), calls=floats(scores >= CUT)),))


def _figures(reads: StudyReads) -> Any:
    """Everything that is worked out from scores, calls and truth."""
    parts = {part.name: part.content for part in analysed(reads, resamples=200, seed=2, margin=0.05)}
    return parts[of_finding(reads.findings[0].key)]


def _filled(finding: FindingReads, scores: Floats, truth: Floats, machine: Floats) -> FindingReads:
    calls = np.where(np.isnan(scores), np.nan, scores >= CUT)
    machine_calls = np.where(np.isnan(machine), np.nan, machine >= 0.5)
    more = {"machine_scores": floats(machine), "machine_calls": floats(machine_calls)}
    return replace(finding, scores=floats(scores), calls=floats(calls), truth=floats(truth), **more)


def _places(reads: StudyReads, finding: FindingReads) -> dict[str, tuple[int, int]]:
    return {
        unit_name(case, *place): (row, column)
        for row, case in enumerate(reads.cases)
        for column, place in enumerate(finding.places)
    }


def test_imrmc_reads_back_and_gives_the_same_figures() -> None:
    reads = _uneven()
    finding = reads.findings[0]
    scores, truth, machine = (np.full_like(one, np.nan) for one in (finding.scores, finding.truth, finding.truth))
    where = _places(reads, finding)
    lines = list(imrmc_lines(reads, finding))
    start = lines.index("BEGIN DATA:")
    head = dict(line.split(": ") for line in lines[1:start])
    for line in lines[start + 1 :]:
        reader, unit, modality, said = line.split(",")
        if reader == "-1":
            assert modality == "0"
            truth[where[unit]] = float(said)
        elif reader == "algorithm":
            machine[where[unit]] = float(said)
        else:
            scores[reads.arms.index(modality), reads.readers.index(reader), *where[unit]] = float(said)
    assert np.array_equal(scores, finding.scores)  # to the last digit
    assert np.array_equal(machine, finding.machine_scores)
    assert {name: int(said) for name, said in head.items()} == {
        "N0": int((truth == 0).sum()),
        "N1": int((truth == 1).sum()),
        "NR": 4,
        "NM": 3,
    }
    assert _figures(replace(reads, findings=(_filled(finding, scores, truth, machine),))) == _figures(reads)


def test_imrmc_counts_only_readers_and_arms_that_have_a_row() -> None:
    reads = _uneven()
    finding = reads.findings[0]
    scores = finding.scores.copy()
    scores[:, 0] = np.nan
    scores[1] = np.nan
    silent = _filled(finding, scores, finding.truth, np.full_like(finding.truth, np.nan))
    lines = list(imrmc_lines(reads, silent))
    assert lines[3:5] == ["NR: 2", "NM: 1"]


def _read_workbook(made: Workbook, reads: StudyReads, finding: FindingReads) -> tuple[Floats, Floats]:
    """Scores and truth as a program finds them by the sheets and the key."""
    code = {(what, number): name for what, number, name in made.key}
    where = _places(reads, finding)
    scores, truth = np.full_like(finding.scores, np.nan), np.full_like(finding.truth, np.nan)
    book = load_workbook(io.BytesIO(made.content))
    assert book.sheetnames == ["Truth", "FP", "TP"]
    for case, lesion, *_ in list(book["Truth"].values)[1:]:
        truth[where[code["case", case]]] = lesion
    for name in ("FP", "TP"):
        for reader, modality, case, *_, score in list(book[name].values)[1:]:
            arm, person = reads.arms.index(code["modality", modality]), reads.readers.index(code["reader", reader])
            scores[arm, person, *where[code["case", case]]] = score
    return scores, truth


def test_rjafroc_reads_back_and_gives_the_same_figures() -> None:
    reads = _uneven()
    finding = reads.findings[0]
    made = rjafroc_workbook(reads, finding)
    assert isinstance(made, Workbook)
    scores, truth = _read_workbook(made, reads, finding)
    assert np.allclose(scores, finding.scores, rtol=1e-14, atol=0)  # a workbook holds 16 digits
    assert np.array_equal(truth, finding.truth)
    again = _figures(replace(reads, findings=(_filled(finding, scores, truth, finding.machine_scores),)))
    for figure, content in _figures(reads)["merits"].items():
        assert again["merits"][figure] == content


def test_each_group_of_a_split_plot_study_has_a_whole_workbook_of_its_own() -> None:
    reads = _uneven(seed=4)
    finding = reads.findings[0]
    scores = finding.scores.copy()
    scores[:, :2, 6:] = np.nan  # the first two readers read the first six cases, the third the others
    scores[:, 2, :6] = np.nan
    split = _filled(finding, scores, finding.truth, finding.machine_scores)
    assert rjafroc_workbook(reads, split) is WhyNot.ONE_CLASS  # nothing that everybody read
    found = np.full_like(scores, np.nan)
    for group, cases in (([0, 1], range(6)), ([2], range(6, 12))):
        made = rjafroc_workbook(reads, split, group)
        assert isinstance(made, Workbook)
        assert made.left_out == 0
        part, _truth = _read_workbook(made, reads, split)
        assert {int(case) for case in np.nonzero(~np.isnan(part))[2]} == set(cases)
        found = np.where(np.isnan(part), found, part)
    assert np.allclose(found, scores, rtol=1e-14, atol=0, equal_nan=True)


def test_a_workbook_that_no_sheet_could_hold_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = _uneven()
    assert MOST_ROWS == 2**20 - 1
    monkeypatch.setattr("reporting.reader_studies.package.rjafroc.MOST_ROWS", 50)
    assert rjafroc_workbook(reads, reads.findings[0]) is WhyNot.TOO_LONG
