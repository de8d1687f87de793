"""One finding as an input file of iMRMC (FDA; user manual 4.1.1, "Study Raw Data"): truth rows, then every reading.

Ids are free text there, without commas; blanks are dropped. A header line that holds ``N0:``, ``N1:``, ``NR:`` or
``NM:`` is a count, and the counts must be those of the rows below. A score reads back as the same number.

iMRMC takes every row as an independent case. A place (case, level, side) is such a row here, so its intervals are too
narrow where a patient has several places: the analysis of Dens counts patients as clusters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reporting.reader_studies.analysis.reads import FindingReads, StudyReads
from reporting.reader_studies.words import ArmKind

MACHINE = "algorithm"


def unit_name(case: str, level: str, side: str) -> str:
    """ "0007_C5-6_left": letters, digits, dash and underscore only."""
    return "_".join(filter(None, (case, level.replace("/", "-"), side)))


def imrmc_lines(reads: StudyReads, finding: FindingReads) -> Iterator[str]:
    """Lines without their ends. Places without a reference standard are left out."""
    units = [
        (case, place, unit_name(code, *finding.places[place]))
        for case, code in enumerate(reads.cases)
        for place in range(len(finding.places))
        if not np.isnan(finding.truth[case, place])
    ]
    with_machine = bool(units) and not np.isnan([finding.machine_scores[case, place] for case, place, _ in units]).any()
    positives = sum(finding.truth[case, place] > 0 for case, place, _ in units)
    known = ~np.isnan(finding.truth)
    there = ~np.isnan(finding.scores[:, :, known])
    yield f"Dens reader study, finding {finding.key}, one row a rated place"
    yield f"N0: {len(units) - positives}"
    yield f"N1: {positives}"
    yield f"NR: {there.any(axis=(0, 2)).sum() + with_machine}"
    yield f"NM: {there.any(axis=(1, 2)).sum() + with_machine}"
    yield "BEGIN DATA:"
    for case, place, name in units:
        yield f"-1,{name},0,{int(finding.truth[case, place] > 0)}"
    for arm, kind in enumerate(reads.arms):
        for reader, code in enumerate(reads.readers):
            for case, place, name in units:
                score = finding.scores[arm, reader, case, place]
                if not np.isnan(score):
                    yield f"{code},{name},{kind},{float(score)!r}"
    if with_machine:
        for case, place, name in units:
            score = float(finding.machine_scores[case, place])
            yield f"{MACHINE},{name},{ArmKind.ALGORITHM_ALONE.value},{score!r}"
