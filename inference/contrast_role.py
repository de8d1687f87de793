"""The last resort for a series without header: in a T2 the fluid around the cord is brighter than the cord."""

from __future__ import annotations

import numpy as np

from inference.volumes import Volume
from reporting.studies.series_roles import Plane, RoleDecision, RoleReason
from reporting.vocabulary import LABEL_VALUES, SeriesRole, Structure

BRIGHT_RATIO = 1.25
"""Median of the sac over median of the cord, above which the image counts as T2."""

_MIN_VOXELS = 100
_T2_ROLE = {Plane.SAGITTAL: SeriesRole.SAGITTAL_T2, Plane.AXIAL: SeriesRole.AXIAL_T2}


def role_from_contrast(image: Volume, label_map: Volume, plane: Plane) -> RoleDecision:
    """``SAGITTAL_T2`` or ``AXIAL_T2`` when the sac outshines the cord, else unknown; both on one voxel grid."""
    sac = image.array[label_map.array == LABEL_VALUES[Structure.SAC]]
    cord = image.array[label_map.array == LABEL_VALUES[Structure.CORD]]
    if min(len(sac), len(cord)) < _MIN_VOXELS or plane not in _T2_ROLE:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.CONTRAST_UNKNOWN)
    if float(np.median(sac)) > BRIGHT_RATIO * float(np.median(cord)):
        return RoleDecision(_T2_ROLE[plane], RoleReason.BRIGHT_CSF)
    return RoleDecision(SeriesRole.UNKNOWN, RoleReason.CONTRAST_UNKNOWN)
