"""What a worker hands in, checked before a single row is written: machine output is input like any other.

The shape is that of docs/analysis_schema.md (``manage.py analyse --json`` writes the same).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from reporting.predictions.models import Algorithm, AlgorithmKind, Prediction
from reporting.vocabulary import (
    MACHINE_FINDINGS,
    DiscLevel,
    GateStatus,
    LevelKind,
    LevelStatus,
    MachineFinding,
    Side,
    Vertebra,
    Zone,
)

E = TypeVar("E", bound=StrEnum)

LARGEST_MM = 100.0
"""No finding of the neck is larger; a number beyond it is a fault of the program."""

FARTHEST_MM = 10_000.0
"""From the scanner's isocentre; nothing in a patient lies farther away."""

_KEPT = ("schema_version", "series", "gate", "levels", "measurements", "algorithm", "timings_s", "quality", "device")


class InvalidResult(Exception):
    """The result cannot be stored; ``reason`` is a stable code, the message names the place."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class ParsedResult:
    """Unsaved predictions (without job), and the rest of the analysis as JSON."""

    predictions: tuple[Prediction, ...]
    rest: dict[str, Any]


def parse_result(payload: Mapping[str, Any], *, algorithm: Algorithm, series_uids: frozenset[str]) -> ParsedResult:
    """Check ``payload`` against vocabulary, job and study. A callable finds no levels: it names them by itself.

    Raises:
        InvalidResult: a number that is not finite; an unknown finding, level, side or series; a place stated twice; a
            finding stated although its gate is closed; a result of another algorithm than the job asked for.
    """
    _refuse_not_finite(payload, "result")
    for key in ("series", "gate", "levels", "predictions", "measurements", "algorithm"):
        if key not in payload:
            raise InvalidResult("incomplete_result", f"{key} is missing")
    _check_algorithm(payload["algorithm"], algorithm, "algorithm")
    levels = _levels(payload["levels"])
    closed = _closed_findings(payload["gate"])
    predictions = []
    places = set()
    for number, item in enumerate(_list(payload["predictions"], "predictions")):
        where = f"predictions[{number}]"
        prediction = _prediction(_mapping(item, where), where, series_uids)
        if "algorithm" in item:
            _check_algorithm(item["algorithm"], algorithm, where)
        if prediction.level not in levels and algorithm.kind != AlgorithmKind.CALLABLE:
            raise InvalidResult("unknown_level", f"{where}: {prediction.level} is not among the levels found")
        if prediction.finding in closed:
            raise InvalidResult("gate_closed", f"{where}: {prediction.finding} was withheld by the gate")
        place = (prediction.finding, prediction.level, prediction.side)
        if place in places:
            raise InvalidResult("stated_twice", f"{where}: {' '.join(place).strip()} is stated twice")
        places.add(place)
        predictions.append(prediction)
    rest = {key: _without_paths(payload[key]) for key in _KEPT if key in payload}
    return ParsedResult(tuple(predictions), rest)


def _prediction(item: Mapping[str, Any], where: str, series_uids: frozenset[str]) -> Prediction:
    finding = _member(MachineFinding, item.get("finding"), "unknown_finding", where)
    info = MACHINE_FINDINGS[finding]
    kind = Vertebra if info.kind is LevelKind.VERTEBRA else DiscLevel
    level = _member(kind, item.get("level"), "unknown_level", where)
    side = _optional(Side, item.get("side"), "unknown_side", where)
    if side not in info.sides:
        raise InvalidResult("unknown_side", f"{where}: {finding.value} is not given for side {side}")
    positive = item.get("positive")
    if not isinstance(positive, bool):
        raise InvalidResult("not_a_number", f"{where}: positive is neither true nor false")
    source = _mapping(item.get("source_slice") or {}, f"{where}.source_slice")
    series_uid = str(source.get("series_uid") or item.get("series_uid") or "")
    if series_uid and series_uid not in series_uids:
        raise InvalidResult("unknown_series", f"{where}: its series does not belong to the study")
    frame = source.get("frame_number")
    return Prediction(
        finding=finding.value,
        level=level.value,
        side=side.value if side else "",
        probability=_number(item.get("probability"), f"{where}.probability", 0.0, 1.0),
        threshold=_number(item.get("threshold"), f"{where}.threshold", 0.0, 1.0),
        positive=positive,
        mm=_optional_mm(item.get("mm"), f"{where}.mm"),
        mm_from_mask=_optional_mm(item.get("mm_from_mask"), f"{where}.mm_from_mask"),
        grade=str(item.get("grade") or "")[:8],
        zone=_value(_optional(Zone, item.get("zone"), "unknown_zone", where)),
        herniation_side=_value(_optional(Side, item.get("herniation_side"), "unknown_side", where)),
        direction=str(item.get("direction") or "")[:16],
        flags=[str(flag) for flag in _list(item.get("flags") or [], f"{where}.flags")],
        series_instance_uid=series_uid,
        sop_instance_uid=str(source.get("sop_instance_uid") or "")[:64],
        frame_number=frame if isinstance(frame, int) and frame >= 0 else None,
    )


def _levels(items: Any) -> frozenset[str]:
    names: set[str] = set()
    for number, item in enumerate(_list(items, "levels")):
        where = f"levels[{number}]"
        level = _mapping(item, where)
        _check_place(level, where)
        if level.get("status") == LevelStatus.UNCERTAIN.value:
            continue  # a place to point at ("disc-3"), not a name: nothing may be stated of it
        kind = Vertebra if level.get("kind") == LevelKind.VERTEBRA.value else DiscLevel
        name = _member(kind, level.get("name"), "unknown_level", where).value
        _member(LevelStatus, level.get("status"), "unknown_level", where)
        if name in names:
            raise InvalidResult("stated_twice", f"{where}: {name} is named twice")
        names.add(name)
    return frozenset(names)


def _check_place(level: Mapping[str, Any], where: str) -> None:
    """The page draws every level at its centre and opens its slices: both must be there or be said to be missing."""
    center = _list(level.get("center_lps_mm"), f"{where}.center_lps_mm")
    if len(center) != 3:
        raise InvalidResult("incomplete_result", f"{where}.center_lps_mm is not a point")
    for value in center:
        _number(value, f"{where}.center_lps_mm", -FARTHEST_MM, FARTHEST_MM)
    for name in ("sagittal_slice", "index_slice"):
        frame = _mapping(level.get(name) or {}, f"{where}.{name}").get("frame_number")
        if frame is not None and not isinstance(frame, int):
            raise InvalidResult("not_a_number", f"{where}.{name}.frame_number is no number")


def _closed_findings(gate: Any) -> frozenset[str]:
    gate = _mapping(gate, "gate")
    _member(GateStatus, gate.get("status"), "unknown_gate", "gate")
    closed = set()
    for name, one in _mapping(gate.get("findings"), "gate.findings").items():
        finding = _member(MachineFinding, name, "unknown_finding", "gate.findings")
        status = _member(GateStatus, _mapping(one, name).get("status"), "unknown_gate", f"gate.findings.{finding}")
        if status is GateStatus.WITHHELD:
            closed.add(finding.value)
    return frozenset(closed)


def _check_algorithm(stated: Any, algorithm: Algorithm, where: str) -> None:
    stated = _mapping(stated, where)
    expected = {
        "name": algorithm.name,
        "version": algorithm.version,
        "weights_sha256": algorithm.weights_sha256,
    }
    if {key: stated.get(key) for key in expected} != expected:
        raise InvalidResult(
            "wrong_algorithm", f"{where}: computed by another algorithm or other weights than asked for"
        )


def _refuse_not_finite(value: Any, where: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidResult("not_a_number", f"{where} is not a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_not_finite(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _refuse_not_finite(item, f"{where}[{number}]")


def _without_paths(value: Any) -> Any:
    # Where the bytes lay on the worker is nobody's business, and differs from machine to machine.
    if isinstance(value, Mapping):
        return {key: _without_paths(item) for key, item in value.items() if key != "path"}
    if isinstance(value, (list, tuple)):
        return [_without_paths(item) for item in value]
    return value


def _number(value: Any, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidResult("not_a_number", f"{where} is not a number from {low:g} to {high:g}")
    return float(value)


def _optional_mm(value: Any, where: str) -> float | None:
    return None if value is None else _number(value, where, -LARGEST_MM, LARGEST_MM)


def _member(kind: type[E], value: Any, reason: str, where: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise InvalidResult(reason, f"{where}: {str(value)[:32]!r} is no {kind.__name__}") from None


def _optional(kind: type[E], value: Any, reason: str, where: str) -> E | None:
    return None if value in (None, "") else _member(kind, value, reason, where)


def _value(member: StrEnum | None) -> str:
    return member.value if member else ""


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidResult("incomplete_result", f"{where} is not an object")
    return value


def _list(value: Any, where: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise InvalidResult("incomplete_result", f"{where} is not a list")
    return value
