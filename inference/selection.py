"""Which series plays which part: the readable ones by role, the best of each, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.intake import InputSeries
from inference.preprocess import volume_plane
from inference.quality import Quality, check_quality
from inference.results import PipelineError, SeriesUse
from inference.volumes import Volume
from reporting.studies.series_roles import Plane, RoleDecision, RoleReason
from reporting.vocabulary import SeriesRole

# Anatomical images whose contrast is not one of ours: good enough for masks and levels, never for a finding.
STILL_ANATOMY = frozenset(
    {
        RoleReason.GRADIENT_ECHO,
        RoleReason.PROTON_DENSITY,
        RoleReason.T1_FAT_SUPPRESSED,
        RoleReason.AXIAL_T1,
        RoleReason.CONTRAST,
        RoleReason.NO_TIMING,
        RoleReason.TIMING_UNRECOGNISED,
        RoleReason.CONTRAST_UNKNOWN,
        RoleReason.FLUID_ATTENUATED,
    }
)


@dataclass(frozen=True)
class LoadedSeries:
    """A series with its voxels. ``volumes`` has more than one entry when slices are angled to each disc."""

    source: InputSeries
    decision: RoleDecision
    volumes: tuple[Volume, ...]
    quality: Quality

    @property
    def role(self) -> SeriesRole:
        return self.decision.role

    @property
    def plane(self) -> Plane:
        return volume_plane(self.volumes[0])

    def shares_space_with(self, other: LoadedSeries) -> bool:
        """Same frame of reference; NIfTI files have none and are taken as one scanner's coordinates."""
        both_nifti = self.source.nifti is not None and other.source.nifti is not None
        return both_nifti or self.volumes[0].shares_frame_with(other.volumes[0])


@dataclass(frozen=True)
class Loaded:
    """What could be read, and for what could not: series uid → reason."""

    series: tuple[LoadedSeries, ...]
    refused: dict[str, str]

    def best(self, role: SeriesRole) -> LoadedSeries | None:
        """The series of a role with the finest pixels, then the most slices."""
        fitting = [one for one in self.series if one.role is role]
        return min(fitting, key=_preference, default=None)

    def fallback(self, plane: Plane) -> LoadedSeries | None:
        """An anatomical series of unknown role in that plane, for masks and levels only."""
        fitting = [one for one in self.series if one.role is SeriesRole.UNKNOWN and one.plane is plane]
        return min(fitting, key=_preference, default=None)

    def refusals_of(self, role: SeriesRole, sources: Sequence[InputSeries]) -> tuple[str, ...]:
        """Reasons of the series that have this role but could not be read."""
        reasons = (self.refused.get(one.uid) for one in sources if one.decision.role is role)
        return tuple(dict.fromkeys(reason for reason in reasons if reason))


def _preference(one: LoadedSeries) -> tuple[float, int, str]:
    spacing = one.volumes[0].spacing_kji_mm
    return float(np.round(spacing[1] * spacing[2], 2)), -sum(len(v.array) for v in one.volumes), one.source.uid


def load(sources: Sequence[InputSeries]) -> Loaded:
    """Read every series that may be used. One that cannot be read does not stop the others."""
    series, refused = [], {}
    for source in sources:
        if source.decision.role is SeriesRole.UNKNOWN and source.decision.reason not in STILL_ANATOMY:
            continue
        try:
            volumes = source.read()
            qualities = [check_quality(volume) for volume in volumes]
        except PipelineError as error:
            refused[source.uid] = error.reason
            continue
        series.append(LoadedSeries(source, source.decision, volumes, qualities[0]))
    return Loaded(tuple(series), refused)


def uses(sources: Sequence[InputSeries], loaded: Loaded, learned: dict[str, RoleDecision]) -> tuple[SeriesUse, ...]:
    """The report on every series: its role, and the reason of that role or of its refusal."""
    result = []
    for source in sources:
        decision = learned.get(source.uid, source.decision)
        reason = loaded.refused.get(source.uid, decision.reason.value)
        result.append(SeriesUse(source.uid, decision.role, reason, source.path))
    return tuple(result)
