"""The best column of alternating bodies and discs among the candidates: a dynamic programme over neighbours.

Allowed steps: body to the disc below, disc to the body below; body to body where the disc was not found and disc to
disc where the body was not found, both at a cost and only at a plausible spacing. What fits in no column is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from inference.level_candidates import Candidate
from reporting.vocabulary import LevelKind

SPACING_MM = (12.5, 24.5)
"""Centre to centre of neighbouring bodies, or of neighbouring discs, from C2/3 to T1/2."""

TOUCHING_MM = 4.0  # between a body and the disc next to it
DISC_GAP_MM = 9.0  # between two bodies whose disc was not found
MAX_TURN_COSINE = 0.6  # the column runs along the canal
COST_OF_MISSING_DISC = 0.6
COST_OF_MISSING_BODY = 1.2


def best_chain(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The column with the most members and the fewest gaps, from the top down; candidates come sorted downward."""
    count = len(candidates)
    if count == 0:
        return []
    trees = [cKDTree(candidate.outline) for candidate in candidates]
    score = np.array([_worth(candidate) for candidate in candidates])
    before = np.full(count, -1)
    for lower in range(count):
        best, best_upper = score[lower], -1
        for upper in range(lower):
            cost = _step_cost(candidates[upper], candidates[lower], trees[lower])
            if cost is not None and score[upper] - cost + _worth(candidates[lower]) > best:
                best, best_upper = score[upper] - cost + _worth(candidates[lower]), upper
        score[lower], before[lower] = best, best_upper
    chain, at = [], int(np.argmax(score))
    while at >= 0:
        chain.append(candidates[at])
        at = int(before[at])
    return chain[::-1]


def _worth(candidate: Candidate) -> float:
    """Bodies count more than discs, a fragment less than a whole."""
    full = 150.0 if candidate.kind is LevelKind.VERTEBRA else 50.0
    base = 1.2 if candidate.kind is LevelKind.VERTEBRA else 1.0
    return base * min(1.0, 0.4 + 0.6 * candidate.area_mm2 / full)


def _step_cost(upper: Candidate, lower: Candidate, lower_tree: cKDTree) -> float | None:
    """Cost of putting ``lower`` directly under ``upper``, or ``None`` when it cannot be."""
    step = lower.centre - upper.centre
    distance = float(np.linalg.norm(step))
    if distance < 3.0 or float(step @ (upper.down + lower.down)) / 2 / distance < MAX_TURN_COSINE:
        return None
    if upper.kind is lower.kind is LevelKind.DISC:
        return COST_OF_MISSING_BODY if SPACING_MM[0] <= distance <= SPACING_MM[1] else None
    gap = _gap_mm(upper, lower_tree, TOUCHING_MM if upper.kind is not lower.kind else DISC_GAP_MM)
    if gap is None:
        return None
    if upper.kind is lower.kind:
        return COST_OF_MISSING_DISC if distance >= SPACING_MM[0] else None
    return 0.1 * gap / TOUCHING_MM


def _gap_mm(upper: Candidate, lower_tree: cKDTree, limit: float) -> float | None:
    distances: NDArray[np.float64] = lower_tree.query(upper.outline, distance_upper_bound=limit)[0]
    nearest = float(distances.min())
    return nearest if np.isfinite(nearest) else None
