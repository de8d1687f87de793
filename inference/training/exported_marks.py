"""What people drew in the reading room, as training takes it: words at a place, and where a vertebra's middle is.

Every mark of an export has two people behind it and was made for training. So its word stands before the final read,
whose reader saw the machine; a settled reference stands before both. Contours: ``exported_contours``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reporting.vocabulary import MachineFinding, Structure

_NORMAL = "normal"
# Kind of mark and structure → the finding that each of its words is about, and whether it is there.
_WORDS: Mapping[tuple[str, str], Mapping[str, Mapping[MachineFinding, bool]]] = {
    ("vertebra_point", Structure.BODY.value): {
        _NORMAL: {MachineFinding.OSTEOPHYTE: False, MachineFinding.SLIP: False},
        "osteophyte": {MachineFinding.OSTEOPHYTE: True},
        "slip_anterior": {MachineFinding.SLIP: True},
        "slip_posterior": {MachineFinding.SLIP: True},
    },
    ("ligament_point", Structure.PLL.value): {
        _NORMAL: {MachineFinding.PLL: False},
        "thickened": {MachineFinding.PLL: True},
    },
    ("ligament_point", Structure.LF.value): {
        _NORMAL: {MachineFinding.LF: False},
        "thickened": {MachineFinding.LF: True},
    },
    ("disc_slice", Structure.DISC.value): {
        _NORMAL: {MachineFinding.HERNIATION: False},
        **{zone: {MachineFinding.HERNIATION: True} for zone in ("central", "paracentral", "foraminal")},
    },
}


def marked(marks: Sequence[Mapping[str, Any]], finding: str) -> dict[tuple[str, str], bool]:
    """(level, side) → whether the finding is there, of places with a mark about it; of several one positive counts."""
    found: dict[tuple[str, str], bool] = {}
    for mark in marks:
        words = _WORDS.get((mark["kind"], mark["structure"]), {}).get(mark["says"], {})
        if mark["level"] and (positive := words.get(MachineFinding(finding))) is not None:
            place = mark["level"], mark["side"]
            found[place] = found.get(place, False) or positive
    return found


def middles(marks: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float, float]]:
    """Vertebra → its middle as it was pointed at (LPS, mm); the newest mark counts, exports list them oldest first."""
    found = {}
    for mark in marks:
        if mark["kind"] == "vertebra_point" and mark["level"] and mark["points_lps_mm"]:
            x, y, z = mark["points_lps_mm"][0]
            found[mark["level"]] = (float(x), float(y), float(z))
    return found
