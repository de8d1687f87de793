"""One finding as a workbook of RJafroc (``DfReadDataFile``, new Excel format), paradigm ROC, design FCTRL.

Sheets ``Truth``, ``FP`` and ``TP`` with their columns exactly so, and no other sheet; every id is a whole number, and
the key says which. RJafroc wants every reader to have read every case in every arm: places that somebody did not read
are left out and counted. As in iMRMC a row stands for a case: places of one patient are taken as independent.

Its split-plot format (SPLIT-PLOT-C) knows cases nested within one reader each, no case read by two, and as many
diseased and healthy ones for each; reading it is not finished there. Our split-plot nests cases within groups of
readers, so each group becomes a workbook of its own: within it everybody read everything.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import xlsxwriter

from reporting.reader_studies.analysis.reads import FindingReads, StudyReads
from reporting.reader_studies.package.imrmc import unit_name

MOST_ROWS = 1_048_575  # of a sheet, below its head
_DATE = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)  # otherwise the moment of writing, and other bytes each time
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_TRUTH = ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm")
_FP = ("ReaderID", "ModalityID", "CaseID", "FP_Rating")
_TP = ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating")


class WhyNot(StrEnum):
    """Why there is no workbook."""

    ONE_CLASS = "one_class"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Workbook:
    """``key``: rows of (what, id, code). ``left_out``: places with a truth that not everybody of these readers read."""

    content: bytes
    key: tuple[tuple[str, int, str], ...]
    left_out: int


def rjafroc_workbook(reads: StudyReads, finding: FindingReads, among: Sequence[int] | None = None) -> Workbook | WhyNot:
    """``among``: places of the readers in ``reads`` (a group of a split-plot study), all of them where ``None``.

    In a group a place that none of its readers read is another group's, and not counted as left out.
    """
    chosen = list(range(len(reads.readers)) if among is None else among)
    scores = finding.scores[:, chosen]
    known = ~np.isnan(finding.truth)
    if among is not None:
        known &= ~np.isnan(scores).all(axis=(0, 1))
    cases, places = np.nonzero(known & ~np.isnan(scores).any(axis=(0, 1)))
    truth = finding.truth[cases, places] > 0
    if truth.all() or not truth.any():
        return WhyNot.ONE_CLASS
    if max(truth.sum(), (~truth).sum()) * len(chosen) * len(reads.arms) > MOST_ROWS:
        return WhyNot.TOO_LONG
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties({"created": _DATE})
        _write_truth(book.add_worksheet("Truth"), truth, len(chosen), len(reads.arms))
        for name, wanted, columns in (("FP", False, _FP), ("TP", True, _TP)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, columns)
            units, row = np.nonzero(truth == wanted)[0], 0
            lesion = [1] if wanted else []
            for arm, reader in np.ndindex(len(reads.arms), len(chosen)):
                for unit, score in zip(units, scores[arm, reader, cases[units], places[units]], strict=True):
                    row += 1
                    sheet.write_row(row, 0, [reader, arm, int(unit) + 1, *lesion, float(score)])
    names = (unit_name(reads.cases[c], *finding.places[p]) for c, p in zip(cases, places, strict=True))
    key = (
        *(("reader", number, reads.readers[reader]) for number, reader in enumerate(chosen)),
        *(("modality", number, arm) for number, arm in enumerate(reads.arms)),
        *(("case", number, name) for number, name in enumerate(names, start=1)),
    )
    return Workbook(out.getvalue(), key, int(known.sum() - len(cases)))


def _write_truth(sheet: xlsxwriter.worksheet.Worksheet, truth: np.ndarray, readers: int, arms: int) -> None:
    """Which cases are diseased, and that every reader read them in every arm; weights mean nothing to an ROC study."""
    everybody, every_arm = (", ".join(map(str, range(number))) for number in (readers, arms))
    sheet.write_row(0, 0, _TRUTH)
    for row, diseased in enumerate(truth, start=1):
        sheet.write_row(row, 0, [row, int(diseased), int(diseased)])
        sheet.write_string(row, 3, everybody)
        sheet.write_string(row, 4, every_arm)
        if row <= 2:
            sheet.write_string(row, 5, ("ROC", "FCTRL")[row - 1])
