"""Figures of one finding: confusion matrix, the paper's nine figures, ROC, calibration, by level, side and style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from inference.evaluation.calibration import clustered_error, reliability
from inference.evaluation.cohort import Answers, Cohort, Row
from inference.evaluation.estimate import Estimate
from inference.evaluation.patients import Floats, ratio, share, sums_per_patient
from inference.evaluation.rates import clustered_rates
from inference.evaluation.roc import PairedPatients, auc_loss, clustered_auc, roc
from reporting.statistics.confusion import count
from reporting.vocabulary import MachineFinding, Zone

_CURVE_POINTS = 80


def finding_figures(cohort: Cohort, finding: MachineFinding) -> dict[str, Any]:
    """Everything the report says of one finding under one condition; estimates as ``Estimate.as_json``."""
    rows = cohort.of(finding.value)
    answers = Answers.of(rows, cohort.patients)
    return {
        **_counts(rows, answers),
        "metrics": _metrics(answers),
        "roc": _curve(answers),
        "calibration": {
            "ece": clustered_error(*_scored(answers)).as_json(),
            "bins": [_rounded(asdict(one)) for one in reliability(answers.probability, answers.positive)],
        },
        "by_level": _groups(rows, cohort.patients, lambda row: row.place.level),
        "by_side": _groups(rows, cohort.patients, lambda row: row.place.side or ""),
        "by_vendor": _groups(rows, cohort.patients, lambda row: row.vendor),
    }


def assessed_share(cohort: Cohort, finding: MachineFinding) -> float | None:
    """Which share of all places got an answer."""
    rows = cohort.of(finding.value)
    return sum(row.place.assessed for row in rows) / len(rows) if rows else None


def loss_against(baseline: Cohort, other: Cohort, finding: MachineFinding) -> dict[str, Any]:
    """AUC under another condition, and what is lost against the baseline on places that both assessed."""
    before, after = ([row for row in one.of(finding.value) if row.place.assessed] for one in (baseline, other))
    shared = {row.name for row in before} & {row.name for row in after}
    pairs = []
    for cohort, rows in ((baseline, before), (other, after)):
        answers = Answers.of([row for row in rows if row.name in shared], cohort.patients)
        pairs.append(PairedPatients.of(*_scored(answers)))
    answers = Answers.of(after, other.patients)
    return {
        "auc": clustered_auc(*_scored(answers)).as_json(),
        "loss": auc_loss(*pairs).as_json(),
        "assessed": assessed_share(other, finding),
        "places": len(shared),
    }


def herniation_place(cohort: Cohort) -> dict[str, Any]:
    """Zone and side among herniations that are there and were found; side only where the truth has one."""
    found = [row for row in cohort.of(MachineFinding.HERNIATION.value) if row.place.true_positive]
    found = [row for row in found if row.place.said_positive]
    sided = [row for row in found if row.place.true_zone != Zone.CENTRAL.value]
    confusion = Counter((row.place.true_zone or "", row.place.zone or "") for row in found)
    return {
        "found": len(found),
        "zone": _share(found, cohort.patients, lambda row: row.place.zone == row.place.true_zone).as_json(),
        "sided": len(sided),
        "side": _share(sided, cohort.patients, lambda row: row.place.herniation_side == row.place.true_side).as_json(),
        "zones": [{"true": true, "said": said, "count": number} for (true, said), number in sorted(confusion.items())],
    }


def slip_direction(cohort: Cohort) -> dict[str, Any]:
    """Forward or backward, among slips that are there and were found."""
    found = [row for row in cohort.of(MachineFinding.SLIP.value) if row.place.true_positive and row.place.said_positive]
    right = _share(found, cohort.patients, lambda row: row.place.direction == row.place.true_direction)
    return {"found": len(found), "right": right.as_json()}


def report_figures(cohort: Cohort) -> dict[str, Any]:
    """The whole report: phantoms whose places were all assessed and right, and how many were not, per phantom."""
    ones = np.ones(cohort.patients)
    ran = np.array([not one.error for one in cohort.records], dtype=bool)
    off = np.array([sum(place.wrong or not place.assessed for place in one.places) for one in cohort.records], float)
    return {
        "places": len(cohort.rows),
        "all_right": share(((off == 0) & ran).astype(np.float64), ones).as_json(),
        "off_per_study": ratio(off, ones).as_json(),
    }


def _scored(answers: Answers) -> tuple[Floats, Any, Any, int]:
    return answers.probability, answers.positive, answers.patient, answers.patients


def _counts(rows: Sequence[Row], answers: Answers) -> dict[str, Any]:
    reasons = Counter(row.place.why_not for row in rows if not row.place.assessed)
    return {
        "places": len(rows),
        "assessed": len(answers.positive),
        "not_assessed": dict(sorted(reasons.items())),
        "patients": len(np.unique(answers.patient)),
        "positives": int(answers.positive.sum()),
        "matrix": asdict(count(answers.positive, answers.said)),
    }


def _metrics(answers: Answers) -> dict[str, Any]:
    found = clustered_rates(answers.positive, answers.said, answers.patient, answers.patients)
    return {name: one.as_json() for name, one in (found | {"AUC": clustered_auc(*_scored(answers))}).items()}


def _curve(answers: Answers) -> dict[str, list[float]] | None:
    curve = roc(*_scored(answers))
    if curve is None:
        return None
    corners = np.unique(np.linspace(0, len(curve.false_positive_rate) - 1, _CURVE_POINTS).round().astype(int))
    return {
        "fpr": _list(curve.false_positive_rate[corners]),
        "tpr": _list(curve.true_positive_rate[corners]),
        "grid": _list(curve.grid),
        "low": _list(curve.low),
        "high": _list(curve.high),
    }


def _groups(rows: Sequence[Row], patients: int, name: Callable[[Row], str]) -> dict[str, Any]:
    """Counts, sensitivity, specificity and AUC for every group of rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    if set(groups) <= {""}:
        return {}
    figures = {}
    for group, members in sorted(groups.items()):
        answers = Answers.of(members, patients)
        all_metrics = _metrics(answers)
        figures[group] = {**_counts(members, answers), **{key: all_metrics[key] for key in ("TPR", "TNR", "AUC")}}
    return figures


def _share(rows: Sequence[Row], patients: int, right: Callable[[Row], bool]) -> Estimate:
    number = np.array([row.patient for row in rows], dtype=np.int64)
    hits = np.array([right(row) for row in rows], dtype=np.float64)
    return share(sums_per_patient(hits, number, patients), sums_per_patient(np.ones(len(rows)), number, patients))


def _list(values: Floats) -> list[float]:
    return [round(float(value), 3) for value in values]


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
