"""Version 3 of the template: what it changes of version 2, which stays as it was for the reports written with it.

Codes for presence, change, sections and severity; full-width Chinese punctuation; a congenitally narrow canal;
z-scores of every ratio; the side of a central herniation; coverage as the machine found it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reporting.reports.template.chinese_punctuation import full_width
from reporting.reports.template.second_version import z_score
from reporting.reports.template.spec import Block, Choice, Condition, Field, Kind, Scope, Template
from reporting.vocabulary import (
    ACTIONABLE_CODES,
    CHANGE_CODES,
    NORMALITY_CODES,
    PRESENCE_CODES,
    SECTION_CODES,
    SEVERITY_CODES,
    SIDE_CODES,
    Code,
    Zone,
)

_ABSENT = frozenset({"absent", "none", "not_suspected", "not_thickened"})
_OF_PRESENCE = frozenset({"osteophyte", "slip", "fracture", "dislocation", "pll", "lf", "discitis", "scoliosis"})
_SEVERITIES = {"loss_mild": "mild", "loss_moderate": "moderate", "loss_severe": "severe"}
_SIDES = {"left": SIDE_CODES["left"], "right": SIDE_CODES["right"], "both": SIDE_CODES["both"]}


def _chinese(field: Field) -> Field:
    """The same field with Chinese marks in its Chinese words."""
    choices = tuple(
        replace(c, zh=full_width(c.zh), text_zh=full_width(c.text_zh), impression_zh=full_width(c.impression_zh))
        for c in field.choices
    )
    return replace(field, choices=choices, zh=full_width(field.zh), note_zh=full_width(field.note_zh))


def _coded(field: Field) -> Field:
    """Codes of values that are the same words everywhere: present and absent, sides, change, normal."""
    return replace(field, choices=tuple(replace(c, coded=c.coded or _code(field, c)) for c in field.choices))


def _code(field: Field, choice: Choice) -> Code | None:
    if field.key in _OF_PRESENCE:
        return PRESENCE_CODES["absent" if choice.code in _ABSENT else "present"]
    if field.key == "change":
        return CHANGE_CODES.get(choice.code)
    if choice.code == "normal":
        return NORMALITY_CODES["normal"]
    return _SIDES.get(choice.code) if field.key.endswith(("_side", "_dominant")) else None


def _graded(field: Field) -> Field:
    """A loss of height says how severe it is beside what it is."""
    graded = (
        replace(c, qualifier=SEVERITY_CODES[_SEVERITIES[c.code]]) if c.code in _SEVERITIES else c for c in field.choices
    )
    return replace(field, choices=tuple(graded))


def _of_every_zone(field: Field) -> Field:
    return replace(field, only_when=Condition("hern_zone", tuple(zone.value for zone in Zone)))


def _full_by_default(field: Field) -> Field:
    return replace(field, default="full")


_CHANGED: dict[str, Callable[[Field], Field]] = {
    "height": _graded,
    "hern_side": _of_every_zone,
    "coverage": _full_by_default,
}
_CONGENITAL = Field(
    "canal_congenital",
    Block.ALIGNMENT,
    Scope.STUDY,
    Kind.CHOICE,
    "Congenitally narrow canal",
    "先天性椎管狭窄",
    (
        Choice("absent", "absent", "无", coded=PRESENCE_CODES["absent"]),
        Choice(
            "present",
            "present",
            "有",
            "The canal is congenitally narrow.",
            "先天性椎管狭窄。",
            "Congenitally narrow canal.",
            "先天性椎管狭窄。",
            PRESENCE_CODES["present"],
        ),
    ),
    default="absent",
    impression_group=2,
    coded=Code("OIFM", "OIFM_GMTS_010143", "congenital narrow canal"),
)
_ADDED: dict[str, Field] = {
    "tonsils_mm": _CONGENITAL,
    "mscc_pct": z_score("mscc_z", "Maximum cord compression, z-score", "脊髓最大压迫率z值"),
    "mcc_pct": z_score("mcc_z", "Maximum canal compromise, z-score", "椎管占位率z值"),
    "ascor": z_score("ascor_z", "Cord to canal area ratio, z-score", "脊髓占椎管面积比z值"),
}
_CODES: dict[str, Mapping[Any, Code]] = {
    "sections": SECTION_CODES,
    "presence": PRESENCE_CODES,
    "severity": SEVERITY_CODES,
    "normality": NORMALITY_CODES,
    "side": SIDE_CODES,
    "change": CHANGE_CODES,
    "actionable": ACTIONABLE_CODES,
}


def third_version(second: Template) -> Template:
    fields: list[Field] = []
    for field in second.fields:
        change = _CHANGED.get(field.key)
        fields.append(_coded(_chinese(change(field) if change is not None else field)))
        if field.key in _ADDED:
            fields.append(_ADDED[field.key])
    plain = {group: {str(key): code for key, code in codes.items()} for group, codes in _CODES.items()}
    return Template("3", tuple(fields), plain)
