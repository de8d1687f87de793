"""What is missing: levels, decisions, details, fields of the required set."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporting.reports.consistency.problems import Checks, Problem, Severity
from reporting.reports.fingerprints import fingerprint
from reporting.reports.places import Place
from reporting.reports.states import FindingState
from reporting.vocabulary import Zone


def levels(c: Checks) -> Iterator[Problem]:
    if not c.sheet.levels_confirmed():
        yield c.block("levels_not_confirmed", _("The levels are not confirmed"), Place("level_status"))


def outside(c: Checks) -> Iterator[Problem]:
    count = c.sheet.facts.values_outside
    if count:
        message = ngettext(
            "%(n)d value stands at no level since the levels were corrected and will not print",
            "%(n)d values stand at no level since the levels were corrected and will not print",
            count,
        )
        yield Problem(
            "values_outside",
            Severity.ASK,
            message % {"n": count},
            (),
            fingerprint(c.sheet, f"values_outside.{count}", ()),
        )


def suggestions(c: Checks) -> Iterator[Problem]:
    for place, statement in sorted(c.sheet.statements.items()):
        if statement.state is FindingState.AI_SUGGESTED and c.sheet.applicable(place):
            message = _("A machine suggestion is undecided: %(place)s") % {"place": c.name(place)}
            yield c.block("suggestion_undecided", message, place)


_DETAILS = {
    "hern_zone": "herniation_without_zone",
    "hern_side": "herniation_without_side",
    "slip_direction": "slip_without_direction",
    "slip_grade": "slip_without_grade",
}


def details(c: Checks) -> Iterator[Problem]:
    for spec in c.sheet.template.fields:
        if not spec.required or spec.only_when is None:
            continue
        owner = c.sheet.template[spec.only_when.field]
        for level in spec.levels:
            for instance in c.sheet.instances(owner.key, level) if spec.repeatable else (1,):
                place = Place(spec.key, level, instance=instance)
                if (
                    spec.key == "hern_side"
                    and c.sheet.code("hern_zone", level, instance=instance) == Zone.CENTRAL.value
                ):
                    continue  # in the middle, said or not
                if c.sheet.at(place).state is FindingState.UNSET and c.sheet.applicable(place, human_only=True):
                    code = _DETAILS.get(spec.key, "detail_missing")
                    yield c.block(code, _("A detail is missing: %(place)s") % {"place": c.name(place)}, place)


def required(c: Checks) -> Iterator[Problem]:
    for spec in c.sheet.template.fields:
        if not spec.required or spec.only_when is not None or spec.key == "level_status":
            continue
        asked = c.sheet.asked_levels(spec)
        unset = [p for p in c.sheet.places(spec) if p.level in asked and c.sheet.at(p).state is FindingState.UNSET]
        if unset:
            listed = "; ".join(c.name(p) for p in unset)
            yield c.ask("required_unset", _("Not assessed: %(places)s") % {"places": listed}, *unset)
