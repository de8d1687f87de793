"""What a paragraph claims, read back from its words, and how that compares with the fields. Pure."""

from __future__ import annotations

from reporting.reports.prose.claims import Claim, claims_in
from reporting.reports.prose.comparison import Mismatch, compare, parity

__all__ = ["Claim", "Mismatch", "claims_in", "compare", "parity"]
