"""The form at a glance: a row a level, what a person says of it and what the machine said beside it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from reporting.reports.form_parts import ChoiceView, FieldView, FormView
from reporting.vocabulary import DiscLevel, Side

# Key, side and heading of each column. Slip and osteophytes are those of the vertebra above the disc.
COLUMNS = (
    ("disc_class", "", _("Disc")),
    ("canal_grade", "", _("Canal")),
    ("pll", "", _("PLL")),
    ("lf", Side.RIGHT.value, _("LF R")),
    ("lf", Side.LEFT.value, _("LF L")),
    ("foramen", Side.RIGHT.value, _("For. R")),
    ("foramen", Side.LEFT.value, _("For. L")),
    ("slip", "", _("Slip")),
    ("osteophyte", "", _("Osteoph.")),
)


@dataclass(frozen=True)
class TableCell:
    """``value``: what a person stands behind; ``machine``: what the machine said, where it said something.

    ``sign`` and ``machine_sign`` are the same in one or two characters: a grade, or whether it is there.
    """

    field: FieldView
    value: str
    sign: str
    machine: str
    machine_sign: str
    is_normal: bool

    @property
    def differs(self) -> bool:
        """The machine said one thing, a person another."""
        return bool(self.machine and self.value and self.machine != self.value)


@dataclass(frozen=True)
class TableRow:
    level: str
    cells: tuple[TableCell | None, ...]


def level_table(form: FormView) -> tuple[TableRow, ...]:
    """One row for each disc, in the words of the form."""
    fields = {field.place: field for level in form.levels for field in level.fields}
    return tuple(TableRow(disc.value, tuple(_cells(disc, fields))) for disc in DiscLevel)


def _cells(disc: DiscLevel, fields: dict[str, FieldView]) -> Iterator[TableCell | None]:
    for key, side, _heading in COLUMNS:
        level = disc.upper_vertebra.value if key in ("slip", "osteophyte") else disc.value
        field = fields.get(f"{key}@{level}" + (f":{side}" if side else ""))
        yield _cell(field) if field is not None and field.is_shown else None


def _cell(field: FieldView) -> TableCell:
    chosen = next((choice for choice in field.choices if choice.is_chosen), None)
    suggested = next((choice for choice in field.choices if choice.is_suggested and field.machine is not None), None)
    return TableCell(
        field=field,
        value=chosen.label if chosen else "",
        sign=_sign(field, chosen),
        machine=suggested.label if suggested else "",
        machine_sign=_sign(field, suggested),
        is_normal=bool(chosen and chosen.is_default),
    )


def _sign(field: FieldView, choice: ChoiceView | None) -> str:
    if choice is None:
        return ""
    if len(field.choices) == 2:
        return "−" if choice.is_default else "+"
    return choice.short
