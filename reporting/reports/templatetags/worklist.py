"""Words of the worklist: series roles, job stages, gate reasons."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from reporting.predictions.failure_words import failure_text
from reporting.reports.wording import finding_text, reason_text, role_text, stage_text

register = template.Library()

WANTED_ROLES = ("sagittal_t1", "sagittal_t2", "axial_t2", "axial_fs_t2")


register.filter("role_label", role_text)
register.filter("stage_label", stage_text)
register.filter("reason_label", reason_text)
register.filter("finding_label", finding_text)
register.filter("failure_label", failure_text)


@register.simple_tag
def role_chips(series_set: Any) -> list[tuple[str, str, bool]]:
    """(role, label, found) for the four roles the models use; an unrecognised rest is counted at the end."""
    found = {series.role for series in series_set}
    return [(role, role_text(role), role in found) for role in WANTED_ROLES]


@register.simple_tag
def gate_text(gate: dict[str, Any]) -> str:
    """The gate's verdict in one short sentence; empty when every finding was run."""
    status = gate.get("status", "")
    if status not in ("partial", "withheld"):
        return ""
    reasons = list(gate.get("reasons") or [])
    for finding in (gate.get("findings") or {}).values():
        reasons += finding.get("reasons") or []
    words = "; ".join(dict.fromkeys(reason_text(reason) for reason in reasons))
    lead = _("Values withheld") if status == "withheld" else _("Some values withheld")
    return f"{lead}: {words}" if words else str(lead)
