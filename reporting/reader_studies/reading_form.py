"""The fields of the design as the page shows them, and beside them the algorithm's word where the arm allows it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from reporting.predictions.models import Prediction
from reporting.reader_studies.answers import place_name
from reporting.reader_studies.models import RatedFinding, ReaderStudy, Reading
from reporting.reader_studies.places import places_of
from reporting.reader_studies.rows import strongest
from reporting.reader_studies.words import ArmKind, Scale


class Said(Protocol):
    """A saved value."""

    value: float
    x_mm: float | None
    y_mm: float | None
    z_mm: float | None


@dataclass(frozen=True)
class Choice:
    value: int
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """One place to be rated. ``choices`` empty: a number is typed, or (``is_place``) the image is clicked."""

    key: str
    label: str
    level: str
    side: str
    choices: tuple[Choice, ...]
    unit: str
    highest: int
    text: str
    is_place: bool
    is_rated: bool
    machine: str
    others: str = ""

    @property
    def name(self) -> str:
        return self.name_of(self.key, self.level, self.side)

    @property
    def where(self) -> str:
        """Level and side, under the finding's own heading."""
        sides = {"left": _("left"), "right": _("right")}
        return " · ".join(part for part in (self.level, sides.get(self.side, "")) if part) or _("whole case")

    @staticmethod
    def name_of(key: str, level: str, side: str) -> str:
        """Of the form field; unique on the page."""
        return "-".join(part for part in (key, level.replace("/", "_"), side) if part)


@dataclass(frozen=True)
class FindingFields:
    label: str
    fields: tuple[Field, ...]


Drafts = Mapping[tuple[uuid.UUID, str, str], Said]


def reading_fields(reading: Reading) -> list[FindingFields]:
    """Of the case that is read."""
    assignment = reading.assignment
    drafts = {(one.finding_id, one.level, one.side): one for one in reading.drafts.all()}
    job = assignment.case.job if ArmKind(assignment.arm.kind).needs_algorithm else None
    said = list(job.predictions.all()) if job is not None else []
    return fields_of(assignment.reader.reader_study, drafts, said)


def fields_of(study: ReaderStudy, drafts: Drafts, said: Sequence[Prediction]) -> list[FindingFields]:
    """``said``: what the algorithm may say here; empty where it must not be seen."""
    return [
        FindingFields(
            finding.label,
            tuple(_field(finding, level, side, drafts, said) for level, side in places_of(finding)),
        )
        for finding in study.findings.all()
    ]


def _field(finding: RatedFinding, level: str, side: str, drafts: Drafts, said: Sequence[Prediction]) -> Field:
    draft = drafts.get((finding.pk, level, side))
    scale = Scale(finding.scale)
    prediction = strongest(said, finding, (level, side)) if finding.machine_finding else None
    return Field(
        key=finding.key,
        label=place_name(finding, level, side),
        level=level,
        side=side,
        choices=tuple(
            Choice(number, word, draft is not None and draft.value == number)
            for number, word in enumerate(_words(finding))
        ),
        unit={Scale.CONFIDENCE: "%", Scale.MILLIMETRES: "mm"}.get(scale, ""),
        highest=100,
        text=_text(scale, draft),
        is_place=scale is Scale.LOCATION,
        is_rated=draft is not None,
        machine=_machine(prediction) if prediction else "",
    )


def _words(finding: RatedFinding) -> list[str]:
    match Scale(finding.scale):
        case Scale.BINARY:
            return [_("absent"), _("present")]
        case Scale.ORDINAL:
            return list(finding.grades)
        case _:
            return []


def _text(scale: Scale, draft: Said | None) -> str:
    if draft is None:
        return ""
    if scale is Scale.LOCATION:
        return _("marked") if draft.value else _("nowhere")
    return f"{draft.value:g}"


def _machine(prediction: Prediction) -> str:
    """Its probability and what it makes of it; with the size, where it measured one."""
    word = _("positive") if prediction.positive else _("negative")
    parts = [f"{word} {prediction.probability:.2f}", prediction.grade, prediction.mm and f"{prediction.mm:.1f} mm"]
    return " · ".join(str(part) for part in parts if part)
