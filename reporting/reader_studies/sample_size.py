"""A sample size as a design keeps it: the pilot and the aim it was worked out from, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.statistics.mrmc.sample_size import Pilot, sample_size
from reporting.statistics.results import Scope

COMPONENTS = ("var_tr", "var_error", "cov1", "cov2", "cov3", "cases")
LABELS = {
    "var_tr": _("Reader × arm variance"),
    "var_error": _("Error variance"),
    "cov1": _("Covariance 1: same reader, other arm"),
    "cov2": _("Covariance 2: other reader, same arm"),
    "cov3": _("Covariance 3: other reader, other arm"),
    "cases": _("Cases of the pilot"),
    "effect": _("Difference in AUC to be found"),
    "target": _("Power"),
}
INPUTS = tuple(LABELS)


def pilot_of(inputs: Mapping[str, Any]) -> Pilot:
    """Raises :class:`ValueError` for components that no pilot has."""
    return Pilot(**{name: inputs[name] for name in COMPONENTS})


def worked_out(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """``inputs``: :data:`INPUTS`; ``designs``: ``readers``, ``cases`` and ``power``, both None where nothing suffices.

    Raises :class:`ValueError` for an aim or components of no use.
    """
    found = sample_size(pilot_of(inputs), Scope(None, "case"), effect=inputs["effect"], target=inputs["target"])
    return {"inputs": {name: inputs[name] for name in INPUTS}, "designs": list(found.series["designs"])}
