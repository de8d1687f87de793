"""``PipelineResult`` → plain data for JSON: the schema of docs/analysis_schema.md."""

from __future__ import annotations

import math
from dataclasses import asdict
from enum import Enum
from typing import Any

from inference.gate_reasons import GATE_REASON_TEXT, GateReason
from inference.results import PipelineResult

SCHEMA_VERSION = "1.2"


def as_json(result: PipelineResult) -> dict[str, Any]:
    """Everything but the masks. Numbers are finite, enums are their values, tuples are lists."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "series": [asdict(series) for series in result.series],
        "gate": {
            "status": result.gate.status,
            "reasons": list(result.gate.reasons),
            "findings": {
                finding.value: {"status": gate.status, "reasons": list(gate.reasons)}
                for finding, gate in result.gate.findings.items()
            },
            "levels": {name: list(reasons) for name, reasons in result.gate.levels.items()},
            "texts": {reason: text for reason in result.gate.reasons if (text := sentence(reason))},
        },
        "levels": [asdict(level) for level in result.levels],
        "predictions": [asdict(prediction) for prediction in result.predictions],
        "measurements": [asdict(measurement) for measurement in result.measurements],
        "algorithm": asdict(result.algorithm),
        "timings_s": result.timings_s,
        "device": result.device,
        "quality": result.quality,
    }
    plain: dict[str, Any] = _plain(data)
    return plain


def sentence(reason: str) -> str:
    """The English sentence of a gate reason, or "" for a reading or level code that has none here."""
    try:
        return GATE_REASON_TEXT[GateReason(reason)]
    except ValueError:
        return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
