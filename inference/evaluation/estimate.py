"""A figure with its interval; what cannot be computed is ``undefined``, never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

UNDEFINED = "undefined"
_DIGITS = 4


@dataclass(frozen=True)
class Estimate:
    """``value`` with the bounds of its 95 % interval; ``None`` is undefined. ``note`` says why, or how."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """``value``, ``low`` and ``high``: a number or ``"undefined"``; ``note`` only where there is one."""
        shown = {"value": _shown(self.value), "low": _shown(self.low), "high": _shown(self.high)}
        return {**shown, "note": self.note} if self.note else shown


def finite(value: float) -> float | None:
    """``None`` for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def _shown(value: float | None) -> float | str:
    return UNDEFINED if value is None or not math.isfinite(value) else round(float(value), _DIGITS)
