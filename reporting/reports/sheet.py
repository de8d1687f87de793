"""A report's fields at one moment, as plain data: what drafting, checks and rendering read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reporting.reports.house_rules import SHIPPED_RULES, HouseRules
from reporting.reports.places import Place
from reporting.reports.states import VALUED_STATES, FindingState
from reporting.reports.template.spec import Condition, Field, Kind, Scope, Template
from reporting.vocabulary import DiscLevel

OTHER_SERIES = "other"  # how the field ``sequences`` calls a series that was not recognised
Value = str | float | list[str] | None


@dataclass(frozen=True)
class Statement:
    """One place's state. ``machine_positive`` is what the machine said there, whether or not it may suggest."""

    state: FindingState = FindingState.UNSET
    value: Value = None
    machine_value: Value = None
    machine_positive: bool | None = None
    machine_note: str = ""
    bulk: bool = False


UNSET = Statement()


@dataclass(frozen=True)
class Facts:
    """What the study says of itself: series roles present, optional levels in view, gate, and whether levels hold."""

    sequences: tuple[str, ...] = ()
    extra_levels: frozenset[str] = frozenset()
    gate: str = "none"
    gate_reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels_plausible: bool = True
    demo_weights: str = ""
    algorithm: str = ""
    has_earlier_study: bool = False
    earlier_study: str = ""  # the newest one of the patient before this study: date, accession number
    covers_all: bool = False  # the machine named every level from C2 to T1
    level_method: str = "manual"  # how the levels got their names, as far as the program can know
    before: Mapping[Place, Value] = field(default_factory=dict)  # signed of the patient before this study
    earlier_category: int | None = None  # gravest in what was last signed or handed over of this study; 0: none
    values_outside: int = 0  # human values whose structure has no level now


@dataclass(frozen=True)
class Sheet:
    """Statements by place. A value counts as human only in the two states in which a person stands behind it."""

    template: Template
    statements: Mapping[Place, Statement]
    facts: Facts = field(default_factory=Facts)
    rules: HouseRules = SHIPPED_RULES

    def at(self, place: Place) -> Statement:
        return self.statements.get(place, UNSET)

    def human(self, place: Place) -> Value:
        """The value a person stands behind, or ``None``."""
        statement = self.at(place)
        return statement.value if statement.state in VALUED_STATES else None

    def code(self, key: str, level: str = "", side: str = "", instance: int = 1) -> str:
        """The human choice at a place, or the empty string."""
        value = self.human(Place(key, level, side, instance))
        return value if isinstance(value, str) else ""

    def codes(self, key: str, level: str = "", instance: int = 1) -> list[str]:
        """The human choices of a field with many, or an empty list."""
        value = self.human(Place(key, level, instance=instance))
        return value if isinstance(value, list) else []

    def number(self, key: str, level: str = "", side: str = "", instance: int = 1) -> float | None:
        """The number a person confirmed, or ``None``."""
        value = self.human(Place(key, level, side, instance))
        return float(value) if isinstance(value, int | float) else None

    def levels_confirmed(self) -> bool:
        """Machine values count for nothing before this."""
        return bool(self.code("level_status"))

    @cached_property
    def _instances(self) -> Mapping[tuple[str, str], tuple[int, ...]]:
        used: dict[tuple[str, str], set[int]] = {}
        for place, said in self.statements.items():
            if said.state is not FindingState.UNSET:
                used.setdefault((place.field, place.level), {1}).add(place.instance)
        return {where: tuple(sorted(numbers)) for where, numbers in used.items()}

    def instances(self, key: str, level: str = "") -> tuple[int, ...]:
        """Instance numbers in use at a level; always at least the first. One that was cleared is not in use."""
        return self._instances.get((key, level), (1,))

    @cached_property
    def _places(self) -> dict[tuple[str, bool], tuple[Place, ...]]:
        return {}

    def places(self, spec: Field, *, usual: bool = False) -> tuple[Place, ...]:
        """Every place of a field, from the skull down; ``usual``: those each report speaks of or the images cover."""
        asked = (spec.key, usual)  # by every sentence, check and rule, so they are listed once
        if asked not in self._places:
            self._places[asked] = tuple(self._each_place(spec, usual))
        return self._places[asked]

    def _each_place(self, spec: Field, usual: bool) -> Iterator[Place]:
        for level in spec.levels:
            if usual and level not in spec.usual_levels and not self._covered(spec, level):
                continue
            for side in spec.sides:
                for instance in self._instances_of(spec, level):
                    yield Place(spec.key, level, side, instance)

    def asked_levels(self, spec: Field) -> frozenset[str]:
        """Levels at which every report says a required field: the usual ones, and C7/T1 where the department asks."""
        c7_t1 = {DiscLevel.C7_T1.value} if self.rules.c7_t1_required else set()
        return frozenset(spec.usual_levels) | (c7_t1 & set(spec.levels))

    def _covered(self, spec: Field, level: str) -> bool:
        if spec.key == "slip" and level == "C7":
            return "T1" in self.facts.extra_levels
        return spec.scope is Scope.DISC and level in self.facts.extra_levels

    def holds(self, condition: Condition | None, place: Place, *, human_only: bool = False) -> bool:
        """Whether the condition is met where ``place`` is; ``None`` is always met.

        A whole-study field looks at every level of a level's field, one that does not repeat at every instance.
        Suggestions count unless ``human_only``.
        """
        if condition is None:
            return True
        spec = self.template[condition.field]
        levels = (place.level,) if place.level in spec.levels else spec.levels
        sides = (place.side,) if place.side in spec.sides else spec.sides
        together = spec.repeatable and self.template[place.field].repeatable
        for level in levels:
            for instance in (place.instance,) if together else self._instances_of(spec, level):
                for side in sides:
                    other = Place(spec.key, level, side, instance)
                    value = self.human(other) if human_only else self.at(other).value
                    held = value if isinstance(value, list) else [value]
                    if any(v in condition.values for v in held) and self.applicable(other, human_only=human_only):
                        return True
        return False

    def _instances_of(self, spec: Field, level: str) -> tuple[int, ...]:
        return self.instances(spec.key, level) if spec.repeatable else (1,)

    def applicable(self, place: Place, *, human_only: bool = False) -> bool:
        """Whether the field has any meaning there (a herniation zone without a herniation has none)."""
        return self.holds(self.template[place.field].only_when, place, human_only=human_only)

    def default_of(self, place: Place) -> Value:
        """The normal value "confirm the rest" would set here, or ``None`` when there is none."""
        spec = self.template[place.field]
        if spec.default is None or not self.applicable(place):
            return None
        if spec.key == "level_method":
            return self.facts.level_method
        if spec.key == "coverage" and not self.facts.covers_all:
            return None
        if spec.key == "comparison" and self.facts.has_earlier_study:
            return None  # "no earlier study" would be untrue
        if spec.default_unless is not None and self.holds(spec.default_unless, place):
            return None
        return [spec.default] if spec.kind is Kind.MULTI else spec.default

    def is_default(self, place: Place, value: Value) -> bool:
        default = self.template[place.field].default
        return default is not None and value in (default, [default])
