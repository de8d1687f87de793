"""Which facts a figure is made of. A filter stands in the address, so a figure can be kept, sent and gone back to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.department_audit.scanners import VENDORS
from reporting.department_audit.words import UNKNOWN, AgeBand, Outcome, Protocol, ReaderGroup, Truth
from reporting.vocabulary import DiscLevel, MachineFinding, Side, Vertebra

SEXES = ("F", "M", "O", UNKNOWN)
_MONTH = re.compile(r"(20\d\d|19\d\d)-(0[1-9]|1[0-2])")
_FIELD_STRENGTH = re.compile(r"\d{1,2}(\.\d{1,2})?|unknown")
LONGEST = 97


class Dimension(StrEnum):
    """What figures can be broken down by; the names are those of the address and of :class:`Filter`."""

    FINDING = "finding"
    LEVEL = "level"
    SIDE = "side"
    ALGORITHM = "algorithm"
    VENDOR = "vendor"
    FIELD_STRENGTH = "field_strength"
    SEX = "sex"
    AGE = "age_band"
    PROTOCOL = "protocol"
    READERS = "reader_group"
    MONTH = "month"


PLACE_DIMENSIONS = (Dimension.FINDING, Dimension.LEVEL, Dimension.SIDE)
READ_DIMENSIONS = (
    Dimension.ALGORITHM,
    Dimension.VENDOR,
    Dimension.FIELD_STRENGTH,
    Dimension.SEX,
    Dimension.AGE,
    Dimension.PROTOCOL,
    Dimension.READERS,
)
_CHOICES: Mapping[str, Collection[str]] = {
    "finding": [f.value for f in MachineFinding],
    "level": [*(v.value for v in Vertebra), *(d.value for d in DiscLevel)],
    "side": [Side.LEFT.value, Side.RIGHT.value],
    "vendor": VENDORS,
    "sex": SEXES,
    "age_band": AgeBand.values,
    "protocol": Protocol.values,
    "reader_group": ReaderGroup.values,
    "outcome": Outcome.values,
    "truth": Truth.values,
}


@dataclass(frozen=True)
class Filter:
    """Empty: any. ``truth``: what the machine is held against. ``outcome`` only narrows the list of cases.

    ``month_from`` and ``month_to`` are first days of months, both included.
    """

    finding: str = ""
    level: str = ""
    side: str = ""
    algorithm: str = ""
    vendor: str = ""
    field_strength: str = ""
    sex: str = ""
    age_band: str = ""
    protocol: str = ""
    reader_group: str = ""
    month_from: date | None = None
    month_to: date | None = None
    outcome: str = ""
    truth: str = Truth.FINAL.value

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, also: Collection[str] = ()) -> Filter:
        """Strict. ``also``: other parameters of the address.

        Raises:
            InvalidInput: naming a parameter or value that does not exist.
        """
        known = {field.name for field in fields(cls)}
        for name in query:
            if name not in known and name not in also:
                raise InvalidInput(_("There is no filter named %(name)s") % {"name": name[:40]})
        given = {name: text for name in known if (text := query.get(name, "").strip())}
        bounds = {name: _month(given.pop(name)) for name in ("month_from", "month_to") if name in given}
        values: dict[str, Any] = {name: _checked(name, text) for name, text in given.items()} | bounds
        found = replace(cls(), **values)
        if found.month_from and found.month_to and found.month_from > found.month_to:
            raise InvalidInput(_("The first month lies after the last one"))
        return found

    def for_figures(self) -> Filter:
        """Itself. Raises :class:`InvalidInput` where it asks for an outcome: that narrows lists of cases, no figure."""
        if self.outcome:
            raise InvalidInput(_("An outcome narrows lists of cases, not figures"))
        return self

    def query(self) -> dict[str, str]:
        """As parameters of an address; what is any, or usual, is left out."""
        usual = Filter()
        return {
            field.name: value.strftime("%Y-%m") if isinstance(value, date) else value
            for field in fields(self)
            if (value := getattr(self, field.name)) != getattr(usual, field.name)
        }

    def urlencode(self) -> str:
        return urlencode(self.query())

    def with_value(self, dimension: Dimension, value: str) -> Filter:
        """This filter narrowed to one group of a breakdown; a month narrows both ends."""
        if dimension is Dimension.MONTH:
            month = _month(value)
            return replace(self, month_from=month, month_to=month)
        narrowed: dict[str, Any] = {dimension.value: value}
        return replace(self, **narrowed)

    def conditions(self) -> dict[Dimension, str]:
        """What it asks of the read's own dimensions: those that are not any."""
        return {d: value for d in READ_DIMENSIONS if (value := getattr(self, d.value))}


def dimension_from(text: str) -> Dimension:
    """Raises :class:`InvalidInput` for no dimension."""
    try:
        return Dimension(text)
    except ValueError as error:
        raise InvalidInput(_("Figures cannot be broken down by %(name)s") % {"name": text[:40]}) from error


def month_text(month: date) -> str:
    return month.strftime("%Y-%m")


def _month(text: str) -> date:
    match = _MONTH.fullmatch(text)
    if match is None:
        raise InvalidInput(_("A month is written like 2026-03"))
    return date(int(match[1]), int(match[2]), 1)


def _checked(name: str, text: str) -> str:
    choices = _CHOICES.get(name)
    if choices is not None:
        good = text in choices
    elif name == "field_strength":
        good = _FIELD_STRENGTH.fullmatch(text) is not None
    else:
        good = len(text) <= LONGEST and text.isprintable()
    if not good:
        raise InvalidInput(_("%(name)s cannot be %(value)s") % {"name": name, "value": text[:40]})
    return text
