"""What is simulated: one row of the report per condition, the same seeds in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.phantom import DEMO_ARTEFACTS, StudyPlan, plan_study
from inference.phantom.artefacts import ArtefactStrengths
from inference.phantom.vendors import VENDORS

GAP_MM = 0.5


@dataclass(frozen=True)
class Condition:
    """``scan``: keywords of ``plan_study``; ``stronger``: factors of artefacts.

    ``axial_role_given``: somebody says that the axial series is the T2, as a reader can on the study page; a gradient
    echo would otherwise be taken for the fat-suppressed series.
    ``reflected``: left and right of the written patient are exchanged.
    """

    name: str
    title: str
    scan: Mapping[str, Any] = field(default_factory=dict)
    stronger: Mapping[str, float] = field(default_factory=dict)
    axial_role_given: bool = False
    reflected: bool = False

    @property
    def artefacts(self) -> ArtefactStrengths:
        return DEMO_ARTEFACTS.times(**self.stronger)


GAP = Condition("gap", f"Sizes at least {GAP_MM} mm away from their thresholds", {"margin_mm": GAP_MM})
CONTINUOUS = Condition("continuous", "Sizes anywhere, also at their thresholds", {"margin_mm": None})
ROBUSTNESS = (
    Condition("noise", "Twice the noise", GAP.scan, {"noise": 2.0}),
    Condition("bias", "Twice the shading and coil fall-off", GAP.scan, {"bias": 2.0, "fall_off": 2.0}),
    Condition("thick", "Slices of 5 mm", {**GAP.scan, "thickness_mm": 5.0}),
    Condition("tilt", "Fields of view tilted by 30 degrees", {**GAP.scan, "tilt_deg": 30.0}),
    Condition("t2star", "Axial T2* instead of T2", {**GAP.scan, "contrast": "T2star"}, axial_role_given=True),
    Condition("second_family", "Second, differently built shape family", {**GAP.scan, "family": "second"}),
)
MIRROR = Condition("mirror", "The patient reflected, left for right", GAP.scan, reflected=True)
ALL = {one.name: one for one in (GAP, CONTINUOUS, *ROBUSTNESS, MIRROR)}


@dataclass(frozen=True)
class Settings:
    """How every phantom of a run is made; ``matrix`` and samples below the default are for quick looks only.

    ``samples``: through the thickness of a slice of the images that are written. ``truth_samples``: of the true label
    maps; finer, and odd. Where a disc fills about half of a slice, four samples leave the majority to chance: true
    discs of four and of nine samples overlap by a Dice of 0.91 in the mean.
    """

    family: str = "first"
    matrix: int | None = None
    samples: int = 4
    truth_samples: int = 9

    def plan(self, seed: int, condition: Condition) -> StudyPlan:
        """One study; its style of headers and protocol goes round with the seed."""
        scan = {"family": self.family, **condition.scan}
        return plan_study(seed, vendor=vendor_of(seed), matrix=self.matrix, **scan)


def vendor_of(seed: int) -> str:
    """Which maker's style a seed is written in."""
    styles = sorted(VENDORS)
    return styles[seed % len(styles)]


def conditions(*, family: str, quick: bool, robustness: bool, mirror: bool) -> tuple[Condition, ...]:
    """Those of a run: always with the gap first, which the others are compared with."""
    chosen: tuple[Condition, ...] = (GAP,) if quick else (GAP, CONTINUOUS)
    if robustness:
        chosen += tuple(one for one in ROBUSTNESS if one.scan.get("family") != family)
    return (*chosen, MIRROR) if mirror else chosen
