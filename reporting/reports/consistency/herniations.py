"""Zone, side and foramen of a herniation must fit each other."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import Checks, Problem
from reporting.reports.places import Place
from reporting.vocabulary import Side, Zone


def foraminal(c: Checks) -> Iterator[Problem]:
    for zone in c.sheet.places(c.sheet.template["hern_zone"]):
        level = zone.level
        side = c.sheet.code("hern_side", level, instance=zone.instance)
        if (
            c.sheet.code("disc_class", level) == "herniation"
            and c.sheet.human(zone) in ("foraminal", "extraforaminal")
            and side in ("left", "right")
            and c.sheet.code("foramen", level, side) == "0"
        ):
            message = _("A foraminal herniation at %(level)s, but its foramen is patent") % {"level": level}
            yield c.ask("foraminal_but_patent", message, zone, Place("foramen", level, side))


def zones_and_sides(c: Checks) -> Iterator[Problem]:
    """A central herniation lies in the middle, and no other does."""
    for side in c.sheet.places(c.sheet.template["hern_side"]):
        said = c.sheet.human(side)
        zone = c.sheet.code("hern_zone", side.level, instance=side.instance)
        if said is None or not zone or not c.sheet.applicable(side, human_only=True):
            continue
        if (zone == Zone.CENTRAL.value) != (said == Side.MIDLINE.value):
            message = _("Zone and side of the herniation at %(level)s contradict each other") % {"level": side.level}
            yield c.block(
                "zone_and_side_disagree", message, Place("hern_zone", side.level, instance=side.instance), side
            )
