"""How far readers agree with each other within an arm: all coefficients together, and kappa of every pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting.reader_studies.analysis.reads import FindingReads
from reporting.reader_studies.words import Scale
from reporting.statistics.arrays import Floats, floats
from reporting.statistics.many_readers import reader_agreement
from reporting.statistics.results import Scope

SCOPE = Scope(None, "place")


def agreement(finding: FindingReads, arms: tuple[str, ...]) -> dict[str, Any]:
    """Per arm. Grades with quadratic weights, everything else as called by the design's cut."""
    by_grade = finding.scale == Scale.ORDINAL
    found: dict[str, Any] = {}
    for n, arm in enumerate(arms):
        said = finding.scores[n] if by_grade else finding.calls[n]
        rows = said.reshape(said.shape[0], -1)
        grades = np.where(np.isnan(rows), -1, rows).astype(np.int64).T
        result = reader_agreement(
            grades, finding.grades if by_grade else 2, SCOPE, weights="quadratic" if by_grade else "unweighted"
        )
        calls = finding.calls[n].reshape(finding.calls.shape[1], -1)
        found[arm] = {"together": result.as_json(), "kappa": _pairs(calls)}
    return found


def _pairs(calls: Floats) -> list[list[float | None]]:
    """Cohen's kappa of every pair of readers over the places that both read, (readers, readers)."""
    read = floats(~np.isnan(calls))
    said = floats(np.nan_to_num(calls))
    both = read @ read.T
    one, other = said @ read.T, read @ said.T  # positives of one, of the other, where both read
    joint = said @ said.T
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (2 * joint + both - one - other) / both
        expected = (one * other + (both - one) * (both - other)) / both**2
        kappa = (observed - expected) / (1 - expected)
    return [[round(float(cell), 4) if np.isfinite(cell) else None for cell in row] for row in kappa]
