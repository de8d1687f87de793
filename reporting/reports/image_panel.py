"""What the two image panes and the level strip need: addresses, stacks, first pictures. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from reporting.predictions.models import InferenceJob, JobStatus
from reporting.reports.form_view import disc_places
from reporting.reports.key_slices import (
    LevelPlace,
    SliceRef,
    SliceStack,
    level_places,
    overview_slice,
    slice_stacks,
)
from reporting.reports.models import Report
from reporting.reports.wording import series_label
from reporting.studies.series_roles import Plane
from reporting.vocabulary import LevelKind

LEVEL_HALF_SIDE_MM = "40"
NECK_HALF_SIDE_MM = "80"
_REACHES_REPORT_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class StripItem:
    level: str
    thumbnail_url: str
    is_certain: bool


@dataclass(frozen=True)
class DiscChoice:
    """A disc without a name that may be C2/3; ``number`` counts from the top."""

    structure: str
    number: int


@dataclass(frozen=True)
class ImagePanel:
    """``data`` goes to the page's script as JSON: addresses and names only, no patient data.

    ``c2_3_choices``: where the machine could not name the levels, the discs it found. ``is_read_again``: a reader
    pointed at one of them, and the new reading has not reached the report yet.
    """

    strip: tuple[StripItem, ...]
    sagittal_url: str
    axial_url: str
    data: dict[str, Any]
    c2_3_choices: tuple[DiscChoice, ...]
    is_read_again: bool


def image_panel(report: Report) -> ImagePanel:
    places = level_places(report)
    discs = disc_places(places)
    stacks = slice_stacks(report)
    sagittal, axial = stacks[Plane.SAGITTAL], stacks[Plane.AXIAL]
    first_sagittal = overview_slice(places) or _middle(sagittal)
    first_disc = discs[len(discs) // 2] if discs else None
    first_axial = first_disc.axial if first_disc else _middle(axial)
    vertebrae = [place for place in places if place.kind is LevelKind.VERTEBRA]
    center = vertebrae[len(vertebrae) // 2].name if vertebrae else ""
    base = f"{reverse('reports:read', args=[report.pk])}images/"
    return ImagePanel(
        strip=tuple(StripItem(p.name, _thumbnail(base, p), p.is_certain) for p in discs),
        sagittal_url=_sagittal_url(base, first_sagittal, center) if first_sagittal else "",
        axial_url=_axial_url(base, first_axial, first_disc.name if first_disc else "") if first_axial else "",
        data={
            "base": base,
            "stacks": {"sagittal": _stacks(sagittal), "axial": _stacks(axial)},
            "first": {"sagittal": _key(first_sagittal), "axial": _key(first_axial)},
            "center": center,
            "firstLevel": first_disc.name if first_disc else "",
            "levels": {place.name: {"sagittal": _key(place.sagittal), "axial": _key(place.axial)} for place in places},
        },
        c2_3_choices=_c2_3_choices(places),
        is_read_again=_is_read_again(report),
    )


def _c2_3_choices(places: tuple[LevelPlace, ...]) -> tuple[DiscChoice, ...]:
    unnamed = [place for place in places if place.kind is LevelKind.DISC and not place.is_certain]
    return tuple(DiscChoice(place.structure, number) for number, place in enumerate(unnamed, start=1))


def _is_read_again(report: Report) -> bool:
    """The newest reading that was asked for with a point, unless it failed or the report has it already."""
    hinted = InferenceJob.objects.filter(study_id=report.study_id, c2_3_hint_lps_mm__isnull=False)
    newest = hinted.order_by("-created_at").first()
    if newest is None or not report.is_draft:
        return False
    soon = newest.finished_at is not None and timezone.now() - newest.finished_at < _REACHES_REPORT_WITHIN
    return newest.status in (JobStatus.QUEUED, JobStatus.RUNNING) or (
        newest.status == JobStatus.SUCCEEDED and newest.pk != report.job_id and soon
    )


def _key(ref: SliceRef | None) -> str:
    return f"{ref.instance_id}/{ref.frame}" if ref else ""


def _middle(stacks: tuple[SliceStack, ...]) -> SliceRef | None:
    return stacks[0].slices[len(stacks[0].slices) // 2] if stacks else None


def _stacks(stacks: tuple[SliceStack, ...]) -> list[dict[str, Any]]:
    return [
        {"label": series_label(stack.role, stack.reason), "slices": [_key(ref) for ref in stack.slices]}
        for stack in stacks
    ]


def _thumbnail(base: str, place: LevelPlace) -> str:
    return f"{base}{_key(place.axial)}.png?side=192&contours=1&level={place.name}&mm=30"


def _sagittal_url(base: str, ref: SliceRef, center: str) -> str:
    cut = f"&level={center}&mm={NECK_HALF_SIDE_MM}" if center else ""
    return f"{base}{_key(ref)}.png?side=768&contours=1&names=1{cut}"


def _axial_url(base: str, ref: SliceRef, level: str) -> str:
    cut = f"&level={level}&mm={LEVEL_HALF_SIDE_MM}" if level else ""
    return f"{base}{_key(ref)}.png?contours=1{cut}"
