"""All that the viewer of one report needs, in one answer (docs/viewer_description.md says each key)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.urls import reverse

from reporting.accounts.models import User
from reporting.accounts.viewer_preferences import viewer_preferences
from reporting.reports.blind import reads_blind
from reporting.reports.images.slice_picture import CONTOUR_COLOURS
from reporting.reports.key_slices import LevelPlace, level_places, present_level_map, series_rank
from reporting.reports.models import Report
from reporting.reports.services.reading import reader_stops
from reporting.reports.viewer.first_window import first_window
from reporting.reports.viewer.level_marks import SliceIndex, level_marks, slice_at
from reporting.reports.viewer.measured_lines import measured_lines
from reporting.reports.viewer.series_frames import SeriesFrames, frame_json, series_frames
from reporting.reports.viewer.words import STRUCTURES
from reporting.reports.wording import series_label
from reporting.studies.alignment_api import FrameAlignmentSerializer
from reporting.studies.series_roles import Plane
from reporting.vocabulary import LABEL_VALUES, LevelKind, SeriesRole

SCHEMA = 1
# The address of one frame has places for two things that the browser fills in.
ANY_UID, ANY_FRAME = "0.0", 999_999_999


def viewer_description(report: Report, user: User) -> dict[str, Any]:
    """What ``user`` may see of the images of ``report``; to who reads blind levels only of the machine."""
    blind = reads_blind(report, user)
    shown = _shown_series(report)
    index = slice_index(shown)
    level_map = present_level_map(report)
    mapping = level_map.mapping if level_map is not None else {}
    result = report.job.result if report.job is not None else None
    by_uid = {one.series.series_instance_uid: one for one in shown}
    places = level_places(report, level_map)
    preferences = viewer_preferences(user)
    outlined = set() if blind or report.job is None else set(report.job.label_maps.values_list("series_id", flat=True))
    return {
        "schema": SCHEMA,
        "report": str(report.pk),
        "report_version": report.version,
        "study": {"id": str(report.study_id), "uid": report.study.study_instance_uid},
        "hanging": hanging(preferences["hanging"], shown),
        "series": [
            series_json(one, places, index, _frame_url(report, one), _contours_url(report, one, outlined))
            for one in shown
        ],
        "levels_frame_of_reference": levels_frame_of_reference(places, shown),
        "levels": level_marks(result, places, index),
        "measurements": [] if blind else _counting(report, measured_lines(result, mapping, by_uid)),
        "structures": structures_json(),
        "alignments": [FrameAlignmentSerializer(one).data for one in report.study.alignments.select_related("set_by")],
        "preferences": preferences,
        "links": {
            "alignments": reverse("api:study-alignments", args=[report.study_id]),
            "preferences": reverse("api:viewer-preferences"),
            "corrections": reverse("api:report-corrections", args=[report.pk]),
        },
    }


def _counting(report: Report, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of levels where no reader has turned the machine off."""
    stops = reader_stops(report)
    return [] if stops.reasons else [line for line in lines if line["level"] not in stops.levels]


def _shown_series(report: Report) -> list[SeriesFrames]:
    return in_order(series_frames(one) for one in report.study.series_set.prefetch_related("sop_instances"))


def structures_json() -> list[dict[str, Any]]:
    """The structures that may be outlined, with their colours."""
    return [
        {
            "value": LABEL_VALUES[structure],
            "structure": structure.value,
            "name": str(STRUCTURES[structure]),
            "colour": "#{:02x}{:02x}{:02x}".format(*colour),
        }
        for structure, colour in CONTOUR_COLOURS.items()
    ]


def slice_index(shown: Sequence[SeriesFrames]) -> SliceIndex:
    return {
        frame.key: {"series": str(one.series.pk), "frame": i} for one in shown for i, frame in enumerate(one.frames)
    }


def _frame_url(report: Report, one: SeriesFrames) -> str:
    uids = [report.study.study_instance_uid, one.series.series_instance_uid]
    address = reverse("dicom_network:frames", args=[*uids, ANY_UID, (ANY_FRAME,)])
    return with_places(address)


def with_places(address: str) -> str:
    """The address of one frame with places for what the browser fills in."""
    return address.replace(f"/{ANY_UID}/", "/{sop}/").replace(str(ANY_FRAME), "{frame}")


def _contours_url(report: Report, one: SeriesFrames, outlined: Collection[uuid.UUID]) -> str | None:
    return reverse("api:report-outlines", args=[report.pk, one.series.pk]) if one.series.pk in outlined else None


def in_order(every: Iterable[SeriesFrames]) -> list[SeriesFrames]:
    """Series with pixels, those the models know first."""
    return sorted((one for one in every if one.frames), key=lambda one: series_rank(SeriesRole(one.series.role)))


def hanging(roles: Sequence[str], shown: Sequence[SeriesFrames]) -> list[str | None]:
    left = list(shown)
    hung: list[str | None] = []
    for role in roles:
        match = next((one for one in left if one.series.role == role), None)
        if match is not None:
            left.remove(match)
        hung.append(str(match.series.pk) if match else None)
    return hung


def series_json(
    one: SeriesFrames, places: Sequence[LevelPlace], index: SliceIndex, frame_url: str, contours_url: str | None
) -> dict[str, Any]:
    """One series, as docs/viewer_description.md has it."""
    series = one.series
    frames = [{**frame_json(frame), "level": None} for frame in one.frames]
    if one.plane is Plane.AXIAL:
        for number, place in enumerate(places):
            at = slice_at(place.axial, index)
            if at is not None and at["series"] == str(series.pk):
                frames[at["frame"]]["level"] = number
    common = _common(frames)
    first = _first_frame(one, places, index)
    said = series.completeness
    return {
        "id": str(series.pk),
        "uid": series.series_instance_uid,
        "number": series.series_number,
        "description": series.description,
        "role": series.role,
        "label": series_label(SeriesRole(series.role), series.role_reason),
        "plane": one.plane.value if one.plane is not None else None,
        "frame_url": frame_url,
        "contours_url": contours_url,
        "window": first_window(one.frames[first]),
        "completeness": {"state": said.get("state", "unknown"), "missing": said.get("missing", 0)},
        "first_frame": first,
        "common": common,
        "frames": [{key: value for key, value in frame.items() if key not in common} for frame in frames],
    }


def _common(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in frames[0].items() if all(frame[key] == value for frame in frames)}


def _first_frame(one: SeriesFrames, places: Sequence[LevelPlace], index: SliceIndex) -> int:
    """The slice of the middle level, where one is known in this series; else the middle one."""
    discs = [place for place in places if place.kind is LevelKind.DISC]
    for place in (discs[len(discs) // 2],) if discs else ():
        for at in (slice_at(place.axial, index), slice_at(place.sagittal, index)):
            if at is not None and at["series"] == str(one.series.pk):
                return int(at["frame"])
    return len(one.frames) // 2


def levels_frame_of_reference(places: Sequence[LevelPlace], shown: Sequence[SeriesFrames]) -> str | None:
    """The one in which the levels were found: that of the sagittal series they were found on."""
    of_instance = {frame.key[0]: frame.object.series.frame_of_reference_uid for one in shown for frame in one.frames}
    found = [
        of_instance[p.sagittal.instance_id] for p in places if p.sagittal and p.sagittal.instance_id in of_instance
    ]
    return max(found, key=found.count) if found else None
