"""What each kind of mark may say. Words are codes; how they are shown is ``corrections.words``. Pure.

The paper's marks: a dot of 10 pixels in the middle of a vertebral body or of a disc, of 3 pixels on a ligament. There
an unmarked place counted as normal; here "normal" is a mark of its own, since unset is never normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporting.reports.correction_models import MarkKind
from reporting.studies.series_roles import Plane
from reporting.vocabulary import DiscLevel, Side, Structure, Vertebra

VERTEBRAE = tuple(v.value for v in Vertebra if v is not Vertebra.C1)
DISCS = tuple(level.value for level in DiscLevel)
SIDES = (Side.LEFT.value, Side.RIGHT.value)
MAX_POINTS = 500
MAX_MARKS = 2000
"""Of one study, those taken back included: a mark is small, a list of them is sent whole."""
MIN_AREA_PX = 4.0


@dataclass(frozen=True)
class MarkRules:
    """Allowed structures, levels, words and number of points (from, to), the plane it must lie in, its dot."""

    structures: tuple[Structure, ...]
    levels: tuple[str, ...]
    says: tuple[str, ...]
    points: tuple[int, int]
    needs_level: bool = True
    planes: tuple[Plane, ...] = ()
    diameter_px: int | None = None


RULES: Mapping[MarkKind, MarkRules] = {
    MarkKind.VERTEBRA_POINT: MarkRules(
        structures=(Structure.BODY,),
        levels=VERTEBRAE,
        says=("place", "normal", "osteophyte", "slip_anterior", "slip_posterior"),
        points=(1, 1),
        planes=(Plane.SAGITTAL,),
        diameter_px=10,
    ),
    MarkKind.LIGAMENT_POINT: MarkRules(
        structures=(Structure.PLL, Structure.LF),
        levels=DISCS,
        says=("thickened", "normal"),
        points=(1, 1),
        planes=(Plane.AXIAL,),
        diameter_px=3,
    ),
    MarkKind.DISC_SLICE: MarkRules(
        structures=(Structure.DISC,),
        levels=DISCS,
        says=("level", "normal", "central", "paracentral", "foraminal"),
        points=(0, 1),
        needs_level=False,
        planes=(Plane.AXIAL,),
        diameter_px=10,
    ),
    MarkKind.CONTOUR: MarkRules(
        structures=tuple(Structure),
        levels=(*VERTEBRAE, *DISCS),
        says=("outline",),
        points=(3, MAX_POINTS),
        needs_level=False,
    ),
}


def has_sides(structure: Structure) -> bool:
    return structure is Structure.LF
