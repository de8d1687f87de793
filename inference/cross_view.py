"""Where a disc begins and ends from above to below, told to an axial map by a sagittal one.

Axial slices are 3 to 4 mm thick and a disc is 4 to 7 mm high: the slices at its edges show disc and bone at once, and
an axial network can only guess which of the two fills more of a voxel. A sagittal series sees that edge in its own
plane, at a fraction of a millimetre; the outline from left to right it sees worse. Each view decides what it sees best.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from inference.networks import STRUCTURES
from inference.sampling import sample
from inference.segmentation import ProbabilityMap
from reporting.vocabulary import Structure

# Log-odds of disc against background are (1 − TRUST c) × those of the axial map + EDGE (d − b) + PRIOR c, where d and
# b are the shares of disc and body that the sagittal map shows over the slice's thickness, and c = d + b. Fitted by
# logistic regression on phantoms 8000 to 8011, which probabilities and sizes are fitted on as well.
_TRUST, _EDGE, _PRIOR = 0.88, 7.1, -0.5
_SAMPLES = 5  # over the thickness of a slice
_SEEN = 0.02  # a probability of disc that is worth a look
_SURE = 1e-4  # a probability of 0 or 1 has no log-odds
_MARGIN_MM = 4.0  # around the discs of either view: a sagittal slice's thickness
_DISC = 1 + STRUCTURES["axial"].index(Structure.DISC)


def with_disc_edges(axial: ProbabilityMap, sagittal: ProbabilityMap) -> ProbabilityMap:
    """``axial`` with the discs' upper and lower edges of ``sagittal``, a map of the same patient position.

    Disc and background share anew what they held together; other structures stay, and so does everything where the
    sagittal map shows neither disc nor body.
    """
    array = axial.array.copy()
    seen = np.stack([sagittal.of(Structure.DISC), sagittal.of(Structure.BODY)])
    for box in _boxes(axial, sagittal):
        disc, body = sample(seen, sagittal.affine_lps_mm, _points(axial, box)).mean(axis=1)
        part = array[(slice(None), *box)]
        held = part[0] + part[_DISC]
        covered = disc + body
        share = np.clip(part[_DISC] / np.maximum(held, _SURE), _SURE, 1 - _SURE)
        odds = (1 - _TRUST * covered) * logit(share) + _EDGE * (disc - body) + _PRIOR * covered
        part[_DISC] = np.where(covered > 0, held * expit(odds), part[_DISC])
        part[0] = held - part[_DISC]
    return ProbabilityMap(axial.plane, array, axial.affine_lps_mm)


Box = tuple[int, slice, slice]


def _boxes(axial: ProbabilityMap, sagittal: ProbabilityMap) -> Iterator[Box]:
    """Per axial slice the rows and columns where either view may show a disc."""
    to_axial = np.linalg.inv(axial.affine_lps_mm) @ sagittal.affine_lps_mm
    elsewhere = np.argwhere(sagittal.of(Structure.DISC) > _SEEN) @ to_axial[:3, :3].T + to_axial[:3, 3]
    here = np.argwhere(axial.of(Structure.DISC) > _SEEN)
    places = np.rint(np.concatenate([elsewhere, here])).astype(np.intp)
    margin = np.ceil(_MARGIN_MM / np.linalg.norm(axial.affine_lps_mm[:3, 1:3], axis=0)).astype(np.intp)
    size = np.array(axial.array.shape[2:])
    for k in range(axial.array.shape[1]):
        on_slice = places[places[:, 0] == k, 1:]
        if not len(on_slice):
            continue
        first = np.clip(on_slice.min(axis=0) - margin, 0, size)
        last = np.clip(on_slice.max(axis=0) + margin + 1, 0, size)
        if (first < last).all():
            yield k, slice(first[0], last[0]), slice(first[1], last[1])


def _points(axial: ProbabilityMap, box: Box) -> NDArray[np.float64]:
    """LPS millimetres (sample, row, column, 3) through the thickness of a part of a slice."""
    k, rows, columns = box
    through = k + (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    index = np.stack(
        np.meshgrid(through, np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop), indexing="ij"),
        axis=-1,
    )
    return np.asarray(index @ axial.affine_lps_mm[:3, :3].T + axial.affine_lps_mm[:3, 3])
