"""One finding as a workbook of RJafroc (``DfReadDataFile``, new Excel format), paradigm ROC, fully crossed.

Sheets ``Truth``, ``FP`` and ``TP`` with their columns exactly so; every id is a whole number, and the key says which.
RJafroc wants every reader to have read every case in every arm: places that somebody did not read are left out and
counted. As in iMRMC a row stands for a case: places of one patient are taken as independent.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass

import numpy as np
import xlsxwriter

from reporting.reader_studies.analysis.reads import FindingReads, StudyReads
from reporting.reader_studies.package.imrmc import unit_name

_DATE = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)  # otherwise the moment of writing, and other bytes each time
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Workbook:
    """``key``: rows of (what, id, code). ``left_out``: places with a truth that not everybody read."""

    content: bytes
    key: tuple[tuple[str, int, str], ...]
    left_out: int


def rjafroc_workbook(reads: StudyReads, finding: FindingReads) -> Workbook | None:
    """``None`` where a class, or everything, is missing: RJafroc could not read it."""
    known = ~np.isnan(finding.truth)
    crossed = known & ~np.isnan(finding.scores).any(axis=(0, 1))
    cases, places = np.nonzero(crossed)
    truth = finding.truth[cases, places] > 0
    if truth.all() or not truth.any():
        return None
    readers, arms = range(len(reads.readers)), range(len(reads.arms))
    everybody, every_arm = ", ".join(map(str, readers)), ", ".join(map(str, arms))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties({"created": _DATE})
        sheet = book.add_worksheet("Truth")
        sheet.write_row(0, 0, ["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"])
        for row, diseased in enumerate(truth, start=1):
            sheet.write_row(row, 0, [row, int(diseased), int(diseased)])
            sheet.write_string(row, 3, everybody)
            sheet.write_string(row, 4, every_arm)
        sheet.write_string(1, 5, "ROC")
        sheet.write_string(2, 5, "FCTRL")
        for name, wanted, columns in (
            ("FP", False, ["ReaderID", "ModalityID", "CaseID", "FP_Rating"]),
            ("TP", True, ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"]),
        ):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, columns)
            row = 0
            for arm in arms:
                for reader in readers:
                    for unit in np.nonzero(truth == wanted)[0]:
                        row += 1
                        score = float(finding.scores[arm, reader, cases[unit], places[unit]])
                        lesion = [1] if wanted else []
                        sheet.write_row(row, 0, [reader, arm, int(unit) + 1, *lesion, score])
    names = (unit_name(reads.cases[c], *finding.places[p]) for c, p in zip(cases, places, strict=True))
    key = (
        *(("reader", number, code) for number, code in enumerate(reads.readers)),
        *(("modality", number, arm) for number, arm in enumerate(reads.arms)),
        *(("case", number, name) for number, name in enumerate(names, start=1)),
    )
    return Workbook(out.getvalue(), key, int(known.sum() - len(cases)))
