"""How a department reads: the settings of template.md T11 as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as member
from typing import Any

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reports.template.spec import Field, Template
from reporting.vocabulary import DiscLevel

LIGAMENTS = ("pll", "lf")
GRADES = ("1", "2", "3")  # of the canal, whose words are the department's
DISCS = tuple(level.value for level in DiscLevel)
USUAL_MM = 2.0
LONGEST_PASSWORD_MINUTES = 5
LONGEST_WORDS = 40
# Words of a canal grade that have one of these say what is narrow; before others stands 椎管.
_NARROW = ("椎管", "脊髓", "蛛网膜下腔", "硬膜囊")


def _everywhere() -> dict[str, dict[str, float]]:
    return {ligament: dict.fromkeys(DISCS, USUAL_MM) for ligament in LIGAMENTS}


@dataclass(frozen=True)
class HouseRules:
    """``thick_mm``: ligament → level → the size above which it is thickened. ``canal_zh``: canal grade → its Chinese
    words, where they are not the template's. ``password_minutes``: how long a password given for signing counts.
    """

    thick_mm: Mapping[str, Mapping[str, float]] = member(default_factory=_everywhere)
    slip_mm: float = USUAL_MM
    canal_zh: Mapping[str, str] = member(default_factory=dict)
    c7_t1_required: bool = False
    preliminary_step: bool = True
    password_minutes: int = LONGEST_PASSWORD_MINUTES

    def names_the_canal(self, grade: str) -> bool:
        """Whether the department's words of a grade say by themselves what is narrow."""
        return any(what in self.canal_zh.get(grade, "") for what in _NARROW)

    def canal_words(self, grade: str) -> str:
        """What the department calls a canal grade in Chinese, with what is narrow; empty where it says what ships."""
        own = self.canal_zh.get(grade, "")
        return own if not own or self.names_the_canal(grade) else f"椎管{own}"

    def as_definition(self) -> dict[str, Any]:
        return {
            "thick_mm": {ligament: dict(self.thick_mm[ligament]) for ligament in LIGAMENTS},
            "slip_mm": self.slip_mm,
            "canal_zh": dict(self.canal_zh),
            "c7_t1_required": self.c7_t1_required,
            "preliminary_step": self.preliminary_step,
            "password_minutes": self.password_minutes,
        }


SHIPPED_RULES = HouseRules()


def rules_in(content: Mapping[str, Any]) -> HouseRules:
    """The settings that a report's content was made with (``content.house_rules_content``)."""
    kept = content.get("house_rules") or {}
    return HouseRules(**{name: kept[name] for name in SHIPPED_RULES.as_definition()}) if kept else SHIPPED_RULES


def check(rules: HouseRules) -> None:
    """Raises :class:`InvalidInput` for sizes, minutes or words that cannot be meant."""
    sizes = [rules.slip_mm, *(mm for levels in rules.thick_mm.values() for mm in levels.values())]
    if not all(0.5 <= mm <= 10 and round(mm, 1) == mm for mm in sizes):
        raise InvalidInput(_("A size is 0.5 to 10 mm, with at most one decimal"))
    if not 0 <= rules.password_minutes <= LONGEST_PASSWORD_MINUTES:
        raise InvalidInput(_("A password counts for 0 to 5 minutes"))
    if any(not words.strip() or len(words) > LONGEST_WORDS for words in rules.canal_zh.values()):
        raise InvalidInput(_("The words of a grade are 1 to 40 characters"))


def worded(template: Template, rules: HouseRules) -> Template:
    """The template in the words of the department: its canal grades, and from which size a ligament is thickened.

    Of no level in particular a ligament's words hold the range of its sizes; at a level (``Template.at``) that one's.
    """
    if rules == SHIPPED_RULES:
        return template
    at_levels = {
        (key, level): _sized(template[key], mm) for key in LIGAMENTS for level, mm in rules.thick_mm[key].items()
    }
    return replace(template, fields=tuple(_worded(field, rules) for field in template.fields), at_levels=at_levels)


def _sized(field: Field, *sizes_mm: float) -> Field:
    told = "–".join(dict.fromkeys(f"{mm:g}" for mm in (min(sizes_mm), max(sizes_mm))))
    choices = (
        replace(one, en=f"thickened (> {told} mm)", zh=f"增厚（>{told} mm）") if one.code == "thickened" else one
        for one in field.choices
    )
    return replace(field, choices=tuple(choices))


def _worded(field: Field, rules: HouseRules) -> Field:
    if field.key in LIGAMENTS:
        return _sized(field, *rules.thick_mm[field.key].values())
    if field.key != "canal_grade":
        return field
    words = rules.canal_zh
    choices = (replace(c, zh=f"{c.code}级：{words[c.code]}") if c.code in words else c for c in field.choices)
    return replace(field, choices=tuple(choices))
