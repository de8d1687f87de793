"""What counts as disease in a phantom: one place, printed in every ``truth.json``.

Working values of the project (a clinical lead confirms them before any clinical use).
"""

from __future__ import annotations

from reporting.vocabulary import MachineFinding

PHANTOM_VERSION = "2.1"

# Positive at or above the value in millimetres; the ligaments only above it ("> 2 mm").
POSITIVE_MM: dict[MachineFinding, float] = {
    MachineFinding.SLIP: 2.0,
    MachineFinding.HERNIATION: 2.0,
    MachineFinding.OSTEOPHYTE: 1.0,
    MachineFinding.PLL: 2.0,
    MachineFinding.LF: 2.0,
}
STRICTLY_ABOVE = frozenset({MachineFinding.PLL, MachineFinding.LF})


def is_positive(finding: MachineFinding, mm: float) -> bool:
    """Whether ``mm`` (a size, never signed) counts as disease."""
    limit = POSITIVE_MM[finding]
    return mm > limit if finding in STRICTLY_ABOVE else mm >= limit
