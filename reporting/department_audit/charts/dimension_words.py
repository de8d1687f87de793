"""What figures are broken down by, and its values, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.charts.tables import Word
from reporting.department_audit.figure_types import Figure
from reporting.department_audit.filters import Dimension
from reporting.department_audit.scanners import OTHER
from reporting.department_audit.words import UNKNOWN, AgeBand, Outcome, Protocol, ReaderGroup, Truth
from reporting.reports.wording import finding_text
from reporting.vocabulary import DiscLevel, MachineFinding, Vertebra

DIMENSIONS = {
    Dimension.FINDING: _("Finding"),
    Dimension.LEVEL: _("Level"),
    Dimension.SIDE: _("Side"),
    Dimension.ALGORITHM: _("Algorithm"),
    Dimension.VENDOR: _("Vendor"),
    Dimension.FIELD_STRENGTH: _("Field strength"),
    Dimension.SEX: _("Sex"),
    Dimension.AGE: _("Age"),
    Dimension.PROTOCOL: _("Protocol"),
    Dimension.READERS: _("Reader group"),
    Dimension.MONTH: _("Month"),
}
# Names of a filter that are not dimensions.
FILTER_NAMES = {
    "month_from": _("From month"),
    "month_to": _("to month"),
    "outcome": _("Outcome"),
    "truth": _("Held against"),
}
_ORDERS: dict[Dimension, list[str]] = {
    Dimension.FINDING: [finding.value for finding in MachineFinding],
    Dimension.LEVEL: [*(vertebra.value for vertebra in Vertebra), *(level.value for level in DiscLevel)],
}
_Group = TypeVar("_Group", bound=Figure)
_WORDS: dict[str, dict[Any, Any]] = {
    "side": {"left": _("left"), "right": _("right"), "": _("no side")},
    "vendor": {OTHER: _("other vendor")},
    "sex": {
        "F": pgettext_lazy("sex", "female"),
        "M": pgettext_lazy("sex", "male"),
        "O": pgettext_lazy("sex", "other"),
    },
    "age_band": dict(AgeBand.choices),
    "protocol": dict(Protocol.choices),
    "reader_group": dict(ReaderGroup.choices),
    "outcome": dict(Outcome.choices),
    "truth": dict(Truth.choices),
}


def filter_name(name: str) -> str:
    return str(FILTER_NAMES.get(name) or DIMENSIONS[Dimension(name)])


def value_word(name: str, value: str) -> Word:
    """The value of a dimension or filter, with the word for it."""
    if name == "finding":
        return Word(value, finding_text(value))
    if name == "field_strength" and value != UNKNOWN:
        return Word(value, f"{value} T")
    known = _WORDS.get(name, {}).get(value)
    if known is None:
        known = _("not known") if value in (UNKNOWN, "") else value
    return Word(value, str(known))


def in_order(found: Sequence[_Group], dimension: Dimension) -> list[_Group]:
    """Groups from top to bottom as the field lists them: findings as everywhere, levels from the skull down."""
    order = _ORDERS.get(dimension, ())
    return sorted(found, key=lambda group: order.index(group.value) if group.value in order else len(order))
