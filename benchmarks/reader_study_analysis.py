"""The analysis that ``reader_study`` times, in a process that has Django's settings: prints one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django
import numpy as np

django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.memory import peak_mb  # noqa: E402
from config import embedded_postgres  # noqa: E402
from reporting.reader_studies.analysis.reads import FindingReads, StudyReads  # noqa: E402
from reporting.reader_studies.analysis.whole import analysed  # noqa: E402
from reporting.reader_studies.simulation import Spread, latent_scores, on_scale, truth_of  # noqa: E402
from reporting.reader_studies.words import ArmKind, Scale  # noqa: E402
from reporting.statistics.arrays import floats  # noqa: E402

AREAS = {ArmKind.AIDED: 0.9, ArmKind.UNAIDED: 0.85}
LEVELS, FINDINGS = 12, 5


def measure(cases: int, readers: int, resamples: int) -> dict[str, Any]:
    """Two arms, twelve levels, five findings on a 0 to 100 scale."""
    reads = _reads(cases, readers)
    began, before = time.perf_counter(), time.process_time()
    seconds: dict[str, float] = {}
    for part in analysed(reads, resamples=resamples, seed=1, margin=0.05):
        seconds[part.name] = round(time.perf_counter() - began - sum(seconds.values()), 2)
    return {
        "cases": cases,
        "readers": readers,
        "resamples": resamples,
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - before, 2),
        "peak_mb": round(peak_mb()),
        "parts": seconds,
    }


def _reads(cases: int, readers: int) -> StudyReads:
    findings = []
    for number in range(FINDINGS):
        truth = truth_of(cases, LEVELS, 0.2, number)
        scores = on_scale(latent_scores(truth, AREAS, readers, Spread(), number), Scale.CONFIDENCE, 0, None)
        machine = np.where(truth, 0.8, 0.2) + np.random.default_rng(number).normal(scale=0.25, size=truth.shape)
        findings.append(
            FindingReads(
                f"finding_{number}",
                f"Finding {number}",
                Scale.CONFIDENCE.value,
                0,
                tuple((f"L{level}", "") for level in range(LEVELS)),
                scores,
                floats(scores >= 50),
                floats(truth),
                floats(machine),
                floats(machine >= 0.5),
            )
        )
    shape = (len(AREAS), readers, cases)
    rng = np.random.default_rng(0)
    session = np.broadcast_to(np.array([1.0, 2.0])[:, None, None], shape).copy()
    session[:, ::2] = session[::-1, ::2]
    return StudyReads(
        tuple(arm.value for arm in AREAS),
        tuple(f"R{number:02d}" for number in range(readers)),
        tuple(f"K{number:03d}" for number in range(cases)),
        tuple(findings),
        floats(np.exp(rng.normal(size=shape) * 0.3) * 60_000),
        session,
        {},
    )


if __name__ == "__main__":
    try:
        print(json.dumps(measure(*map(int, sys.argv[1:]))))
    finally:
        embedded_postgres.stop(settings.STATE_DIR)
