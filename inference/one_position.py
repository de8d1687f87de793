"""What series of one patient position tell each other: a T1 and a T2 one map, an axial series its discs' edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inference.cross_view import with_disc_edges
from inference.segmentation import Segmentation, cord_in_lps_mm, fuse, same_position
from inference.volumes import Volume

Pack = tuple[Volume, Segmentation]


def fused(first: Sequence[Pack], second: Sequence[Pack]) -> tuple[list[Pack], list[Pack]]:
    """Two sagittal series see the same anatomy: each gets the mean of both probabilities."""
    (volume_a, a), (volume_b, b) = first[0], second[0]
    return (
        [(volume_a, replace(a, probabilities=fuse(a.probabilities, b.probabilities)))],
        [(volume_b, replace(b, probabilities=fuse(b.probabilities, a.probabilities)))],
    )


def told(axial: Sequence[Pack], sagittal: Sequence[Pack]) -> list[Pack]:
    """Axial packs with the discs' edges of a sagittal series; one before which the patient moved stays as it is."""
    seen = sagittal[0][1].probabilities
    cord = cord_in_lps_mm(seen)
    return [
        (volume, replace(one, probabilities=with_disc_edges(one.probabilities, seen)))
        if same_position(one.probabilities, cord)
        else (volume, one)
        for volume, one in axial
    ]
