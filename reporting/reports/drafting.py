"""Machine statements and a level map → what the report proposes. Pure; nothing here is ever pre-accepted."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from reporting.reports.house_rules import SHIPPED_RULES, USUAL_MM, HouseRules
from reporting.reports.places import Place
from reporting.reports.sheet import Value
from reporting.reports.template.spec import Template
from reporting.reports.withholding import Stops
from reporting.vocabulary import GateStatus, LevelStatus, MachineFinding, Side, Zone

LEVEL_UNCERTAIN = "level_uncertain"
SAME_PLACE_MM = 5.0
"""Two runs that find a level this near to each other mean the same one: a third of the distance to its neighbour."""
NOT_HERNIATED = "not_herniated"
NEGATIVE = "negative"
WITHHELD = "withheld"
SLICE_MOVED = "slice_moved"
"""The reader chose another axial slice: what was said of the machine's own says nothing of it."""
OTHER_SIZE = "other_size"
"""The networks were taught with 2 mm (template.md T11); their word says nothing of a department's other size."""

NO_STOPS = Stops()
_ON_AXIAL = frozenset({MachineFinding.HERNIATION, MachineFinding.PLL, MachineFinding.LF})

# The field each classifier speaks to, with its values for absent and present. "Not herniated" is neither normal nor
# bulge, so it proposes nothing.
FIELD_VALUES: dict[MachineFinding, tuple[str, str | None, str]] = {
    MachineFinding.OSTEOPHYTE: ("osteophyte", "absent", "present"),
    MachineFinding.SLIP: ("slip", "none", "present"),
    MachineFinding.HERNIATION: ("disc_class", None, "herniation"),
    MachineFinding.PLL: ("pll", "not_thickened", "thickened"),
    MachineFinding.LF: ("lf", "not_thickened", "thickened"),
}


@dataclass(frozen=True)
class MachineStatement:
    """One prediction as drafting sees it; ``level`` is the machine's own name of the structure."""

    id: UUID
    finding: MachineFinding
    level: str
    side: str
    positive: bool
    zone: str = ""
    herniation_side: str = ""
    direction: str = ""
    grade: str = ""
    mm: float | None = None
    mm_from_mask: float | None = None


@dataclass(frozen=True)
class Proposal:
    """What one place starts with. ``value`` is ``None`` where the machine gives evidence but no suggestion."""

    place: Place
    prediction_id: UUID
    value: Value
    note: str = ""


@dataclass(frozen=True)
class Analysis:
    """What a report needs of a job's result, read leniently: a missing part is unknown, never assumed good."""

    gate: str = GateStatus.WITHHELD.value
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)  # name → status

    @classmethod
    def read(cls, result: Mapping[str, Any] | None) -> Analysis:
        gate = (result or {}).get("gate") or {}
        per_finding = gate.get("findings") or {}
        reasons = {
            name: tuple(str(r) for r in entry.get("reasons", ()))
            for name, entry in per_finding.items()
            if isinstance(entry, Mapping)
            and entry.get("status") not in (GateStatus.RUN.value, GateStatus.PARTIAL.value)
        }
        if gate.get("reasons"):
            reasons["study"] = tuple(str(r) for r in gate["reasons"])
        levels = {
            str(level["name"]): str(level.get("status", LevelStatus.UNCERTAIN.value))
            for level in (result or {}).get("levels") or []
            if level.get("name")
        }
        return cls(str(gate.get("status", GateStatus.WITHHELD.value)), reasons, levels)

    def is_uncertain(self, level: str) -> bool:
        return self.levels.get(level, LevelStatus.UNCERTAIN.value) != LevelStatus.NAMED.value

    def levels_are_plausible(self) -> bool:
        """Whether every level found was named with confidence; the solver checks order and spacing before that."""
        return bool(self.levels) and not any(self.is_uncertain(level) for level in self.levels)


def same_levels(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two results found the same levels: same names, same places, same certainty."""

    def found(result: Mapping[str, Any] | None) -> dict[str, tuple[Any, Any]]:
        levels = (result or {}).get("levels") or []
        return {str(level.get("name")): (level.get("status"), level.get("center_lps_mm")) for level in levels}

    before, after = found(one), found(other)
    return before.keys() == after.keys() and all(
        before[name][0] == after[name][0] and _near(before[name][1], after[name][1]) for name in before
    )


def _near(one: Any, other: Any) -> bool:
    if not one or not other:
        return bool(one) == bool(other)
    return math.dist(one, other) <= SAME_PLACE_MM


def propose(
    template: Template,
    statements: Iterable[MachineStatement],
    analysis: Analysis,
    level_map: Mapping[str, str | None],
    moved_slices: Collection[str] = (),
    stops: Stops = NO_STOPS,
    rules: HouseRules = SHIPPED_RULES,
) -> list[Proposal]:
    """One proposal per place the machine spoke of, through the level map. Levels outside the report get none.

    ``moved_slices``: structures whose axial slice a reader replaced; ``stops``: where a reader turned the machine off;
    ``rules``: the report's sizes.
    """
    proposals: list[Proposal] = []
    for statement in statements:
        level = level_map.get(statement.level)
        if level is None:
            continue
        key, negative, positive = FIELD_VALUES[statement.finding]
        place = Place(key, level, statement.side)
        if level not in template[key].levels or place.side not in template[key].sides:
            continue
        if statement.finding.value in analysis.reasons:
            proposals.append(Proposal(place, statement.id, None, WITHHELD))
        elif note := stops.note(place):
            proposals.append(Proposal(place, statement.id, None, note))
        elif analysis.is_uncertain(statement.level):
            proposals.append(Proposal(place, statement.id, None, LEVEL_UNCERTAIN))
        elif statement.level in moved_slices and statement.finding in _ON_AXIAL:
            proposals.append(Proposal(place, statement.id, None, SLICE_MOVED))
        elif not _answers(statement, level, rules):
            proposals.append(Proposal(place, statement.id, None, OTHER_SIZE))
        elif statement.positive:
            proposals.append(Proposal(place, statement.id, positive))
            proposals.extend(_details(template, statement, level))
        else:
            proposals.append(Proposal(place, statement.id, negative, NOT_HERNIATED if negative is None else NEGATIVE))
    return proposals


def _answers(statement: MachineStatement, level: str, rules: HouseRules) -> bool:
    """Whether the statement holds by the department's size as well.

    What is above the larger of two sizes is above the smaller, and the other way round; the rest only a measurement
    settles, and all of them where there are two.
    """
    of_slip = statement.finding is MachineFinding.SLIP
    ligament = rules.thick_mm.get(statement.finding.value, {})
    size = rules.slip_mm if of_slip else ligament.get(level, USUAL_MM)
    if size == USUAL_MM or statement.positive is (size < USUAL_MM):
        return True
    known = [abs(mm) for mm in (statement.mm, statement.mm_from_mask) if mm is not None]
    return bool(known) and all((mm >= size if of_slip else mm > size) is statement.positive for mm in known)


def _details(template: Template, statement: MachineStatement, level: str) -> list[Proposal]:
    """Zone and side of a herniation, direction and grade of a slip, where the machine gives them in our words."""
    details: dict[str, str] = {}
    if statement.finding is MachineFinding.HERNIATION:
        details["hern_zone"] = statement.zone
        side = template["hern_side"].only_when
        if statement.zone != Zone.CENTRAL.value:
            details["hern_side"] = statement.herniation_side
        elif side is not None and Zone.CENTRAL.value in side.values:
            details["hern_side"] = Side.MIDLINE.value
    elif statement.finding is MachineFinding.SLIP:
        details["slip_direction"] = statement.direction
        details["slip_grade"] = statement.grade
    known = {key: value for key, value in details.items() if value in {c.code for c in template[key].choices}}
    return [Proposal(Place(key, level), statement.id, value) for key, value in known.items()]
