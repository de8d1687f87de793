"""What a department must be told of at once: when, within which time, and how that is written down. Pure."""

from __future__ import annotations

from reporting.reports.critical.rules import (
    Critical,
    CriticalRules,
    Trigger,
    criticals,
    urgency_is_unknown,
)
from reporting.reports.critical.shipped import CLOCK_MINUTES, TRIGGERS

SHIPPED = CriticalRules(TRIGGERS, CLOCK_MINUTES)

__all__ = [
    "SHIPPED",
    "Critical",
    "CriticalRules",
    "Trigger",
    "criticals",
    "urgency_is_unknown",
]
