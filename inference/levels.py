"""Label map → named vertebrae and discs, or candidates without a name and the reason: uncertain rather than wrong.

C2 is the body with the dens, more than one and a half times as tall as the others; everything else is counted down from
it. Without the dens in the field of view nothing is named, until somebody points at C2/3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inference.disc_line import disc_line
from inference.level_candidates import Candidate, find_candidates
from inference.level_chain import SPACING_MM, best_chain
from inference.level_column import DENS_RATIO, Member, complete, split_blocks, usual_height_mm
from inference.level_signal import NOT_SEPARATED
from inference.matching import index_slice
from inference.midsagittal import STEP_MM, Midsagittal, midsagittal
from inference.results import IndexSlice, LevelResult, Point
from inference.volumes import Volume
from reporting.vocabulary import DiscLevel, LevelKind, LevelStatus, Vertebra

COLUMN = (Vertebra.C2, Vertebra.C3, Vertebra.C4, Vertebra.C5, Vertebra.C6, Vertebra.C7, Vertebra.T1)
C2_HEIGHT_MM = (26.0, 45.0)
C2_RATIO = 3.4
"""C2 is at most so many times as tall as an ordinary body; fused with C3 it is taller."""

BODY_HEIGHT_MM = (8.0, 21.0)
MIN_BODIES = 3
HINT_REACH_MM = 10.0


@dataclass(frozen=True)
class Levels:
    """``levels`` from the top down. ``certain`` only when every one of them is named; else ``reasons`` say why not.

    Uncertain levels are called ``vertebra-1``, ``disc-1`` … from the top: places to point at, not names.
    ``pieces`` and ``picture`` are what measurements on the mid-sagittal picture start from.
    """

    levels: tuple[LevelResult, ...]
    certain: bool
    reasons: tuple[str, ...] = ()
    picture: Midsagittal | None = None
    pieces: Mapping[str, Candidate] = field(default_factory=dict)
    places_mm: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def place(self, name: str) -> NDArray[np.float64] | None:
        """(row, column) of a level's centre on the picture, in millimetres."""
        return self.places_mm.get(name)

    def of(self, name: str) -> LevelResult | None:
        return next((level for level in self.levels if level.name == name), None)


def name_levels(label_map: Volume, *, c2_3_hint_lps_mm: Point | None = None) -> Levels:
    """Name vertebrae C2–T1 and discs C2/3–C7/T1 on a sagittal label map (values ``LABEL_VALUES``).

    ``c2_3_hint_lps_mm`` is a point somebody marked as C2/3; the disc nearest to it is then C2/3.
    Reasons: ``no_canal``, ``no_column``, ``dens_outside_field``, ``c2_not_recognised``, ``two_tall_bodies``,
    ``implausible_heights``, ``implausible_spacing``, ``column_broken``, ``hint_not_at_disc``.
    """
    picture = midsagittal(label_map)
    if picture is None:
        return Levels((), False, ("no_canal",))
    chain = best_chain(find_candidates(picture))
    bodies = [member for member in chain if member.kind is LevelKind.VERTEBRA]
    if len(bodies) < MIN_BODIES:
        return Levels((), False, ("no_column",))
    column = split_blocks(complete(chain))
    if c2_3_hint_lps_mm is None:
        top, reason = _find_c2(column)
    else:
        top, reason = _from_hint(column, picture.to_picture(np.asarray(c2_3_hint_lps_mm)) * STEP_MM)
    if reason is None:
        reason = _implausible(column[max(top, 0) :])
    named = _unnamed(column) if reason is not None else _named(column, top)
    status = LevelStatus.NAMED if reason is None else LevelStatus.UNCERTAIN
    return Levels(
        levels=tuple(_result(name, member, status, reason, picture, label_map) for name, member in named.items()),
        certain=reason is None,
        reasons=() if reason is None else (reason,),
        picture=picture,
        pieces={name: member.piece for name, member in named.items() if member.piece is not None},
        places_mm={name: member.centre for name, member in named.items()},
    )


def _find_c2(column: Sequence[Member]) -> tuple[int, str | None]:
    """Index of C2 in the column, or the reason why it cannot be told."""
    bodies = [(index, member) for index, member in enumerate(column) if member.kind is LevelKind.VERTEBRA]
    usual = usual_height_mm(column)
    tall = [index for index, member in bodies if member.height_mm > DENS_RATIO * usual]
    # Below T1 two bodies seen as one, at the picture's end say, name nothing wrongly.
    if len(tall) > 1 and sum(1 for index, _ in bodies if tall[0] < index <= tall[1]) < len(COLUMN):
        return -1, "two_tall_bodies"
    first = column[bodies[0][0]]
    if not tall:
        cut_off = first.piece is not None and first.piece.at_top
        return -1, "dens_outside_field" if cut_off or _starts_high(column) else "c2_not_recognised"
    c2 = column[tall[0]]
    if c2.piece is None or c2.piece.at_top:
        return -1, "dens_outside_field"
    above = column[: tall[0]]
    if sum(member.kind is LevelKind.VERTEBRA for member in above) > 1 or any(
        member.kind is LevelKind.DISC and member.piece is not None for member in above
    ):
        return -1, "c2_not_recognised"
    if c2.height_mm > C2_RATIO * usual:
        return -1, "c2_not_recognised"
    if not C2_HEIGHT_MM[0] <= c2.height_mm <= C2_HEIGHT_MM[1]:
        return -1, "implausible_heights"
    return tall[0], None


def _starts_high(column: Sequence[Member]) -> bool:
    """Whether the column begins so near the picture's upper edge that something above it may be cut off."""
    return bool(column[0].centre[0] < 30.0)


def _from_hint(column: Sequence[Member], at_mm: NDArray[np.float64]) -> tuple[int, str | None]:
    discs = [index for index, member in enumerate(column) if member.kind is LevelKind.DISC]
    distances = [float(np.linalg.norm(column[index].centre - at_mm)) for index in discs]
    if not distances or min(distances) > HINT_REACH_MM:
        return -1, "hint_not_at_disc"
    return discs[int(np.argmin(distances))] - 1, None  # −1: C2 itself is above the field


def _implausible(column: Sequence[Member]) -> str | None:
    """Validate the part of the column that would be named: heights, spacing, nothing missing twice in a row."""
    named = column[: 2 * len(COLUMN) - 1]
    bodies = [member for member in named if member.kind is LevelKind.VERTEBRA]
    below_c2 = [member for member in bodies[1:] if member.piece and not member.piece.at_bottom]
    if any(not BODY_HEIGHT_MM[0] <= member.height_mm <= BODY_HEIGHT_MM[1] for member in below_c2):
        return "implausible_heights"
    if sum(member.piece is None and not member.in_block for member in named) > 2 or len(bodies) < MIN_BODIES:
        return "column_broken"
    for members in (bodies[1:], [member for member in named if member.kind is LevelKind.DISC]):
        steps = [float(np.linalg.norm(lower.centre - upper.centre)) for upper, lower in pairwise(members)]
        if any(not SPACING_MM[0] <= step <= SPACING_MM[1] for step in steps):
            return "implausible_spacing"
        if steps and max(steps) > 1.7 * min(steps):
            return "implausible_spacing"
    return None


def _names(kind: LevelKind) -> tuple[str, ...]:
    return tuple(member.value for member in (COLUMN if kind is LevelKind.VERTEBRA else DiscLevel))


def _named(column: Sequence[Member], top: int) -> dict[str, Member]:
    """Names down from C2 at ``top``; −1 means that the column begins with C2/3."""
    counters = {LevelKind.VERTEBRA: 0 if top >= 0 else 1, LevelKind.DISC: 0}
    named = {}
    for member in column[max(top, 0) :]:
        number = counters[member.kind]
        counters[member.kind] += 1
        names = _names(member.kind)
        cut_off = member.piece is not None and member.piece.at_bottom and member.kind is LevelKind.VERTEBRA
        if number < len(names) and not cut_off:  # what the field of view cuts off has no centre to speak of
            named[names[number]] = member
    return named


def _unnamed(column: Sequence[Member]) -> dict[str, Member]:
    counters = {LevelKind.VERTEBRA: 0, LevelKind.DISC: 0}
    named = {}
    for member in column:
        counters[member.kind] += 1
        named[f"{member.kind.value}-{counters[member.kind]}"] = member
    return named


def _result(
    name: str,
    member: Member,
    status: LevelStatus,
    reason: str | None,
    picture: Midsagittal,
    label_map: Volume,
) -> LevelResult:
    row, column = member.centre / STEP_MM
    center = picture.to_lps_mm(float(row), float(column))
    unseen = (NOT_SEPARATED,) if member.in_block else () if member.piece is not None else ("interpolated",)
    return LevelResult(
        name=name,
        kind=member.kind,
        center_lps_mm=(float(center[0]), float(center[1]), float(center[2])),
        status=status,
        sagittal_slice=slice_through(label_map, center),
        reasons=(*((reason,) if reason else ()), *unseen),
        line_lps_mm=disc_line(member.piece, picture) if member.kind is LevelKind.DISC and member.piece else None,
    )


def slice_through(volume: Volume, point_lps_mm: NDArray[np.float64]) -> IndexSlice | None:
    """The slice of a volume that passes nearest to a point, or ``None`` when the point is outside the stack."""
    k = float(volume.to_index_kji(np.asarray(point_lps_mm, dtype=np.float64))[0])
    if not -0.75 <= k <= volume.array.shape[0] - 0.25:
        return None
    return index_slice(volume, int(np.clip(round(k), 0, volume.array.shape[0] - 1)))
