"""The column of vertebrae as strictly alternating bodies and discs, with what was not seen put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.level_candidates import Candidate
from reporting.vocabulary import LevelKind

DENS_RATIO = 1.5
"""C2 with its dens is more than so many times as tall as the bodies below it."""

BLOCK_RATIO = 2.4
"""Two bodies without a disc between them are at most so many times as tall as one; C2 mostly more."""


@dataclass(frozen=True)
class Member:
    """One place in the column; ``piece`` is ``None`` where it was not seen but its neighbours say it is there.

    ``in_block``: one of two bodies, or the disc between them, of a piece as tall as both: a block vertebra, a fusion,
    or a disc that does not show.
    """

    kind: LevelKind
    centre: NDArray[np.float64]
    piece: Candidate | None
    height_mm: float = 0.0
    in_block: bool = False


def complete(chain: Sequence[Candidate]) -> list[Member]:
    """A disc or body that was skipped is put midway between its neighbours."""
    members: list[Member] = []
    for index, piece in enumerate(chain):
        axis = _axis(chain, index)
        if members and members[-1].kind is piece.kind:
            missing = LevelKind.DISC if piece.kind is LevelKind.VERTEBRA else LevelKind.VERTEBRA
            members.append(Member(missing, _between(chain[index - 1], piece, axis), None))
        members.append(Member(piece.kind, piece.centre, piece, piece.height_mm(axis)))
    return members


def usual_height_mm(column: Sequence[Member]) -> float:
    """Height of an ordinary body: the median of those wholly in view, the uppermost left out where others suffice."""
    bodies = [member for member in column if member.kind is LevelKind.VERTEBRA]
    whole = [member.height_mm for member in bodies if member.piece is not None and not member.piece.at_bottom]
    return float(np.median(whole[1:] if len(whole) > 3 else whole)) if whole else 0.0


def split_blocks(column: Sequence[Member]) -> list[Member]:
    """Count a body as two where it is as tall as two and a disc is seen above it.

    The disc above keeps C2 out: nothing that looks like a disc lies above the dens.
    """
    usual = usual_height_mm(column)
    members: list[Member] = []
    for index, member in enumerate(column):
        tall = member.kind is LevelKind.VERTEBRA and DENS_RATIO * usual < member.height_mm <= BLOCK_RATIO * usual
        under_disc = index > 0 and column[index - 1].kind is LevelKind.DISC and column[index - 1].piece is not None
        if tall and under_disc and member.piece is not None and not member.piece.at_bottom:
            step = member.height_mm / 4 * _axis([one.piece for one in column if one.piece], _place(column, index))
            halves = [Member(member.kind, member.centre + way * step, None, in_block=True) for way in (-1, 1)]
            members += [halves[0], Member(LevelKind.DISC, member.centre, None, in_block=True), halves[1]]
        else:
            members.append(member)
    return members


def _place(column: Sequence[Member], index: int) -> int:
    """Place of a member among those that were seen."""
    return sum(one.piece is not None for one in column[:index])


def _axis(chain: Sequence[Candidate], index: int) -> NDArray[np.float64]:
    """Unit direction of the column at one member, from its neighbours of either kind."""
    step = chain[min(index + 1, len(chain) - 1)].centre - chain[max(index - 1, 0)].centre
    return np.asarray(step / np.linalg.norm(step))


def _between(upper: Candidate, lower: Candidate, axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Midway between the facing ends of two pieces."""
    bottom = float(np.percentile(upper.outline @ axis, 99))
    top = float(np.percentile(lower.outline @ axis, 1))
    step = lower.centre - upper.centre
    span = float(step @ axis)
    share = ((bottom + top) / 2 - float(upper.centre @ axis)) / span if span > 0 else 0.5
    return np.asarray(upper.centre + step * np.clip(share, 0.05, 0.95))
