"""What is kept of a series' acquisition: the paper's Table 1 and the scanner. Pure; JSON that PostgreSQL accepts."""

from __future__ import annotations

import math
from typing import Any

from reporting.studies.completeness import Completeness
from reporting.studies.headers import SeriesHeader


def protocol_of(series: SeriesHeader, completeness: Completeness) -> dict[str, Any]:
    """Protocol parameters that the header says (ms, mm, degrees, tesla); absent ones are left out, none is invented.

    ``spacing_mm`` is the distance of slice centres: measured from positions, else as the header says.
    """
    values: dict[str, Any] = {
        "tr_ms": series.repetition_time_ms,
        "te_ms": series.echo_time_ms,
        "ti_ms": series.inversion_time_ms,
        "flip_deg": series.flip_angle_deg,
        "echo_train_length": series.echo_train_length,
        "fat_suppressed": series.fat_suppressed,
        "thickness_mm": series.thickness_mm,
        "spacing_mm": completeness.spacing_mm or series.slice_spacing_mm,
        "pixel_spacing_mm": series.pixel_spacing_mm,
        "fov_mm": series.fov_mm,
        "matrix": _matrix(series),
        "rows": series.rows,
        "columns": series.columns,
        "scanning_sequence": series.scanning_sequence,
        "manufacturer": series.manufacturer,
        "model": series.model,
        "field_t": series.field_strength_t,
    }
    return {name: _plain(value) for name, value in values.items() if _is_said(value)}


def _matrix(series: SeriesHeader) -> tuple[int, ...]:
    """Acquired matrix, larger number first: the two that are not zero (PS3.3 C.8.3.1), else the stored image's."""
    acquired = tuple(sorted((number for number in series.acquisition_matrix if number > 0), reverse=True))
    if len(acquired) == 2:
        return acquired
    if series.rows and series.columns:
        return tuple(sorted((series.rows, series.columns), reverse=True))
    return ()


def _is_said(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(not isinstance(item, float) or math.isfinite(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is not None and value != ""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value
