"""Which phantoms the frozen cases are, and how much an algorithm may be wrong on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PhantomCase:
    """One synthetic study."""

    name: str
    seed: int
    vendor: str
    pathologies: tuple[str, ...]


@dataclass(frozen=True)
class Tolerances:
    """Shares of statements. Places of the reference count as covered when the algorithm says anything there.

    ``found``: of the positive places it speaks to; to call everything negative agrees with most places of any neck.
    """

    agreement: float = 0.80
    found: float = 0.50
    agreement_per_finding: float = 0.60
    covered: float = 0.90
    below_active: float = 0.05


PHANTOMS = (
    PhantomCase("normal", 9101, "siemens", ()),
    PhantomCase(
        "herniation",
        9102,
        "ge",
        (
            "C5/6:herniation:right:paracentral:5mm",
            "C4:slip:posterior:4mm",
            "C6:osteophyte:anterior:4mm",
            "C3/4:lf:left:3.5mm",
        ),
    ),
    PhantomCase(
        "ligament",
        9103,
        "philips",
        (
            "C6/7:pll:3.5mm",
            "C4/5:herniation:midline:central:5mm",
            "C5:slip:anterior:4mm",
            "C4:osteophyte:posterior:4mm",
        ),
    ),
)
TOLERANCES = Tolerances()
