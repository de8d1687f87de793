"""What a list of cases holds, in words: above the list, and beside the filter that is the reason of looking."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.department_audit.case_cells import MATRIX, NEVER
from reporting.department_audit.charts.comparison import compared_with, positive_and_negative
from reporting.department_audit.filters import Filter
from reporting.department_audit.kinds import DECILES, MOST_EDITS
from reporting.department_audit.time_steps import STEPS
from reporting.department_audit.words import Truth


def cell_name(chosen: Filter, cell: str) -> str:
    """ "Concordance with the final read: Signed positive, machine negative"; ``cell`` is one of ``case_cells``."""
    word, _at, told = cell.partition("@")
    if not word:
        return ""
    compared = compared_with(Truth(chosen.truth))
    if word in MATRIX:
        return f"{compared}: {_matrix(chosen, word)}{_threshold(told)}"
    if word == "n":
        return compared
    if word in ("class_positive", "class_negative"):
        return f"{compared}: {positive_and_negative(Truth(chosen.truth))[word == 'class_negative']}"
    if word in ("right_right", "right_wrong", "wrong_right", "wrong_wrong"):
        return f"{compared}: {switch_names()[word]}"
    if word == "tenth":
        low, high = int(told) / DECILES, (int(told) + 1) / DECILES
        return f"{compared}: " + _("probability %(low)s–%(high)s") % {"low": f"{low:.1f}", "high": f"{high:.1f}"}
    if word == "edits":
        return _("edits of machine values: %(n)s") % {"n": f"≥ {told}" if int(told) == MOST_EDITS else told}
    if word == "time":
        return _("opened to signed: %(time)s") % {"time": STEPS[int(told)][1]}
    if word == "pairs" and told:
        machine, person = told.split(",")
        return _("machine %(machine)s mm, person %(person)s mm") % {"machine": machine, "person": person}
    return f"{_plain()[word]}{_threshold(told) if word in _OF_THRESHOLD else f' {told}' if told else ''}"


_OF_THRESHOLD = ("moved", "to_positive", "to_negative", "to_positive_right", "to_negative_right")


def switch_names() -> dict[str, str]:
    return {
        "kept": _("kept"),
        "toward_machine": _("moved toward the machine"),
        "away_from_machine": _("moved away from the machine"),
        "other": _("moved, machine silent"),
        "right_right": _("right, stayed right"),
        "wrong_right": _("wrong → right"),
        "right_wrong": _("right → wrong"),
        "wrong_wrong": _("wrong, stayed wrong"),
    }


def _plain() -> dict[str, str]:
    agreement = {
        "both": _("both positive"),
        "first_only": _("positive first only"),
        "second_only": _("positive in the final read only"),
        "neither": _("neither positive"),
    }
    firsts = {"prepared": _("prepared and final read"), "blind_first": _("blind first and final read")}
    return {
        **switch_names(),
        **firsts,
        **{f"{key}-{name}": f"{text}: {what}" for key, text in firsts.items() for name, what in agreement.items()},
        "judged": _("blind first and final read, and a reference"),
        "report": _("reports"),
        "timed": _("reports with a known time from opened to signed"),
        "received": _("reports with a known time from received to signed"),
        "pairs": _("sizes of machine and person"),
        "with_machine": _("reports with machine values"),
        "stood": _("reports in which every machine value stood"),
        "moved": _("calls that would change"),
        "to_positive": _("calls that would become positive"),
        "to_negative": _("calls that would become negative"),
        "to_positive_right": _("calls that would become positive, and the truth is"),
        "to_negative_right": _("calls that would become negative, and the truth is"),
        "signed": _("signed on"),
        "compared": _("machine and final read compared, signed on"),
        "differ": _("machine and final read differ, signed on"),
        "said": _("statements of the machine, signed on"),
        "withheld": _("statements that were withheld, signed on"),
    }


def _matrix(chosen: Filter, word: str) -> str:
    positive, negative = positive_and_negative(Truth(chosen.truth))
    held = positive if word in ("tp", "fn") else negative
    said = _("machine positive") if word in ("tp", "fp") else _("machine negative")
    return f"{held}, {said}"


def _threshold(told: str) -> str:
    if not told:
        return ""
    return ", " + (_("never positive") if told == NEVER else _("at threshold %(threshold)s") % {"threshold": told})
