"""Truth beside prediction, level by level, as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reporting.predictions.models import InferenceJob, Prediction

_HEADER = ("level", "finding", "truth", "machine", "probability", "")


@dataclass(frozen=True)
class Agreement:
    """How many of the shown statements matched the truth."""

    right: int
    shown: int


def _words(positive: bool, mm: float | None) -> str:
    word = "yes" if positive else "no"
    return f"{word} {mm:.1f} mm" if mm is not None else word


def _place(level: str, side: str | None) -> str:
    return f"{level} {side}" if side else level


def _why_not(job: InferenceJob, finding: str) -> str:
    gates = (job.result or {}).get("gate", {}).get("findings", {})
    reasons = ", ".join(gates.get(finding, {}).get("reasons", ()))
    return f"withheld ({reasons})" if reasons else "not read here"


def comparison(truth: Mapping[str, Any], job: InferenceJob) -> tuple[list[str], Agreement]:
    """Lines of the table, and the count of agreeing statements. What was not read is said, not counted."""
    predictions: dict[tuple[str, str, str], Prediction] = {
        (p.finding, p.level, p.side): p for p in job.predictions.all()
    }
    rows: list[tuple[str, ...]] = [_HEADER]
    right = shown = 0
    for expected in truth["findings"]:
        side = expected.get("side") or ""
        prediction = predictions.get((expected["finding"], expected["level"], side))
        place, word = _place(expected["level"], side), _words(expected["positive"], expected["mm"])
        if prediction is None:
            rows.append((place, expected["finding"], word, _why_not(job, expected["finding"]), "", ""))
            continue
        agrees = prediction.positive == expected["positive"]
        shown += 1
        right += agrees
        machine = _words(prediction.positive, prediction.mm)
        rows.append((place, expected["finding"], word, machine, f"{prediction.probability:.2f}", "" if agrees else "<"))
    return _columns(rows), Agreement(right, shown)


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    table = list(rows)
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADER))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
