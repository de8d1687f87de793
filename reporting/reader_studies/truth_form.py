"""The form of a member of the panel: the places they are asked for, what others said beside them, and what was sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reader_studies.answers import Answer, place_name
from reporting.reader_studies.models import Case, CaseObject, RatedFinding
from reporting.reader_studies.panel import Shown, Unit
from reporting.reader_studies.pointing import point_lps_mm
from reporting.reader_studies.reading_form import Choice, Field, FindingFields
from reporting.reader_studies.value_words import truth_text
from reporting.reader_studies.words import Scale, Seat

_LETTERS = {Seat.FIRST: "A", Seat.SECOND: "B"}


def truth_fields(asked: Sequence[Unit], shown: Shown) -> list[FindingFields]:
    """An adjudicator sees what A and B said, a senior has the junior's values filled in."""
    return [
        FindingFields(finding.label, tuple(_field(unit, shown) for unit in units))
        for finding, units in groupby(asked, key=lambda unit: unit[0])
    ]


def _field(unit: Unit, shown: Shown) -> Field:
    finding, level, side = unit
    scale = Scale(finding.scale)
    said = [(seat, values[unit]) for seat, values in zip(shown.seats, shown.said, strict=True) if unit in values]
    begun = said[0][1] if len(said) == 1 and scale is not Scale.LOCATION else None
    return Field(
        key=finding.key,
        label=place_name(finding, level, side),
        level=level,
        side=side,
        choices=tuple(
            Choice(number, word, begun is not None and begun.value == number)
            for number, word in enumerate(_words(finding))
        ),
        unit="mm" if scale is Scale.MILLIMETRES else "",
        highest=100,
        text=f"{begun.value:g}" if begun is not None and scale is Scale.MILLIMETRES else "",
        is_place=scale is Scale.LOCATION,
        is_rated=begun is not None,
        machine="",
        others=" · ".join(f"{_LETTERS[seat]}: {truth_text(finding, value.value)}" for seat, value in said),
    )


def _words(finding: RatedFinding) -> list[str]:
    match Scale(finding.scale):
        case Scale.BINARY | Scale.CONFIDENCE:
            return [_("absent"), _("present")]
        case Scale.ORDINAL:
            return list(finding.grades)
        case _:
            return []


def read_answers(case: Case, asked: Sequence[Unit], sent: Mapping[str, str]) -> list[Answer]:
    """What was filled in. A place comes as ``0`` (nowhere) or ``object frame x y``. Raises :class:`InvalidInput`."""
    found = []
    for finding, level, side in asked:
        name = Field.name_of(finding.key, level, side)
        text = sent.get(name, "").strip()
        if text:
            found.append(_answer(case, finding, level, side, text))
    return found


def _answer(case: Case, finding: RatedFinding, level: str, side: str, text: str) -> Answer:
    try:
        if " " not in text:
            return Answer(finding.key, level, side, float(text))
        pk, frame, x, y = text.split()
        shown = CaseObject.objects.filter(series__case=case, pk=uuid.UUID(pk)).first()
        place = point_lps_mm(shown, int(frame), float(x), float(y)) if shown else None
    except ValueError as error:
        raise InvalidInput(_("%(finding)s: this is not a value of its scale") % {"finding": finding.label}) from error
    return Answer(finding.key, level, side, 1.0, place)
