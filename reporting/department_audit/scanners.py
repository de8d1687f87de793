"""What the figures call a scanner and its protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reporting.department_audit.words import Protocol
from reporting.studies.scanners import OTHER, VENDORS, field_strength_of, protocol_fit, vendor_of

__all__ = ["OTHER", "VENDORS", "field_strength_of", "protocol_of_study", "vendor_of"]


def protocol_of_study(series: Iterable[tuple[str, Mapping[str, Any]]]) -> Protocol:
    """Whether the study was made as those of the paper's Table 1."""
    return Protocol(protocol_fit(series))
