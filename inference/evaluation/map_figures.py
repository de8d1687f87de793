"""Overlap of label maps, names of levels, index slices, the gate, and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from inference.evaluation.cohort import Cohort
from inference.evaluation.patients import ratio, share, sums_per_patient
from inference.evaluation.records import OUTCOMES
from reporting.vocabulary import LevelKind


def overlap_figures(cohort: Cohort) -> list[dict[str, Any]]:
    """Mean Dice over studies per series, slices and structure, with the worst study."""
    values: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for patient, record in cohort.numbered():
        for one in record.overlaps:
            values.setdefault((one.series, one.where, one.structure), []).append((patient, one.dice))
    figures = []
    for (series, where, structure), found in values.items():
        number = np.array([patient for patient, _ in found], dtype=np.int64)
        scores = np.array([score for _, score in found])
        mean = ratio(*(sums_per_patient(one, number, cohort.patients) for one in (scores, np.ones(len(scores)))))
        figures.append(
            {
                "series": series,
                "where": where,
                "structure": structure,
                "dice": mean.as_json(),
                "worst": round(float(scores.min()), 4),
                "studies": len(scores),
            }
        )
    return figures


def level_figures(cohort: Cohort) -> dict[str, Any]:
    """Per kind: how many levels were named right, wrongly, left uncertain or not found; failed studies count."""
    return {kind.value: _level_figures(cohort, kind.value) for kind in LevelKind}


def _level_figures(cohort: Cohort, kind: str) -> dict[str, Any]:
    rows = [
        (patient, one.level, one.outcome)
        for patient, record in cohort.numbered()
        for one in record.levels
        if one.kind == kind
    ]
    names = list(dict.fromkeys(level for _, level, _ in rows))
    lost = [(patient, name, "missing") for patient, record in cohort.numbered() if not record.levels for name in names]
    rows += lost

    def part(outcome: str) -> dict[str, Any]:
        return _share(rows, cohort.patients, lambda row: row[2] == outcome)

    by_level = {name: Counter(outcome for _, level, outcome in rows if level == name) for name in names}
    return {
        "levels": len(rows),
        **{outcome: part(outcome) for outcome in OUTCOMES},
        "by_level": {name: {outcome: counts[outcome] for outcome in OUTCOMES} for name, counts in by_level.items()},
    }


def slice_figures(cohort: Cohort) -> dict[str, Any]:
    """The axial slice chosen for each disc: it shows the disc's edge, is exactly the nearest, or within one of it.

    Of the discs that got one. An edge halfway between two slices is shown by both; which of them lies nearest is then
    decided by tenths of a millimetre, less than the edge itself can be known.
    """
    rows = [(patient, one.disc, one) for patient, record in cohort.numbered() for one in record.slices]
    chosen = [(patient, disc, (one.offset, one.shows)) for patient, disc, one in rows if one.offset is not None]
    offsets = Counter(offset for _, _, (offset, _) in chosen)
    return {
        "discs": len(rows),
        "chosen": len(chosen),
        "shows": _share(chosen, cohort.patients, lambda row: row[2][1]),
        "exact": _share(chosen, cohort.patients, lambda row: row[2][0] == 0),
        "within_one": _share(chosen, cohort.patients, lambda row: abs(row[2][0]) <= 1),
        "offsets": {str(offset): offsets[offset] for offset in sorted(offsets)},
    }


def gate_figures(cohort: Cohort) -> dict[str, Any]:
    """How often the gate let everything, something or nothing through, and why not."""
    status = Counter(record.gate or "failed" for record in cohort.records)
    reasons = Counter(reason for record in cohort.records for reason in record.gate_reasons)
    return {"status": dict(sorted(status.items())), "reasons": dict(reasons.most_common())}


def time_figures(cohort: Cohort) -> dict[str, Any]:
    """Seconds per study, median and 95th percentile, per stage; the largest resident memory of the processes."""
    names = list(dict.fromkeys(name for record in cohort.records for name in record.timings_s))
    seconds = {
        name: [record.timings_s[name] for record in cohort.records if name in record.timings_s] for name in names
    }
    memory = [record.peak_rss_mb for record in cohort.records if record.peak_rss_mb is not None]
    return {
        "seconds": {
            name: {"median": round(float(np.median(found)), 3), "p95": round(float(np.percentile(found, 95)), 3)}
            for name, found in seconds.items()
        },
        "peak_rss_mb": max(memory, default=None),
    }


def _share(
    rows: Sequence[tuple[int, str, Any]], patients: int, right: Callable[[tuple[int, str, Any]], bool]
) -> dict[str, Any]:
    number = np.array([row[0] for row in rows], dtype=np.int64)
    hits = np.array([right(row) for row in rows], dtype=np.float64)
    found = share(sums_per_patient(hits, number, patients), sums_per_patient(np.ones(len(rows)), number, patients))
    return {"count": int(hits.sum()), **found.as_json()}
