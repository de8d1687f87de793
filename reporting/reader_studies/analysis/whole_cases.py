"""U-statistics, which take any pattern of who read what: of whole cases, because they know no places within a case.

A case scores as its most suspicious place and is positive where any of its places is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting.reader_studies.analysis.reads import FindingReads
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.mrmc.u_statistics import u_statistics
from reporting.statistics.results import Scope


def of_whole_cases(finding: FindingReads, arms: tuple[str, ...], readers: tuple[str, ...]) -> dict[str, Any]:
    known = ~np.isnan(finding.truth)
    counted = known.any(axis=1)
    truth = np.where(known, finding.truth, 0).max(axis=1) > 0
    scores = np.where(np.isnan(finding.scores) | ~known, -np.inf, finding.scores).max(axis=3)
    scores[np.isinf(scores)] = np.nan
    study = ReaderStudy(scores[:, :, counted], truth[counted], arms, readers)
    return u_statistics(study, Scope("disease", "case")).as_json()
