"""The whole analysis of a study: named parts, one after the other, each a plain JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reporting.reader_studies.analysis.agreement import agreement
from reporting.reader_studies.analysis.comparisons import described
from reporting.reader_studies.analysis.curves import curves
from reporting.reader_studies.analysis.figures_of_merit import Merits, mean_merits, merits, together
from reporting.reader_studies.analysis.reading_times import reading_times
from reporting.reader_studies.analysis.reads import FindingReads, StudyReads, Units
from reporting.reader_studies.analysis.reliance import reliance
from reporting.reader_studies.analysis.whole_cases import of_whole_cases
from reporting.statistics.arrays import Floats
from reporting.statistics.bootstrap import patient_weights
from reporting.statistics.mrmc.figures import FIGURES

OVERVIEW, POOLED, TIMES = "overview", "pooled", "times"


class Part(NamedTuple):
    """``done``: share of the whole analysis that lies behind."""

    name: str
    content: dict[str, Any]
    done: float


def of_finding(key: str) -> str:
    return f"finding:{key}"


def analysed(reads: StudyReads, *, resamples: int, seed: int, margin: float) -> Iterator[Part]:
    """Parts in the order in which they are ready. Same reads, seed and resamples: same numbers."""
    weights = np.concatenate(list(patient_weights(len(reads.cases), resamples, seed)))
    steps = len(reads.findings) + 2
    yield Part(OVERVIEW, _overview(reads, resamples, seed, margin), 0.05)
    areas: list[Merits] = []
    for number, finding in enumerate(reads.findings, start=1):
        content, area = _finding(reads, finding, weights, margin)
        areas.append(area)
        yield Part(of_finding(finding.key), content, number / steps)
    yield Part(POOLED, _pooled(reads, areas, weights, margin), (steps - 1) / steps)
    yield Part(TIMES, reading_times(reads, weights), 1.0)


def _overview(reads: StudyReads, resamples: int, seed: int, margin: float) -> dict[str, Any]:
    return {
        "arms": list(reads.arms),
        "readers": list(reads.readers),
        "cases": len(reads.cases),
        "findings": [
            {
                "key": one.key,
                "label": one.label,
                "scale": one.scale,
                "places": len(one.places),
                "positives": int(np.nansum(one.truth)),
                "negatives": int((one.truth == 0).sum()),
            }
            for one in reads.findings
        ],
        "readings": {arm: int((~np.isnan(reads.active_ms[n])).sum()) for n, arm in enumerate(reads.arms)},
        "left_out": reads.left_out,
        "resamples": resamples,
        "seed": seed,
        "margin": margin,
    }


def _finding(reads: StudyReads, finding: FindingReads, weights: Floats, margin: float) -> tuple[dict[str, Any], Merits]:
    units = finding.units()
    content: dict[str, Any] = {"key": finding.key, "label": finding.label, "counts": _counts(units), "merits": {}}
    found = {figure: merits(units, figure, weights) for figure in FIGURES}
    for figure, of in found.items():
        content["merits"][figure] = described(of, _crossed(units), reads.arms, reads.readers, margin)
    content["u"] = of_whole_cases(finding, reads.arms, reads.readers)
    content["roc"] = curves(units, reads.arms, reads.readers)
    content["agreement"] = agreement(finding, reads.arms)
    content["reliance"] = reliance(units, reads.arms, len(reads.cases))
    return content, found["auc"]


def _pooled(reads: StudyReads, areas: list[Merits], weights: Floats, margin: float) -> dict[str, Any]:
    units = together([finding.units() for finding in reads.findings])
    content: dict[str, Any] = {"counts": _counts(units), "merits": {}}
    found = {"auc": mean_merits(areas), **{figure: merits(units, figure, weights) for figure in FIGURES[1:]}}
    for figure, of in found.items():
        content["merits"][figure] = described(of, _crossed(units), reads.arms, reads.readers, margin)
    content["reliance"] = reliance(units, reads.arms, len(reads.cases))
    return content


def _crossed(units: Units) -> Units:
    return units.of(units.read_by_all)


def _counts(units: Units) -> dict[str, int]:
    return {
        "places": len(units.truth),
        "positives": int(units.truth.sum()),
        "negatives": int((~units.truth).sum()),
        "patients": len(np.unique(units.patient)),
        "read_by_all": int(units.read_by_all.sum()),
    }
