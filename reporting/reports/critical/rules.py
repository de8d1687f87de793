"""Critical and actionable findings: a list of triggers with a clock for each category. Pure.

Categories are RadLex actionable findings: 1 within minutes, 2 within hours, 3 within days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporting.reports.critical.expressions import AllOf, AnyOf, Expression, Is
from reporting.reports.fingerprints import fingerprint
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet


@dataclass(frozen=True)
class Trigger:
    """One line of the critical list. ``superseded_by`` names triggers that make this one silent."""

    code: str
    category: int
    en: str
    zh: str
    when: Expression
    superseded_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class CriticalRules:
    """A whole list. ``minutes``: by category, within which somebody must have received the message."""

    triggers: tuple[Trigger, ...]
    minutes: Mapping[int, int]


@dataclass(frozen=True)
class Critical:
    """A trigger that fired, where, and the fingerprint its answer is tied to."""

    trigger: Trigger
    places: tuple[Place, ...]
    fingerprint: str


_ABNORMAL_SIGNAL = Is("cord_signal", ("faint_t2", "intense_t2", "t2_high_t1_low"))
# Asked about whatever the list says: unset history never means "not critical".
COMPRESSED_CORD = AnyOf(
    (
        Is("canal_grade", ("3",)),
        AllOf((_ABNORMAL_SIGNAL, Is("cord_lesion_kind", ("compressive_myelopathy",)))),
        AllOf((_ABNORMAL_SIGNAL, Is("canal_grade", ("2",)))),
    )
)


def criticals(sheet: Sheet, rules: CriticalRules) -> list[Critical]:
    """Every trigger that fires, gravest first."""
    triggers = sorted(rules.triggers, key=lambda trigger: trigger.category)
    fired = {t.code: places for t in triggers if (places := t.when.places(sheet))}
    return [
        Critical(t, tuple(dict.fromkeys(fired[t.code])), fingerprint(sheet, f"critical.{t.code}", fired[t.code]))
        for t in triggers
        if t.code in fired and not any(code in fired for code in t.superseded_by)
    ]


def urgency_is_unknown(sheet: Sheet) -> list[Place]:
    """Places of a compressed cord while onset or symptoms are unset: unset never means "not critical"."""
    if sheet.code("onset") and (sheet.codes("indication_tags") or sheet.human(Place("indication")) is not None):
        return []
    return COMPRESSED_CORD.places(sheet)
