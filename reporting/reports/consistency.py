"""What must be settled before a report may be signed (template.md T9). Pure; reads a sheet, returns every problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporting.reports.critical import SHIPPED, CriticalRules, criticals, urgency_is_unknown
from reporting.reports.fingerprints import fingerprint
from reporting.reports.labels import choice_label, place_label
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet
from reporting.reports.states import FindingState
from reporting.vocabulary import DiscLevel, Side, Vertebra, Zone

THICK_MM = 2.0
BULGE_WARNING_MM = 5.0
SLIP_MM = 2.0
_LEVELS = [d.value for d in DiscLevel]
_COMPRESSIVE = ("", "none", "compressive_myelopathy")


class Severity(StrEnum):
    BLOCK = "block"  # must be changed
    ASK = "ask"  # may be answered


@dataclass(frozen=True)
class Problem:
    """One thing to settle. An ``ask`` is settled by an answer with the same fingerprint."""

    code: str
    severity: Severity
    message: str
    places: tuple[Place, ...]
    fingerprint: str
    section: str = ""  # of the hand-edited paragraph it is about, with its language
    language: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "keys": [str(p) for p in self.places],
            "section": self.section,
            "language": self.language,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class _Checks:
    sheet: Sheet
    rules: CriticalRules

    def name(self, place: Place) -> str:
        return place_label(self.sheet.template, place)

    def _problem(self, code: str, severity: Severity, message: str, *places: Place) -> Problem:
        return Problem(code, severity, message, places, fingerprint(self.sheet, code, places))

    def block(self, code: str, message: str, *places: Place) -> Problem:
        return self._problem(code, Severity.BLOCK, message, *places)

    def ask(self, code: str, message: str, *places: Place) -> Problem:
        return self._problem(code, Severity.ASK, message, *places)


def _levels(c: _Checks) -> Iterator[Problem]:
    if not c.sheet.levels_confirmed():
        yield c.block("levels_not_confirmed", _("The levels are not confirmed"), Place("level_status"))


def _outside(c: _Checks) -> Iterator[Problem]:
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


def _suggestions(c: _Checks) -> Iterator[Problem]:
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


def _details(c: _Checks) -> Iterator[Problem]:
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


def _span(sheet: Sheet, instance: int) -> list[str]:
    """Levels a cord lesion covers; empty when its levels are not given or reversed."""
    start = sheet.code("signal_level_from", instance=instance)
    end = sheet.code("signal_level_to", instance=instance) or start
    return _LEVELS[_LEVELS.index(start) : _LEVELS.index(end) + 1] if start else []


def _canal_and_cord(c: _Checks) -> Iterator[Problem]:
    sheet = c.sheet
    signal = [n for n in sheet.instances("cord_signal") if sheet.code("cord_signal", instance=n) not in ("", "normal")]
    covered = {level for n in signal for level in _span(sheet, n)}
    if sheet.code("cord_signal"):
        for level in _LEVELS:
            if sheet.code("canal_grade", level) == "3" and level not in covered:
                message = _("Canal grade 3 at %(level)s, but no cord signal change there") % {"level": level}
                yield c.block("canal_3_without_signal", message, Place("canal_grade", level), Place("cord_signal"))
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


def _numbers(c: _Checks) -> Iterator[Problem]:
    sheet = c.sheet
    for key in ("pll", "lf"):
        spec = sheet.template[key]
        for place in sheet.places(spec):
            mm, said = sheet.number(spec.number, place.level, place.side), sheet.human(place)
            if mm is not None and said is not None and (mm > THICK_MM) != (said == "thickened"):
                number = Place(spec.number, place.level, place.side)
                message = _("%(mm)s mm and the value disagree: %(place)s") % {"mm": f"{mm:g}", "place": c.name(place)}
                yield c.ask("number_and_value_disagree", message, place, number)
    for level in _LEVELS:
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


def _slip_numbers(c: _Checks, level: str) -> Iterator[Problem]:
    sheet = c.sheet
    mm, endplate = sheet.number("slip_mm", level), sheet.number("lower_endplate_mm", level)
    if mm is None or sheet.code("slip", level) != "present":
        return
    places = (Place("slip", level), Place("slip_mm", level))
    if mm < SLIP_MM:
        message = _("A slip of %(mm)s mm at %(level)s is below 2 mm") % {"mm": f"{mm:g}", "level": level}
        yield c.ask("slip_is_small", message, *places)
    grade = sheet.code("slip_grade", level)
    if endplate and grade and slip_grade_of(mm, endplate) != grade:
        message = _("The slip grade at %(level)s and its numbers disagree") % {"level": level}
        yield c.ask("number_and_value_disagree", message, *places, Place("slip_grade", level))


def _foraminal(c: _Checks) -> Iterator[Problem]:
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


def _zones_and_sides(c: _Checks) -> Iterator[Problem]:
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


_SIDE_WORDS = {"left": re.compile(r"\bleft\b|左", re.I), "right": re.compile(r"\bright\b|右", re.I)}
_DISC_LEVEL = re.compile("|".join(re.escape(level) for level in _LEVELS))


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


def _comments(c: _Checks) -> Iterator[Problem]:
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


def _required(c: _Checks) -> Iterator[Problem]:
    for spec in c.sheet.template.fields:
        if not spec.required or spec.only_when is not None or spec.key == "level_status":
            continue
        usual = [p for p in c.sheet.places(spec, usual=True) if p.level in spec.usual_levels]
        unset = [p for p in usual if c.sheet.at(p).state is FindingState.UNSET]
        if unset:
            listed = "; ".join(c.name(p) for p in unset)
            yield c.ask("required_unset", _("Not assessed: %(places)s") % {"places": listed}, *unset)


def _postoperative(c: _Checks) -> Iterator[Problem]:
    for place in c.sheet.places(c.sheet.template["postop"]):
        if c.sheet.codes("postop", place.level) in ([], ["none"]):
            continue
        below = [d.value for d in DiscLevel if place.level in (d.upper_vertebra.value, d.lower_vertebra.value)]
        accepted = [
            p
            for p, s in sorted(c.sheet.statements.items())
            if p.level in (place.level, *below)
            and s.state is FindingState.HUMAN_CONFIRMED
            and s.machine_value is not None
        ]
        if accepted:
            message = _("Machine values were accepted at the operated level %(level)s") % {"level": place.level}
            yield c.ask("postoperative_machine_values", message, place, *accepted)


def _operated_somewhere(c: _Checks) -> Iterator[Problem]:
    """The machine is turned off at operated levels; nobody can do that for an operation without one."""
    placed = any(
        c.sheet.codes("postop", p.level) not in ([], ["none"]) for p in c.sheet.places(c.sheet.template["postop"])
    )
    counts = any(s.machine_value is not None for s in c.sheet.statements.values()) and not c.sheet.codes("ai_withheld")
    if "postoperative" in c.sheet.codes("indication_tags") and counts and not placed:
        message = _("Post-operative, but no operated level is named: machine values count at every level")
        yield c.ask("operated_level_unnamed", message, Place("indication_tags"))


# What a symptom makes possible, and the reason for which the reader may turn the machine off.
_SUSPECTED = {
    "trauma": (("fracture", "dislocation"), "fracture"),
    "known_tumour": (("marrow", "extramedullary"), "infection_or_tumour"),
    "fever": (("discitis", "extramedullary"), "infection_or_tumour"),
}


def _suspicions(c: _Checks) -> Iterator[Problem]:
    """Trauma, a known tumour or fever: what they ask about must be said, and the machine was made for none of them."""
    sheet = c.sheet
    tags, withheld = sheet.codes("indication_tags"), sheet.codes("ai_withheld")
    counts = any(s.machine_value is not None for s in sheet.statements.values())
    for tag, (keys, reason) in _SUSPECTED.items():
        if tag not in tags:
            continue
        name = choice_label(sheet.template["indication_tags"].choice(tag))
        asked = (place for key in keys for place in sheet.places(sheet.template[key], usual=True))
        unset = [place for place in asked if sheet.at(place).state is FindingState.UNSET]
        if unset:
            listed = "; ".join(dict.fromkeys(c.name(place) for place in unset))
            said = {"symptom": name, "places": listed}
            yield c.ask(f"unset_with_{tag}", _("%(symptom)s, but not assessed: %(places)s") % said, *unset)
        if counts and reason not in withheld and "ai_withheld" in sheet.template.by_key:
            message = _("%(symptom)s: machine values count although the machine was not made for such cases")
            yield c.ask(f"machine_with_{tag}", message % {"symptom": name}, Place("indication_tags"))


def _category_changed(c: _Checks) -> Iterator[Problem]:
    """Somebody may already have been told otherwise: asked anew, and the earlier answer stays."""
    before = c.sheet.facts.earlier_category
    now = min((critical.trigger.category for critical in criticals(c.sheet, c.rules)), default=0)
    if before is None or before == now:
        return
    words = {"before": before or _("none"), "now": now or _("none")}
    message = _("Critical category %(before)s in the last version, %(now)s now: is this critical?") % words
    fired = tuple(place for critical in criticals(c.sheet, c.rules) for place in critical.places)
    asked_of = fingerprint(c.sheet, f"critical.category_changed.{before}.{now}", fired)
    yield Problem("critical.category_changed", Severity.ASK, message, tuple(dict.fromkeys(fired)), asked_of)


def _critical(c: _Checks) -> Iterator[Problem]:
    for critical in criticals(c.sheet, c.rules):
        if critical.trigger.category == 1:
            code = f"critical.{critical.trigger.code}"
            message = _("Critical finding: please answer yes or no")
            yield Problem(code, Severity.ASK, message, critical.places, critical.fingerprint)
    yield from _category_changed(c)
    places = urgency_is_unknown(c.sheet)
    if places and not any(critical.trigger.code == "compression_urgent" for critical in criticals(c.sheet, c.rules)):
        message = _("The cord is compressed and onset or symptoms are not given: is this critical?")
        yield c.ask("critical.urgency_unknown", message, *dict.fromkeys(places))


_ALL: tuple[Callable[[_Checks], Iterator[Problem]], ...] = (
    _levels,
    _outside,
    _suggestions,
    _details,
    _canal_and_cord,
    _numbers,
    _foraminal,
    _zones_and_sides,
    _comments,
    _required,
    _postoperative,
    _operated_somewhere,
    _suspicions,
    _critical,
)


def find_problems(sheet: Sheet, rules: CriticalRules = SHIPPED) -> list[Problem]:
    """Every problem, answered or not, in a fixed order. ``rules``: the critical list the report was opened with."""
    checks = _Checks(sheet, rules)
    return [problem for check in _ALL for problem in check(checks)]


def is_settled(problem: Problem, answers: dict[tuple[str, str], str]) -> bool:
    """Whether an answer to exactly this question was given. A critical question needs yes or no, not "not now"."""
    answer = answers.get((problem.code, problem.fingerprint))
    if problem.severity is Severity.BLOCK:
        return False
    return answer in ("yes", "no") if problem.code.startswith("critical.") else answer == "accepted"
