"""The frames of one series in reading order, each with what the viewer must know before it has pixels."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from reporting.reports.viewer.reading_order import plane_of_frames, reading_order
from reporting.studies.headers import FrameHeader, InstanceHeader
from reporting.studies.models import Series
from reporting.studies.object_header import header_of
from reporting.studies.series_roles import Plane
from reporting.studies.stored_object import StoredObject


@dataclass(frozen=True)
class SeriesFrame:
    """One frame (``number`` from 1) of a stored object, and where it lies."""

    instance: StoredObject
    number: int
    object: InstanceHeader
    place: FrameHeader

    @property
    def key(self) -> tuple[uuid.UUID, int]:
        return self.instance.pk, self.number

    @property
    def is_colour(self) -> bool:
        """Given as RGB by pixel, whatever is stored (``pixel_decoding.decode_pixels``)."""
        return (self.object.samples_per_pixel or 1) > 1 or self.object.photometric_interpretation == "PALETTE COLOR"


class ShownSeries(Protocol):
    """A series as it came in, or a copy of one."""

    @property
    def pk(self) -> uuid.UUID: ...

    @property
    def series_number(self) -> int | None: ...

    @property
    def description(self) -> str: ...

    @property
    def role_reason(self) -> str: ...

    series_instance_uid: str
    role: str
    completeness: dict[str, Any]


@dataclass(frozen=True)
class SeriesFrames:
    """What one series shows; ``plane`` is ``None`` where no header says it."""

    series: ShownSeries
    plane: Plane | None
    frames: tuple[SeriesFrame, ...]


def series_frames(series: Series) -> SeriesFrames:
    """Every frame with pixels; objects whose header cannot be had are left out, as there is nothing to show of them."""
    return arranged(series, series.sop_instances.all())


def arranged(series: ShownSeries, objects: Iterable[StoredObject]) -> SeriesFrames:
    """The frames of ``objects`` in reading order."""
    found = [frame for instance in objects for frame in frames_of_instance(instance)]
    order = reading_order([frame.place for frame in found])
    return SeriesFrames(series, plane_of_frames([frame.place for frame in found]), tuple(found[i] for i in order))


def frames_of_instance(instance: StoredObject) -> Iterable[SeriesFrame]:
    """Every frame of one object, by number; none where its header cannot be had or it holds no pixels."""
    header = header_of(instance)
    if header is None or not header.has_pixels:
        return
    # A multi-frame object may list fewer places than frames: the others have none.
    for number in range(1, instance.number_of_frames + 1):
        place = header.frames[number - 1] if number <= len(header.frames) else FrameHeader()
        yield SeriesFrame(instance, number, header, place)


def frame_json(frame: SeriesFrame) -> dict[str, Any]:
    """The keys of one frame in docs/viewer_description.md."""
    header, place = frame.object, frame.place
    samples = 3 if frame.is_colour else 1
    bits = _whole_bytes(header.bits_allocated) if samples == 1 else 8
    is_placed = place.orientation is not None and place.position_mm is not None
    return {
        "instance": str(frame.instance.pk),
        "sop": frame.instance.sop_instance_uid,
        "frame": frame.number,
        "position": _numbers(place.position_mm) if is_placed else None,
        "orientation": _numbers(place.orientation) if is_placed else None,
        "spacing": _spacing(place.pixel_spacing_mm),
        "frame_of_reference": header.series.frame_of_reference_uid,
        "thickness": _number(place.thickness_mm),
        "rows": header.series.rows or 0,
        "columns": header.series.columns or 0,
        "bits_allocated": bits,
        "bits_stored": min(header.bits_stored or bits, bits) if samples == 1 else 8,
        "signed": header.is_signed if samples == 1 else False,
        "samples": samples,
        "photometric": _photometric(header, samples),
        "slope": place.rescale_slope if samples == 1 else 1.0,
        "intercept": place.rescale_intercept if samples == 1 else 0.0,
        "window": _window(place.window) if samples == 1 else None,
    }


def _photometric(header: InstanceHeader, samples: int) -> str:
    if samples > 1:
        return "RGB"
    return "MONOCHROME1" if header.photometric_interpretation.upper() == "MONOCHROME1" else "MONOCHROME2"


def _whole_bytes(bits: int | None) -> int:
    """What is given for a pixel: single bits come unpacked."""
    return next((size for size in (8, 16) if (bits or 16) <= size), 32)


def _number(value: float | None) -> float | None:
    return round(value, 5) if value is not None and math.isfinite(value) else None


def _numbers(values: Iterable[float] | None) -> list[float] | None:
    """``None`` where one of them is no number: a place known in part is no place."""
    found = [round(value, 6) for value in values or ()]
    return found if found and all(map(math.isfinite, found)) else None


def _spacing(spacing: tuple[float, float] | None) -> list[float] | None:
    found = _numbers(spacing)
    return found if found is not None and min(found) > 0 else None


def _window(window: tuple[float, float] | None) -> list[float] | None:
    found = _numbers(window)
    return found if found is not None and found[1] > 0 else None
