"""What the viewer may draw of a case: copies under their own UIDs, and the machine only where the arm allows it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.accounts.viewer_preferences import viewer_preferences
from reporting.predictions.models import LabelMap
from reporting.reader_studies.models import Case, CaseObject, CaseSeries, Reading
from reporting.reader_studies.words import ArmKind, ReadingState, StudyRole, StudyStatus
from reporting.reports.images.stored_label_maps import label_volumes
from reporting.reports.key_slices import LevelPlace, places_of_result
from reporting.reports.viewer.description import (
    ANY_FRAME,
    ANY_UID,
    SCHEMA,
    hanging,
    in_order,
    levels_frame_of_reference,
    series_json,
    slice_index,
    structures_json,
    with_places,
)
from reporting.reports.viewer.level_marks import level_marks
from reporting.reports.viewer.measured_lines import measured_lines
from reporting.reports.viewer.outlines import outlines
from reporting.reports.viewer.series_frames import SeriesFrames, arranged


def open_readings(user: User) -> QuerySet[Reading]:
    """What this person is reading at this moment: nothing before it is opened, nothing after it is submitted."""
    if not may(user, Act.READER_STUDY_VIEW):
        return Reading.objects.none()
    return Reading.objects.filter(
        assignment__reader__member__user=user,
        assignment__reader__member__role=StudyRole.READER,
        assignment__reader__member__ended_at__isnull=True,
        assignment__reader__reader_study__status=StudyStatus.RUNNING,
        assignment__case__retracted_at__isnull=True,
    ).exclude(state=ReadingState.SUBMITTED)


def cases_in_view(user: User) -> QuerySet[Case]:
    """Cases whose images this person may load now: the one that is open, and those of a panel they sit on."""
    if not may(user, Act.READER_STUDY_VIEW):
        return Case.objects.none()
    read = open_readings(user).filter(state=ReadingState.OPEN).values("assignment__case")
    judged = Case.objects.filter(
        reader_study__locked_at__isnull=False,
        reader_study__members__user=user,
        reader_study__members__role=StudyRole.ADJUDICATOR,
        reader_study__members__ended_at__isnull=True,
    ).exclude(reader_study__status=StudyStatus.ABANDONED)
    return Case.objects.filter(pk__in=read) | Case.objects.filter(pk__in=judged.values("pk"))


def sees_machine(user: User, case: Case) -> bool:
    """Whether the arm that is read at this moment shows the algorithm; who says what is true never sees it."""
    reading = open_readings(user).filter(state=ReadingState.OPEN, assignment__case=case).first()
    return reading is not None and ArmKind(reading.assignment.arm.kind).needs_algorithm


def case_description(case: Case, user: User) -> dict[str, Any]:
    """docs/viewer_description.md for a case. Without the machine there are no levels, lines, outlines or values."""
    with_machine = sees_machine(user, case)
    shown = _shown(case)
    index = slice_index(shown)
    result = case.job.result if with_machine and case.job is not None else None
    places = _places(case, result) if result else ()
    preferences = viewer_preferences(user)
    uids = _source_uids(case)
    by_uid = {uids[one.series.pk]: one for one in shown}
    outlined = set(_outlined(case)) if with_machine else set()
    return {
        "schema": SCHEMA,
        "hanging": hanging(preferences["hanging"], shown),
        "series": [
            series_json(one, places, index, _frame_url(case), _outlines_url(case, one, outlined)) for one in shown
        ],
        "levels_frame_of_reference": levels_frame_of_reference(places, shown),
        "levels": level_marks(result, places, index),
        "measurements": measured_lines(result, {}, by_uid),
        "structures": structures_json(),
        "alignments": [],
        "preferences": preferences,
        "links": {"preferences": reverse("api:viewer-preferences")},
    }


def case_outlines(series: CaseSeries) -> dict[str, Any]:
    """What the algorithm outlined in a copied series, frame by frame."""
    maps = LabelMap.objects.filter(job=series.case.job_id, series=series.source_id).order_by("pack")
    volumes = label_volumes(maps.values_list("sha256", flat=True))
    found: dict[str, Any] = {}
    if not volumes:
        return {"frames": found}
    for number, frame in enumerate(arranged(series, series.objects_set.all()).frames):
        size = frame.object.series
        lines = outlines(frame.place, size.rows or 0, size.columns or 0, volumes)
        if lines:
            found[str(number)] = lines
    return {"frames": found}


def _shown(case: Case) -> list[SeriesFrames]:
    series_set = case.series_set.prefetch_related("objects_set")
    return in_order(arranged(one, one.objects_set.all()) for one in series_set)


def _places(case: Case, result: dict[str, Any]) -> tuple[LevelPlace, ...]:
    objects = CaseObject.objects.filter(series__case=case)
    return places_of_result(result, dict(objects.values_list("source__sop_instance_uid", "pk")), {}, {})


def _source_uids(case: Case) -> dict[uuid.UUID, str]:
    return dict(case.series_set.values_list("pk", "source__series_instance_uid"))


def _outlined(case: Case) -> QuerySet[CaseSeries, uuid.UUID]:
    maps = LabelMap.objects.filter(job=case.job_id).values("series")
    return case.series_set.filter(source__in=maps).values_list("pk", flat=True)


def _frame_url(case: Case) -> str:
    return with_places(reverse("api:reader-case-frame", args=[case.pk, ANY_UID, ANY_FRAME]))


def _outlines_url(case: Case, one: SeriesFrames, outlined: set[uuid.UUID]) -> str | None:
    return reverse("api:reader-case-outlines", args=[case.pk, one.series.pk]) if one.series.pk in outlined else None
