"""``InstanceHeader`` ↔ JSON: between the bounded child and its parent, and in ``SopInstance.header``.

Pure Python. Fields at their default are left out. A number that is not finite, or beyond ``MAX_NUMBER``, is ``null`` in
JSON and comes back as ``nan``, so that a malformed spacing stays visibly malformed. Text is cut at 1024 characters and
holds nothing that PostgreSQL refuses (NUL, lone surrogates).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from typing import Any

from reporting.studies.headers import FrameHeader, InstanceHeader, PatientHeader, SeriesHeader, StudyHeader

MAX_TEXT = 1024
MAX_NUMBER = 1e15
"""Nothing measured is larger. PostgreSQL gives 1e308 back as an integer of 309 digits, which numpy cannot take."""
_DATES = frozenset({"birth_date", "study_date"})


def encode_header(header: InstanceHeader) -> dict[str, Any]:
    """JSON object of one header."""
    encoded: dict[str, Any] = _encode(header)
    return encoded


def decode_header(data: Mapping[str, Any]) -> InstanceHeader:
    """The header back. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
    values = _decode(data)
    values["patient"] = PatientHeader(**_decode(data.get("patient", {})))
    values["study"] = StudyHeader(**_decode(data.get("study", {})))
    values["series"] = SeriesHeader(**_decode(data.get("series", {})))
    values["frames"] = tuple(FrameHeader(**_decode(frame)) for frame in data.get("frames", ()))
    return InstanceHeader(**values)


def _encode(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_TEXT].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if abs(value) <= MAX_NUMBER else None  # NaN fails too
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        pairs = ((name, default, getattr(value, name)) for name, default in _defaults(value.__class__))
        return {name: _encode(item) for name, default, item in pairs if default is MISSING or item != default}
    return value


@functools.cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


def _decode(data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, list):
            values[name] = tuple(math.nan if item is None else item for item in value)
        elif name in _DATES and value is not None:
            values[name] = date.fromisoformat(value)
        else:
            values[name] = value
    return values
