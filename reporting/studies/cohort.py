"""A series' protocol against the ranges of the paper's Table 1 (Radiologic Practice 2024;39:779). Pure.

Outside the ranges means: the published figures were not measured on such images. It withholds nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporting.vocabulary import SeriesRole


@dataclass(frozen=True)
class Table1Row:
    """Closed ranges: ms, mm (centre-to-centre spacing), field of view in mm, smallest matrix (larger number first)."""

    tr_ms: tuple[float, float]
    te_ms: tuple[float, float]
    thickness_mm: tuple[float, float]
    spacing_mm: tuple[float, float]
    fov_mm: tuple[float, float]
    matrix: tuple[int, int]


TABLE_1: dict[SeriesRole, Table1Row] = {
    SeriesRole.SAGITTAL_T1: Table1Row((400, 850), (6, 16), (3, 4), (3.3, 4.4), (80, 150), (250, 190)),
    SeriesRole.SAGITTAL_T2: Table1Row((2000, 3500), (60, 140), (3, 4), (3.3, 4.4), (100, 160), (250, 180)),
    SeriesRole.AXIAL_T2: Table1Row((2000, 5000), (80, 140), (3, 4), (3.3, 5.5), (70, 100), (212, 168)),
    # One scanner's protocol: single values.
    SeriesRole.AXIAL_FS_T2: Table1Row((220, 220), (6.5, 6.5), (3, 3), (3.3, 3.3), (70, 80), (252, 249)),
}

SCANNERS = (
    "Signa Excite",
    "Discovery 750",
    "Discovery MR750",
    "Aera",
    "Ingenia",
    "Achieva",
    "Multiva",
    "uMR 790",
)
"""Models of the paper's section 1.2; the GE Discovery is written in two ways."""

# Headers round: 6.5 ms may be stored as 6.496, 3.3 mm as 3.3000001.
_TOLERANCE = {"tr_ms": 1.0, "te_ms": 0.1, "thickness_mm": 0.05, "spacing_mm": 0.05, "fov_mm": 0.5}


@dataclass(frozen=True)
class Deviation:
    """One parameter outside its range, or absent (``value`` is ``None``)."""

    parameter: str
    value: Any
    expected: str


def deviations_from_table_1(role: SeriesRole, protocol: Mapping[str, Any]) -> tuple[Deviation, ...] | None:
    """Parameters of one series outside Table 1; ``None`` for a role the table does not have."""
    row = TABLE_1.get(role)
    if row is None:
        return None
    found = []
    for parameter, tolerance in _TOLERANCE.items():
        low, high = getattr(row, parameter)
        value = protocol.get(parameter)
        values = value if isinstance(value, list) else [value]
        if any(item is None or not low - tolerance <= item <= high + tolerance for item in values):
            found.append(Deviation(parameter, value, f"{low:g}" if low == high else f"{low:g}–{high:g}"))
    matrix = protocol.get("matrix")
    if not matrix or len(matrix) != 2 or matrix[0] < row.matrix[0] or matrix[1] < row.matrix[1]:
        found.append(Deviation("matrix", matrix, f"≥{row.matrix[0]}×{row.matrix[1]}"))
    return tuple(found)


def scanner_is_in_paper(protocol: Mapping[str, Any]) -> bool:
    """Whether the model's name is one of the seven scanners of the paper."""
    model = str(protocol.get("model", "")).casefold().replace("_", " ")
    return any(name.casefold() in model for name in SCANNERS)
