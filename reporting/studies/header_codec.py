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


_PARTS = {"patient": PatientHeader, "study": StudyHeader, "series": SeriesHeader}
_decoded: dict[str, tuple[Any, Any]] = {}
"""Of each part what was decoded last and what it became: the objects of a series say the same."""


def encode_header(header: InstanceHeader, *, for_row: bool = False) -> dict[str, Any]:
    """JSON object of one header, not to be changed. ``for_row``: patient and study are empty, they have rows."""
    encoded = _encode_fields(header)
    for name in _PARTS:
        encoded[name] = {} if for_row and name != "series" else _encode_part(getattr(header, name))
    return encoded


def decode_header(data: Mapping[str, Any]) -> InstanceHeader:
    """The header back. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
    values = _decode(data)
    for name in _PARTS:
        values[name] = _decode_part(name, data.get(name, {}))
    values["frames"] = tuple(FrameHeader(**_decode(frame)) for frame in data.get("frames", ()))
    return InstanceHeader(**values)


@functools.lru_cache(maxsize=64)
def _encode_part(part: PatientHeader | StudyHeader | SeriesHeader) -> dict[str, Any]:
    """Kept for the next object of the series."""
    return _encode_fields(part)


def _decode_part(name: str, said: Mapping[str, Any]) -> Any:
    last = _decoded.get(name)
    if last is None or last[0] != said:
        last = _decoded[name] = dict(said), _PARTS[name](**_decode(said))  # a copy: the caller's may change
    return last[1]


def _encode_fields(header: Any) -> dict[str, Any]:
    pairs = ((name, default, getattr(header, name)) for name, default in _defaults(header.__class__))
    return {name: _encode(item) for name, default, item in pairs if default is MISSING or item != default}


def _encode(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_TEXT].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if abs(value) <= MAX_NUMBER else None  # NaN fails too
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return _encode_fields(value) if is_dataclass(value) else value


@functools.cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind) if field.name not in _PARTS)


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
