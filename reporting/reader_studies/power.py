"""Sample size for the design page, from the variance components of a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reporting.statistics.mrmc.sample_size import Pilot, sample_size
from reporting.statistics.results import Cell, Scope


def designs(said: Mapping[str, Any]) -> list[Mapping[str, Cell]]:
    """Rows ``readers``, ``cases`` (``None``: no number suffices), ``power``; readers and cases random."""
    names = ("var_tr", "var_error", "cov1", "cov2", "cov3", "cases")
    pilot = Pilot(**{name: said[name] for name in names})
    found = sample_size(pilot, Scope(None, "case"), effect=said["effect"], target=said["target"])
    return list(found.series["designs"])
