"""Records of a run → one JSON: all that the report and the model card print (docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation.cohort import Cohort
from inference.evaluation.conditions import ALL, GAP, MIRROR, ROBUSTNESS
from inference.evaluation.finding_figures import (
    finding_figures,
    herniation_place,
    loss_against,
    report_figures,
    slip_direction,
)
from inference.evaluation.map_figures import (
    gate_figures,
    level_figures,
    overlap_figures,
    slice_figures,
    time_figures,
)
from inference.evaluation.rates import POSITIVE_CLASS
from inference.evaluation.records import Place, StudyRecord
from inference.evaluation.size_figures import size_figures
from inference.evaluation.targets import judged
from inference.evaluation.true_maps import other_side
from reporting.vocabulary import MachineFinding, Side

SCHEMA_VERSION = "1.0"
STATEMENT = (
    "Measured on synthetic phantoms of seeds that no network met. Nothing here is clinical accuracy, and no figure may "
    "be read as performance on patients."
)
_DETAILED = ("gap", "continuous")


def summarise(
    records: Mapping[str, Sequence[StudyRecord]],
    *,
    provenance: Mapping[str, Any],
    arguments: Mapping[str, Any],
    speed: Mapping[str, Any] | None = None,
    real: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``records``: by condition, all with the same seeds in the same order; the one called ``gap`` is the baseline."""
    cohorts = {name: Cohort(tuple(found)) for name, found in records.items()}
    baseline = cohorts[GAP.name]
    summary: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "synthetic": True,
        "statement": STATEMENT,
        "positive_class": POSITIVE_CLASS,
        "arguments": dict(arguments),
        "provenance": {**provenance, "analysed_by_commits": _commits(records)},
        "conditions": {name: _condition(name, cohort) for name, cohort in cohorts.items()},
        "robustness": [
            {"condition": one.name, "title": one.title, "finding": finding.value}
            | loss_against(baseline, cohorts[one.name], finding)
            for one in ROBUSTNESS
            if one.name in cohorts
            for finding in MachineFinding
        ],
        "mirror": _mirror(baseline, cohorts[MIRROR.name]) if MIRROR.name in cohorts else None,
        "speed": speed,
        "real": real,
    }
    return {**summary, "targets": list(judged(summary))}


def _commits(records: Mapping[str, Sequence[StudyRecord]]) -> list[str]:
    return sorted({record.commit for found in records.values() for record in found if record.commit})


def _condition(name: str, cohort: Cohort) -> dict[str, Any]:
    """Everything for the two main conditions; overlaps, levels and gate for the others."""
    short: dict[str, Any] = {
        "title": ALL[name].title,
        "studies": cohort.patients,
        "failed": [{"seed": record.seed, "error": record.error} for record in cohort.records if record.error],
        "gate": gate_figures(cohort),
        "overlaps": overlap_figures(cohort),
        "levels": level_figures(cohort),
        "slices": slice_figures(cohort),
        "time": time_figures(cohort),
    }
    if name not in _DETAILED:
        return short
    return {
        **short,
        "findings": {finding.value: finding_figures(cohort, finding) for finding in MachineFinding},
        "report": report_figures(cohort),
        "herniation": herniation_place(cohort),
        "slip_direction": slip_direction(cohort),
        "sizes": size_figures(cohort),
    }


def _mirror(baseline: Cohort, reflected: Cohort) -> dict[str, Any]:
    """Each patient beside the same patient reflected: measurements on the same masks, and the whole path again."""
    pairs = _mirrored_places(baseline, reflected)
    probability = [
        abs(a.probability - b.probability) for a, b in pairs if a.probability is not None and b.probability is not None
    ]
    mm = [abs(a.mm - b.mm) for a, b in pairs if a.mm is not None and b.mm is not None]
    sided = [(a, b) for a, b in pairs if a.true_side in (Side.LEFT, Side.RIGHT)]
    found = [(a, b) for a, b in sided if a.herniation_side is not None and b.herniation_side is not None]
    same = [a.said_positive == b.said_positive for a, b in pairs if a.assessed and b.assessed]
    swapped = [b.herniation_side == other_side(a.herniation_side) for a, b in found]
    changes = [record.reflection_mm for record in reflected.records if record.reflection_mm is not None]
    return {
        "studies": reflected.patients,
        "measurement_mm": _largest(changes),
        "places": len(same),
        "same_decision": _mean(same),
        "sides_compared": len(swapped),
        "sides_swapped": _mean(swapped),
        "probability_median": _median(probability),
        "probability_p95": _percentile(probability, 95),
        "mm_median": _median(mm),
        "mm_p95": _percentile(mm, 95),
    }


def _mirrored_places(baseline: Cohort, reflected: Cohort) -> list[tuple[Place, Place]]:
    there = {row.name: row.place for row in reflected.rows}
    names = [
        (row.place, (row.seed, row.place.finding, row.place.level, other_side(row.place.side))) for row in baseline.rows
    ]
    return [(place, there[name]) for place, name in names if name in there]


def _largest(values: Sequence[float]) -> float | None:
    """``None`` where nothing was measured, or a measurement is missing on one side."""
    finite = [value for value in values if np.isfinite(value)]
    return max(finite) if finite and len(finite) == len(values) else None


def _mean(values: Sequence[bool]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _median(values: Sequence[float]) -> float | None:
    return _percentile(values, 50)


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 4) if values else None
