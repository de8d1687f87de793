"""Stand-alone AI against readers of the same cases: readers and cases random, the AI fixed (1T-RRRC).

The single-modality Obuchowski–Rockette test on ψⱼ = θⱼ − θ_AI (Hillis, Obuchowski & Berbaum, Acad Radiol 2011;18:129;
Chakraborty, Observer Performance Methods 2017, chapter 22). A one-sample t test of the readers' figures would treat the
AI's figure as known and ignore the cases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, floats
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES
from reporting.statistics.distributions import t_test
from reporting.statistics.mrmc.covariance import Covariance, covariance_matrix
from reporting.statistics.mrmc.figures import CaseValues, Figure
from reporting.statistics.mrmc.obuchowski_rockette import interval, single_spread
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.results import Estimate, Result, Scope


def standalone_against_readers(
    study: ReaderStudy,
    machine: ArrayLike,
    scope: Scope,
    *,
    covariance: Covariance = "delong",
    figure: Figure = "auc",
    threshold: float | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """``study`` with one modality (the readers alone); ``machine``: its score of every case, in the study's order."""
    if len(study.modalities) != 1:
        raise ValueError(f"needs one modality, the readers alone; there are {len(study.modalities)}")
    extra = floats(machine)
    if len(extra) != len(study.truth):
        raise ValueError(f"columns differ in length: machine {len(extra)}, cases {len(study.truth)}")
    both = ReaderStudy(
        np.concatenate([study.scores, extra[None, None, :]], axis=1),
        study.truth,
        study.modalities,
        (*study.readers, "machine"),
        study.patient,
    )
    complete, left_out = both.complete()
    found = CaseValues.of(complete.scores[0], complete.truth, figure, threshold)
    matrix = covariance_matrix(found, covariance, complete.patient, resamples, seed)
    how = f", {resamples} resamples, seed {seed}" if covariance == "bootstrap" else ""
    return analysed_against(
        found.values,
        matrix,
        complete.readers[:-1],
        scope,
        method=f"1T-RRRC, {figure}, {covariance} covariance{how}, Hillis df; readers and cases random, machine fixed",
        counts=complete.counts() | {"readers": len(study.readers), "cases_left_out": left_out},
        level=level,
        notes=("cases lacking a reading were left out",) if left_out else (),
    )


def analysed_against(
    values: Floats,
    matrix: Floats,
    readers: tuple[str, ...],
    scope: Scope,
    *,
    method: str,
    counts: Mapping[str, int],
    level: float = 0.95,
    notes: tuple[str, ...] = (),
) -> Result:
    """Of any figure of merit: ``values`` of the readers and, last, of the machine, with their covariance."""
    r = len(readers)
    against = np.hstack([np.eye(r), -np.ones((r, 1))])
    gaps, spread = against @ values, against @ matrix @ against.T
    se, df = single_spread(gaps, spread)
    readers_se, readers_df = single_spread(values[:r], matrix[:r, :r])
    difference = float(gaps.mean()) if r else math.nan
    variance = float(matrix[r, r])
    return Result(
        "standalone_against_readers",
        method,
        scope,
        counts,
        {
            "readers": interval(float(values[:r].mean()) if r else math.nan, readers_se, readers_df, level),
            "machine": interval(float(values[r]), math.sqrt(variance) if variance > 0 else math.nan, math.inf, level),
            "readers - machine": interval(difference, se, df, level),
            "var_readers": Estimate(
                float(np.var(gaps, ddof=1)) if r > 1 else math.nan, note="" if r > 1 else "one reader"
            ),
        },
        {"readers - machine": t_test(difference, se, df)},
        {
            "figures": [
                {"reader": name, "value": float(value)}
                for name, value in zip((*readers, "machine"), values, strict=True)
            ]
        },
        level=level,
        notes=notes,
    )
