"""Which slice shows which level: from the job's result, through the report's level map. Reads only."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporting.predictions.models import InferenceJob
from reporting.reports.models import LevelMap, Report
from reporting.studies.header_codec import decode_header
from reporting.studies.models import SopInstance
from reporting.studies.series_roles import Plane, plane_of, slice_normal
from reporting.vocabulary import LevelKind, LevelStatus, SeriesRole

# In the order in which a reader wants to see them.
_PLANE_OF_ROLE = {
    SeriesRole.SAGITTAL_T2: Plane.SAGITTAL,
    SeriesRole.SAGITTAL_T1: Plane.SAGITTAL,
    SeriesRole.SAGITTAL_STIR: Plane.SAGITTAL,
    SeriesRole.AXIAL_T2: Plane.AXIAL,
    SeriesRole.AXIAL_FS_T2: Plane.AXIAL,
}
_RANK = {role: rank for rank, role in enumerate((*_PLANE_OF_ROLE, SeriesRole.UNKNOWN))}
_ORDER = ("instance_number", "sop_instance_uid")
MAX_STACK = 2000

Point = tuple[float, float, float]


@dataclass(frozen=True)
class SliceRef:
    """One frame of one stored object (frame counts from 1)."""

    instance_id: uuid.UUID
    frame: int


@dataclass(frozen=True)
class LevelPlace:
    """Where the machine found one structure. ``name`` is what the report calls it now, after any relabel."""

    structure: str
    name: str
    kind: LevelKind
    center_lps_mm: Point
    is_certain: bool
    sagittal: SliceRef | None
    axial: SliceRef | None


@dataclass(frozen=True)
class SliceStack:
    """All frames of one series in acquisition order, to page through. ``reason`` says why the series has its role."""

    role: SeriesRole
    reason: str
    description: str
    slices: tuple[SliceRef, ...]


def level_places(report: Report, level_map: LevelMap | None = None) -> tuple[LevelPlace, ...]:
    """Every level the machine found in this report's job, from the skull down; empty without a machine result.

    ``level_map``: the report's present one, where the caller has it already.
    """
    if report.job is None or not report.job.result:
        return ()
    level_map = level_map or present_level_map(report)
    mapping: dict[str, str | None] = level_map.mapping if level_map is not None else {}
    chosen: dict[str, Any] = level_map.slices if level_map is not None else {}
    instances = dict(SopInstance.objects.filter(series__study_id=report.study_id).values_list("sop_instance_uid", "id"))
    return places_of_result(report.job.result, instances, mapping, chosen)


def places_of_result(
    result: Mapping[str, Any],
    instances: Mapping[str, uuid.UUID],
    mapping: Mapping[str, str | None],
    chosen: Mapping[str, Any],
) -> tuple[LevelPlace, ...]:
    """The same of a job's result; ``instances``: SOP Instance UID → the object that is shown."""
    places = []
    for level in result.get("levels", []):
        name = mapping.get(level["name"], level["name"])
        if name is None:
            continue
        x, y, z = level["center_lps_mm"]
        places.append(
            LevelPlace(
                structure=level["name"],
                name=name,
                kind=LevelKind(level["kind"]),
                center_lps_mm=(float(x), float(y), float(z)),
                is_certain=level.get("status") != LevelStatus.UNCERTAIN.value,
                sagittal=_slice(level.get("sagittal_slice"), instances),
                axial=_axial(level, chosen, instances),
            )
        )
    return tuple(sorted(places, key=lambda place: -place.center_lps_mm[2]))


def present_level_map(report: Report) -> LevelMap | None:
    """Which structure the report calls which level now."""
    return report.level_maps.filter(version=report.level_map_version).first()


def series_rank(role: SeriesRole) -> int:
    """Smaller for what a reader wants to see first."""
    return _RANK[role]


def _axial(level: dict[str, Any], chosen: Mapping[str, Any], instances: Mapping[str, uuid.UUID]) -> SliceRef | None:
    """The slice a reader chose for this disc, or else the machine's."""
    if level["kind"] != LevelKind.DISC.value:
        return None
    return _slice(chosen.get(level["name"]) or level.get("index_slice"), instances)


def _slice(stored: dict[str, Any] | None, instances: Mapping[str, uuid.UUID]) -> SliceRef | None:
    if not stored or stored.get("sop_instance_uid") not in instances:
        return None
    return SliceRef(instances[stored["sop_instance_uid"]], int(stored.get("frame_number") or 1))


def overview_slice(places: tuple[LevelPlace, ...]) -> SliceRef | None:
    """The sagittal slice that most levels were found on."""
    slices = Counter(place.sagittal for place in places if place.sagittal is not None)
    return slices.most_common(1)[0][0] if slices else None


def key_slices(places: tuple[LevelPlace, ...]) -> list[tuple[str, SliceRef]]:
    """The overview, under no name, then the slice through each disc under the disc's."""
    overview = overview_slice(places)
    discs = [(place.name, place.axial) for place in places if place.axial is not None]
    return [*([("", overview)] if overview else []), *discs]


def slice_stacks(report: Report) -> dict[Plane, tuple[SliceStack, ...]]:
    """The study's series by pane: those the models know first, then the others, which a reader may need as well.

    Series that lie in neither plane (coronal, oblique) and those without a place come with the sagittal ones.
    """
    stacks: dict[Plane, list[SliceStack]] = {Plane.SAGITTAL: [], Plane.AXIAL: []}
    for series in report.study.series_set.all():
        role = SeriesRole(series.role)
        instances = list(series.sop_instances.defer("header").order_by(*_ORDER)[:MAX_STACK])
        plane = (_PLANE_OF_ROLE.get(role) or _pane_of(instances[0])) if instances else None
        if plane is not None:
            slices = tuple(SliceRef(one.id, frame) for one in instances for frame in range(1, one.number_of_frames + 1))
            stacks[plane].append(SliceStack(role, series.role_reason, series.description, slices[:MAX_STACK]))
    return {plane: tuple(sorted(found, key=lambda stack: _RANK[stack.role])) for plane, found in stacks.items()}


def _pane_of(instance: SopInstance) -> Plane | None:
    """Where a series without a role is shown; ``None`` for what is no picture."""
    header = decode_header(instance.header)
    if not header.has_pixels:
        return None
    normal = slice_normal(header.frames[0].orientation) if header.frames else None
    return Plane.AXIAL if normal is not None and plane_of(normal) is Plane.AXIAL else Plane.SAGITTAL


def label_map_digests(job: InferenceJob | None, instance_id: uuid.UUID) -> tuple[str, ...]:
    """Digests of the job's label maps in the series of an object, one per pack of slices; empty without any."""
    if job is None:
        return ()
    maps = job.label_maps.filter(series__sop_instances=instance_id)
    return tuple(maps.order_by("pack").values_list("sha256", flat=True))
