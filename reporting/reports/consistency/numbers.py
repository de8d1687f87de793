"""A number and the word beside it must say the same."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import DISC_LEVELS, Checks, Problem
from reporting.reports.places import Place
from reporting.vocabulary import Vertebra

BULGE_WARNING_MM = 5.0


def numbers(c: Checks) -> Iterator[Problem]:
    sheet = c.sheet
    for key in ("pll", "lf"):
        spec = sheet.template[key]
        for place in sheet.places(spec):
            mm, said = sheet.number(spec.number, place.level, place.side), sheet.human(place)
            if (
                mm is not None
                and said is not None
                and (mm > sheet.rules.thick_mm[key][place.level]) != (said == "thickened")
            ):
                number = Place(spec.number, place.level, place.side)
                message = _("%(mm)s mm and the value disagree: %(place)s") % {"mm": f"{mm:g}", "place": c.name(place)}
                yield c.ask("number_and_value_disagree", message, place, number)
    for level in DISC_LEVELS:
        mm = sheet.number("bulge_mm", level)
        if mm is not None and mm >= BULGE_WARNING_MM and sheet.code("disc_class", level) == "bulge":
            message = _("A bulge of %(mm)s mm at %(level)s is unusual") % {"mm": f"{mm:g}", "level": level}
            yield c.ask("bulge_is_large", message, Place("disc_class", level), Place("bulge_mm", level))
    for vertebra in Vertebra:
        yield from _slip_numbers(c, vertebra.value)


def slip_grade_of(mm: float, endplate_mm: float) -> str:
    """Quarters of the lower endplate: I below 25 %, II below 50 %, III below 75 %, IV to 100 %, V beyond."""
    share = mm / endplate_mm
    return "I" if share < 0.25 else "II" if share < 0.5 else "III" if share < 0.75 else "IV" if share <= 1 else "V"


def _slip_numbers(c: Checks, level: str) -> Iterator[Problem]:
    sheet = c.sheet
    mm, endplate = sheet.number("slip_mm", level), sheet.number("lower_endplate_mm", level)
    if mm is None or sheet.code("slip", level) != "present":
        return
    places = (Place("slip", level), Place("slip_mm", level))
    if mm < sheet.rules.slip_mm:
        message = _("A slip of %(mm)s mm at %(level)s is below %(least)s mm")
        message %= {"mm": f"{mm:g}", "level": level, "least": f"{sheet.rules.slip_mm:g}"}
        yield c.ask("slip_is_small", message, *places)
    grade = sheet.code("slip_grade", level)
    if endplate and grade and slip_grade_of(mm, endplate) != grade:
        message = _("The slip grade at %(level)s and its numbers disagree") % {"level": level}
        yield c.ask("number_and_value_disagree", message, *places, Place("slip_grade", level))
