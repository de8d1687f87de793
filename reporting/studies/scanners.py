"""Headers write a maker's name in many ways, and field strengths with many decimals; people need one. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from reporting.studies.cohort import deviations_from_table_1
from reporting.vocabulary import SeriesRole

OTHER = "other"
UNKNOWN = "unknown"
INSIDE, OUTSIDE = "inside", "outside"
_WRITTEN = {
    "GE": ("ge ", "general electric", "gems"),
    "Siemens": ("siemens",),
    "Philips": ("philips",),
    "United Imaging": ("united imaging", "uih"),
    "Canon": ("canon", "toshiba"),
    "Fujifilm": ("fuji", "hitachi"),
}
VENDORS = (*_WRITTEN, OTHER, UNKNOWN)
_STRENGTHS = (0.2, 0.3, 0.35, 0.4, 0.5, 0.55, 1.0, 1.5, 3.0, 5.0, 7.0)


def vendor_of(manufacturer: Any) -> str:
    """One of :data:`VENDORS` for what (0008,0070) says."""
    said = f"{manufacturer or ''} ".casefold().replace("_", " ")
    if not said.strip():
        return UNKNOWN
    found = (name for name, ways in _WRITTEN.items() if any(said.startswith(way) or f" {way}" in said for way in ways))
    return next(found, OTHER)


def vendor_pattern(vendor: str) -> str:
    """A case-blind regular expression that fits what :func:`vendor_of` calls so; for a database."""
    ways = (way.strip().replace(" ", "[ _]") + ("($|[ _])" if way.endswith(" ") else "") for way in _WRITTEN[vendor])
    return f"(^|[ _])({'|'.join(ways)})"


def field_strength_of(tesla: Any) -> str:
    """Tesla as people say it: ``1.5``, ``3.0``; unknown for none."""
    if isinstance(tesla, bool) or not isinstance(tesla, int | float) or not math.isfinite(tesla) or tesla <= 0:
        return UNKNOWN
    nearest = min(_STRENGTHS, key=lambda strength: abs(strength - tesla))
    return _said(nearest)


def field_strengths() -> dict[str, tuple[float, float]]:
    """Every word of :func:`field_strength_of`, with the tesla it is said of: above the first, up to the second."""
    middles = [0.0, *((low + high) / 2 for low, high in pairwise(_STRENGTHS)), math.inf]
    return {_said(strength): between for strength, between in zip(_STRENGTHS, pairwise(middles), strict=True)}


def protocol_fit(series: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Over the (role, protocol) of a study's series: outside as soon as one deviates, unknown where none has a row."""
    found = [deviations_from_table_1(SeriesRole(role), protocol) for role, protocol in series if protocol]
    judged = [deviations for deviations in found if deviations is not None]
    if not judged:
        return UNKNOWN
    return OUTSIDE if any(judged) else INSIDE


def _said(strength: float) -> str:
    return f"{strength:g}" if strength % 1 else f"{strength:.1f}"
