"""Stored JSON back as estimates and words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from reporting.reader_studies.words import ArmKind
from reporting.statistics.results import Estimate


def estimate(said: dict[str, Any]) -> Estimate:
    """Of ``Estimate.as_json``."""
    value, low, high, se = (_number(said.get(name)) for name in ("value", "low", "high", "se"))
    return Estimate(value, low, high, se, said.get("method", ""), said.get("note", ""))


def share(said: dict[str, Any]) -> Estimate:
    """Of a figure between 0 and 1; a t or normal interval may reach beyond, which no share does."""
    one = estimate(said)
    low, high = (None if bound is None else min(1.0, max(0.0, bound)) for bound in (one.low, one.high))
    return replace(one, low=low, high=high)


def p_text(p: float | str) -> str:
    """ "0.013", "<0.0001", a dash where there is none."""
    if isinstance(p, str):
        return p if p.startswith("<") else "—"
    return f"{p:.4f}"


def arm_name(arm: str) -> str:
    return str(ArmKind(arm).label)


def difference_name(first: str, second: str) -> str:
    return f"{arm_name(first)} − {arm_name(second)}"


def figure_names() -> dict[str, str]:
    return {"auc": "AUC", "sensitivity": _("Sensitivity"), "specificity": _("Specificity")}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
