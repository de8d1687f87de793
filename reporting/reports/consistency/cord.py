"""A grade 3 canal deforms the cord and shows in its signal; each must find the other. No sac is normal around it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import DISC_LEVELS, Checks, Problem
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet

_CORD_DEFORMED = ("2", "3")
_COMPRESSIVE = ("", "none", "compressive_myelopathy")


def _span(sheet: Sheet, instance: int) -> list[str]:
    """Levels a cord lesion covers; empty when its levels are not given or reversed."""
    start = sheet.code("signal_level_from", instance=instance)
    end = sheet.code("signal_level_to", instance=instance) or start
    return DISC_LEVELS[DISC_LEVELS.index(start) : DISC_LEVELS.index(end) + 1] if start else []


def canal_and_cord(c: Checks) -> Iterator[Problem]:
    sheet = c.sheet
    signal = [n for n in sheet.instances("cord_signal") if sheet.code("cord_signal", instance=n) not in ("", "normal")]
    covered = {level for n in signal for level in _span(sheet, n)}
    if sheet.code("cord_signal"):
        for level in DISC_LEVELS:
            if sheet.code("canal_grade", level) == "3" and level not in covered:
                message = _("Canal grade 3 at %(level)s, but no cord signal change there") % {"level": level}
                yield c.block("canal_3_without_signal", message, Place("canal_grade", level), Place("cord_signal"))
    for level in DISC_LEVELS:
        if sheet.code("canal_grade", level) in _CORD_DEFORMED and sheet.code("thecal_sac", level) == "normal":
            message = _("The cord is deformed at %(level)s, but the thecal sac is said to be normal") % {"level": level}
            yield c.ask(
                "deformed_cord_in_a_normal_sac", message, Place("thecal_sac", level), Place("canal_grade", level)
            )
    for n in signal:
        start, end = Place("signal_level_from", instance=n), Place("signal_level_to", instance=n)
        levels = _span(sheet, n)
        if sheet.human(start) and not levels:
            yield c.block("signal_levels_reversed", _("The cord signal change ends above where it begins"), start, end)
        grades = {level: sheet.code("canal_grade", level) for level in levels}
        compressive = sheet.code("cord_lesion_kind", instance=n) in _COMPRESSIVE
        if compressive and any(grades.values()) and "3" not in grades.values():
            message = _(
                "Cord signal change that counts as compressive, but no canal grade 3 at its levels: "
                "change the grade or the kind of lesion"
            )
            places = [Place("canal_grade", level) for level, grade in grades.items() if grade]
            yield c.block("signal_without_canal_3", message, Place("cord_signal", instance=n), *places)
