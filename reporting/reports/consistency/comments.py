"""Free words at a disc level against the fields of that level."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import DISC_LEVELS, Checks, Problem
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet

_SIDE_WORDS = {"left": re.compile(r"\bleft\b|左", re.I), "right": re.compile(r"\bright\b|右", re.I)}
_DISC_LEVEL = re.compile("|".join(re.escape(level) for level in DISC_LEVELS))


def _sides_at(sheet: Sheet, level: str) -> dict[str, list[Place]]:
    """Which sides the fields of a disc level speak of."""
    found: dict[str, list[Place]] = {}
    for n in sheet.instances("hern_side", level) if sheet.code("disc_class", level) == "herniation" else ():
        if (side := sheet.code("hern_side", level, instance=n)) in _SIDE_WORDS:
            found.setdefault(side, []).append(Place("hern_side", level, instance=n))
    for key, values in (("lf", ("thickened",)), ("foramen", ("1", "2")), ("nerve_root", ("displaced", "compressed"))):
        for side in _SIDE_WORDS:
            if sheet.code(key, level, side) in values:
                found.setdefault(side, []).append(Place(key, level, side))
    return found


def comments(c: Checks) -> Iterator[Problem]:
    """Free words at a disc level that name another level, or only the side on which the fields say nothing."""
    for place in c.sheet.places(c.sheet.template["comment_disc"]):
        text = c.sheet.human(place)
        if not isinstance(text, str):
            continue
        if set(_DISC_LEVEL.findall(text)) - {place.level}:
            message = _("The comment at %(level)s names another level") % {"level": place.level}
            yield c.ask("comment_names_other_level", message, place)
        named = [side for side, word in _SIDE_WORDS.items() if word.search(text)]
        stated = _sides_at(c.sheet, place.level)
        if len(named) == 1 and stated and named[0] not in stated:
            message = _("The comment at %(level)s names another side than its fields") % {"level": place.level}
            yield c.ask("comment_side_differs", message, place, *(p for places in stated.values() for p in places))
