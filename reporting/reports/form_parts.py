"""What the form is made of, as the page's templates read it: fields, groups, and what counts as open or notable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reporting.reports.key_slices import LevelPlace, SliceRef
from reporting.reports.states import HUMAN_STATES, FindingState
from reporting.reports.template import Kind

MAX_BUTTONS = 5
MAX_BUTTON_CHARACTERS = 56


def dom_id(place: str) -> str:
    """The id of a place's element: ``lf@C5/6:left`` → ``f-lf-C5-6-left``."""
    return "f-" + place.translate(str.maketrans("@:#/", "----"))


@dataclass(frozen=True)
class ChoiceView:
    """``short`` is what the button says where the label is a grade with its definition ("2: cord deformed …")."""

    code: str
    label: str
    short: str
    is_chosen: bool
    is_suggested: bool
    is_default: bool


@dataclass(frozen=True)
class MachineView:
    """What the machine said at this place. Percentages are 0–100, lengths millimetres."""

    label: str
    positive: bool
    probability: float
    probability_percent: float
    threshold: float
    threshold_percent: float
    mm: float | None
    mm_from_mask: float | None
    disagrees: bool
    algorithm: str
    weights: str
    applicability: str
    flags: tuple[str, ...]
    slice: SliceRef | None


@dataclass(frozen=True)
class FieldView:
    """One field at one place. ``dom_id`` is unique on the page and safe in an address."""

    place: str
    dom_id: str
    label: str
    kind: str
    state: str
    state_label: str
    value: Any
    value_label: str
    choices: tuple[ChoiceView, ...]
    unit: str
    note: str
    required: bool
    unvalidated: bool
    bulk: bool
    set_by: str
    has_details: bool
    machine: MachineView | None
    machine_note: str
    not_run: str  # why the machine says nothing here, in the reader's words; empty where it was not asked or has spoken
    beside: tuple[MachineView, ...]  # of other algorithms; never a suggestion
    is_shown: bool
    is_automatic: bool  # told by the study itself, nothing to set
    can_edit: bool
    is_usual: bool
    is_detail: bool
    ordered: str = ""  # what the hospital's order says of it, to be taken over; never by itself
    requested: str = ""  # the same of the request inside the images, where that says something else

    @property
    def as_buttons(self) -> bool:
        """Few short choices stand side by side; more would break the row."""
        words = sum(len(choice.short) for choice in self.choices)
        return self.kind == Kind.CHOICE and len(self.choices) <= MAX_BUTTONS and words <= MAX_BUTTON_CHARACTERS

    @property
    def definition(self) -> str:
        """The chosen grade in full, where its button shows the number only."""
        return next((c.label for c in self.choices if c.is_chosen and c.short != c.label), "")

    @property
    def is_suggested(self) -> bool:
        return self.state == FindingState.AI_SUGGESTED

    @property
    def is_to_decide(self) -> bool:
        """A suggestion of disease: "confirm the rest" leaves it to be decided one by one."""
        return self.is_suggested and self.machine is not None and self.machine.positive

    @property
    def is_decided(self) -> bool:
        return self.state in HUMAN_STATES

    @property
    def is_open(self) -> bool:
        """Nobody has stood behind a value yet, and a report usually needs one: it prints as not assessed."""
        return self.is_shown and self.is_usual and not self.is_decided and not self.is_to_decide

    @property
    def is_notable(self) -> bool:
        """Worth a chip on the closed level: disease suggested, not evaluable, or decided and not the normal value."""
        if not self.is_shown or (self.is_suggested and self.is_detail):
            return False
        if self.is_to_decide or self.state == FindingState.NOT_EVALUABLE:
            return True
        return self.is_decided and not any(choice.is_default and choice.is_chosen for choice in self.choices)


@dataclass(frozen=True)
class GroupView:
    """A block of the form, or one level of it."""

    name: str
    title: str
    fields: tuple[FieldView, ...]
    place: LevelPlace | None = None
    is_disc: bool = False
    is_optional: bool = False

    @property
    def chips(self) -> tuple[FieldView, ...]:
        return tuple(field for field in self.fields if field.is_notable)

    @property
    def suggested(self) -> int:
        """Suggestions of disease that nobody has decided."""
        return sum(field.is_to_decide and field.is_shown for field in self.fields)

    @property
    def open(self) -> int:
        return sum(field.is_open for field in self.fields)

    @property
    def negatives(self) -> int:
        """Suggestions of "no disease" that nobody has confirmed."""
        return sum(field.is_suggested and field.is_open for field in self.fields)

    @property
    def is_normal(self) -> bool:
        """Every usual field decided, and nothing to remark. Unset is not normal."""
        return not self.chips and not self.open and any(field.is_decided for field in self.fields)


@dataclass(frozen=True)
class FormView:
    exam: GroupView
    alignment: GroupView
    levels: tuple[GroupView, ...]
    cord: GroupView
    other: GroupView
    levels_confirmed: bool
    suggested: int
    open: int
