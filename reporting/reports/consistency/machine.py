"""Where the machine was made for something else: operated levels, trauma, tumour, infection."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import Checks, Problem
from reporting.reports.labels import choice_label
from reporting.reports.places import Place
from reporting.reports.states import FindingState
from reporting.vocabulary import DiscLevel


def postoperative(c: Checks) -> Iterator[Problem]:
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


def operated_somewhere(c: Checks) -> Iterator[Problem]:
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


def suspicions(c: Checks) -> Iterator[Problem]:
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
