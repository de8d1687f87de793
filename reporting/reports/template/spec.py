"""What a report template is made of. Pure data types; the wording lives in the blocks beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from reporting.vocabulary import REPORTED_VERTEBRAE, Code, DiscLevel, MachineFinding, Side, Vertebra


class Block(StrEnum):
    """Parts of the report, in the order in which they are printed."""

    EXAM = "exam"
    ALIGNMENT = "alignment"
    VERTEBRA = "vertebra"
    DISC = "disc"
    CORD = "cord"
    OTHER = "other"


class Scope(StrEnum):
    """What one row of the field belongs to."""

    STUDY = "study"
    VERTEBRA = "vertebra"
    DISC = "disc"
    LESION = "lesion"  # repeats for the whole study: instance 1, 2 …


class Kind(StrEnum):
    CHOICE = "choice"
    MULTI = "multi"  # any number of choices
    NUMBER = "number"
    TEXT = "text"


class Fill(StrEnum):
    """Who may fill a field."""

    HUMAN = "human"
    MACHINE = "machine"  # one of the classifiers suggests
    MEASURED = "measured"  # a measurement may stand beside it as evidence
    AUTOMATIC = "automatic"  # from the order or the series


@dataclass(frozen=True)
class Choice:
    """One value a field may take; ``text`` prints in the findings, ``impression`` in the impression when given.

    Texts may hold ``{at}`` (where), ``{mm}`` (a confirmed number, in brackets) and ``{side}``.
    """

    code: str
    en: str
    zh: str
    text_en: str = ""
    text_zh: str = ""
    impression_en: str = ""
    impression_zh: str = ""
    coded: Code | None = None
    qualifier: Code | None = None  # how severe, beside what it is


@dataclass(frozen=True)
class Condition:
    """True when another field (same level, side or lesion where it has one) holds one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """One field of the template.

    ``default`` is the normal value that "confirm the rest" sets; it never applies where ``default_unless`` holds.
    ``normal_*`` is the whole sentence when every level is normal, ``clause_*`` the one that follows named levels.
    """

    key: str
    block: Block
    scope: Scope
    kind: Kind
    en: str
    zh: str
    choices: tuple[Choice, ...] = ()
    sided: bool = False
    repeats: bool = False  # at one level: instance 1, 2 …
    fill: Fill = Fill.HUMAN
    machine: MachineFinding | None = None
    unvalidated: bool = False
    unit: str = ""
    default: str | None = None
    default_unless: Condition | None = None
    normal_en: str = ""
    normal_zh: str = ""
    clause_en: str = ""
    clause_zh: str = ""
    required: bool = False
    only_when: Condition | None = None
    impression_group: int = 9
    coded: Code | None = None
    number: str = ""  # the field whose confirmed number fills {mm}
    note_en: str = ""
    note_zh: str = ""
    minimum: float = 0.0
    maximum: float = 1000.0

    @property
    def repeatable(self) -> bool:
        return self.repeats or self.scope is Scope.LESION

    @property
    def prints_when_default(self) -> bool:
        return bool(self.normal_en)

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Every level the field may be given for, from the skull down; one empty level for whole-study fields."""
        if self.scope is Scope.VERTEBRA:
            return tuple(v.value for v in Vertebra)
        if self.scope is Scope.DISC:
            return tuple(d.value for d in DiscLevel)
        return ("",)

    @cached_property
    def usual_levels(self) -> tuple[str, ...]:
        """The levels every report speaks of: C2–C7 (a slip needs the vertebra below: C2–C6) and C2/3–C6/7."""
        if self.scope is Scope.VERTEBRA:
            usual = tuple(v.value for v in REPORTED_VERTEBRAE)
            return usual[:-1] if self.key == "slip" else usual
        if self.scope is Scope.DISC:
            return tuple(d.value for d in DiscLevel)[:-1]
        return ("",)

    @cached_property
    def sides(self) -> tuple[str, ...]:
        return (Side.LEFT.value, Side.RIGHT.value) if self.sided else ("",)

    def choice(self, code: str) -> Choice:
        """The choice with this code. Raises ``KeyError`` for a code the field does not have."""
        for choice in self.choices:
            if choice.code == code:
                return choice
        raise KeyError(f"{self.key} has no value {code!r}")


@dataclass(frozen=True)
class Template:
    """All fields of one template version, in printing order."""

    version: str
    fields: tuple[Field, ...]
    codes: Mapping[str, Mapping[str, Code]] = field(default_factory=dict)  # of what every field shares, by group
    at_levels: Mapping[tuple[str, str], Field] = field(default_factory=dict)  # key, level: worded otherwise there
    by_key: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key = {f.key: f for f in self.fields}
        if len(by_key) != len(self.fields):
            raise ValueError("two fields share a key")
        for f in self.fields:
            for condition in (f.only_when, f.default_unless):
                if condition is not None:
                    for value in condition.values:
                        by_key[condition.field].choice(value)
            if f.default is not None:
                f.choice(f.default)
        object.__setattr__(self, "by_key", by_key)

    def __getitem__(self, key: str) -> Field:
        return self.by_key[key]

    def at(self, key: str, level: str) -> Field:
        """The field in its words at ``level``."""
        return self.at_levels.get((key, level)) or self[key]

    def of_block(self, block: Block) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.block is block)
