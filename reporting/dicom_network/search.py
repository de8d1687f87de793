"""QIDO-RS (PS3.18 10.6): studies, series and objects by their attributes, answered from our tables alone.

What is compared stands apart from the values, so that a question in the same form is put into SQL once.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import or_
from typing import Any

from django.db.models import CharField, DateField, Exists, IntegerField, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from reporting.core.compiled_query import CompiledQuery, Given
from reporting.core.errors import InvalidInput
from reporting.studies.models import Series

MAX_RESULTS = 5000
DEFAULT_RESULTS = 1000
MAX_VALUES = 500
_MAX_TEXT = 324
_DATE = re.compile(r"(\d{8})?(-(\d{8})?)?")
_PAGING = ("limit", "offset", "includefield", "fuzzymatching")
_FIELDS = {str: CharField, int: IntegerField, date: DateField}

Value = str | int | date


@dataclass(frozen=True)
class Lookup:
    """A comparison in Django's words (``patient__name__iregex``) with ``count`` values of a type, not yet said."""

    name: str
    type: type[Value] = str
    count: int = 1

    def condition(self, names: Sequence[str]) -> Q:
        given = [Given(name, _FIELDS[self.type]()) for name in names]
        return Q(**{self.name: given if self.name.endswith("__in") else given[0]})


class SeriesLookup(Lookup):
    """Holds of a study where it holds of one of its series."""

    def condition(self, names: Sequence[str]) -> Q:
        return Q(Exists(Series.objects.filter(super().condition(names), study=OuterRef("pk"))))


Clause = tuple[tuple[Lookup, tuple[Value, ...]], ...]
"""Comparisons of which one holds, each with its values."""

Shape = tuple[tuple[Lookup, ...], ...]
"""Clauses that all hold, without their values."""

Condition = Callable[[str], list[Clause]]


def _text(path: str, lookup: type[Lookup] = Lookup, *, any_case: bool = True) -> Condition:
    """Wildcard matching (PS3.4 C.2.2.2.4): ``*`` any characters, ``?`` one."""
    alike, like = ("iexact", "iregex") if any_case else ("exact", "regex")

    def condition(value: str) -> list[Clause]:
        if len(value) > _MAX_TEXT or "\x00" in value:
            raise InvalidInput(_("This is no value to search for"))
        if not set(value) & {"*", "?"}:
            return [((lookup(f"{path}__{alike}"), (value,)),)]
        return [((lookup(f"{path}__{like}"), (f"^{_pattern(value, '.')}$",)),)]

    return condition


def _identifier(path: str) -> Condition:
    """As it is written (PS3.4 C.2.2.2.1): another case may be another patient, and the database has an index."""
    return _text(path, any_case=False)


def _name(path: str) -> Condition:
    """As :func:`_text`, of the whole name or of one of its groups: letters, characters, sounds (PS3.5 6.2.1.2)."""
    whole = _text(path)

    def condition(value: str) -> list[Clause]:
        group = (Lookup(f"{path}__iregex"), (f"(^|=){_pattern(value, '[^=]')}(=|$)",))
        return [(*clause, group) for clause in whole(value)]

    return condition


def _pattern(value: str, any_sign: str) -> str:
    pieces = {"*": f"{any_sign}*", "?": any_sign}
    return "".join(pieces.get(sign) or re.escape(sign) for sign in re.sub(r"\*+", "*", value))


def _uids(path: str) -> Condition:
    def condition(value: str) -> list[Clause]:
        uids = tuple(re.split(r"[,\\]", value))
        if len(uids) > MAX_VALUES or not all(re.fullmatch(r"[0-9.]{1,64}", uid) for uid in uids):
            raise InvalidInput(_("This is no list of UIDs"))
        lookup = Lookup(path) if len(uids) == 1 else Lookup(f"{path}__in", str, len(uids))
        return [((lookup, uids),)]

    return condition


def _number(path: str) -> Condition:
    def condition(value: str) -> list[Clause]:
        if not re.fullmatch(r"-?\d{1,9}", value):
            raise InvalidInput(_("This is no whole number"))
        return [((Lookup(path, int), (int(value),)),)]

    return condition


def _dates(path: str) -> Condition:
    """One day, or a range open at either end: ``20240101-20240131``."""

    def condition(value: str) -> list[Clause]:
        match = _DATE.fullmatch(value)
        if match is None or value in ("", "-"):
            raise InvalidInput(_("This is no date and no range of dates"))
        first, ranged, last = match.groups()
        limits = [("gte", first), ("lte", last)] if ranged else [("exact", first)]
        return [((Lookup(f"{path}__{how}", date), (_day(day),)),) for how, day in limits if day]

    return condition


def _day(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise InvalidInput(_("This is no date and no range of dates")) from error


def _study_conditions(path: str) -> dict[str, Condition]:
    return {
        "StudyInstanceUID": _uids(f"{path}study_instance_uid"),
        "StudyDate": _dates(f"{path}study_date"),
        "StudyDescription": _text(f"{path}description"),
        "AccessionNumber": _identifier(f"{path}accession_number"),
        "PatientName": _name(f"{path}patient__name"),
        "PatientID": _identifier(f"{path}patient__patient_id"),
        "PatientSex": _text(f"{path}patient__sex"),
        "PatientBirthDate": _dates(f"{path}patient__birth_date"),
    }


def _series_conditions(path: str) -> dict[str, Condition]:
    return {
        "SeriesInstanceUID": _uids(f"{path}series_instance_uid"),
        "SeriesNumber": _number(f"{path}series_number"),
        "SeriesDescription": _text(f"{path}description"),
        "Modality": _text(f"{path}modality"),
    }


STUDY_FILTERS = {**_study_conditions(""), "ModalitiesInStudy": _text("modality", SeriesLookup)}
SERIES_FILTERS = {**_study_conditions("study__"), **_series_conditions("")}
INSTANCE_FILTERS = {
    **_study_conditions("series__study__"),
    **_series_conditions("series__"),
    "SOPInstanceUID": _uids("sop_instance_uid"),
    "SOPClassUID": _uids("sop_class_uid"),
    "InstanceNumber": _number("instance_number"),
}


def conditions(shape: Shape) -> list[Q]:
    """Of a query to compile that :meth:`Question.answer` asks, its values numbered in order."""
    names = (str(number) for number in itertools.count())
    return [
        functools.reduce(or_, (lookup.condition([next(names) for _ in range(lookup.count)]) for lookup in clause))
        for clause in shape
    ]


@dataclass(frozen=True)
class Question:
    """What was asked: conditions on rows, and which part of the answer. ``unknown``: attributes we cannot match."""

    clauses: tuple[Clause, ...]
    limit: int
    offset: int
    unknown: tuple[str, ...]

    @classmethod
    def read(cls, query: QueryDict, filters: dict[str, Condition], **address: str) -> Question:
        """Raises :class:`InvalidInput`. Names are keywords or tags; no name of the client's reaches the database.

        ``address``: what the address says, by keyword.
        """
        clauses = [clause for keyword, value in address.items() for clause in filters[keyword](value)]
        unknown = []
        for name, values in query.lists():
            if name in _PAGING:
                continue
            keyword = _keyword(name)
            if keyword in filters:
                asked = [value for value in values if value not in ("", "*")]
                clauses += [clause for value in asked for clause in filters[keyword](value)]
            else:
                unknown.append(keyword)
        limit, offset = _whole(query.get("limit"), DEFAULT_RESULTS), _whole(query.get("offset"), 0)
        return cls(tuple(clauses), min(limit, MAX_RESULTS), offset, tuple(unknown))

    @property
    def shape(self) -> Shape:
        return tuple(tuple(lookup for lookup, _values in clause) for clause in self.clauses)

    def answer(self, query: CompiledQuery) -> tuple[list[dict[str, Any]], bool]:
        """The rows asked for, and whether there are more behind them. ``query``: of this question's shape."""
        values = (value for clause in self.clauses for _lookup, said in clause for value in said)
        given = {str(number): value for number, value in enumerate(values)}
        found = query.part(self.limit + 1, self.offset, given)
        return found[: self.limit], len(found) > self.limit


def _keyword(name: str) -> str:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        keyword = str(keyword_for_tag(int(name, 16)))
    else:
        keyword = name if tag_for_keyword(name) is not None else ""
    if not keyword:
        raise InvalidInput(_("There is no such attribute"))
    return keyword


def _whole(value: str | None, default: int) -> int:
    if value is None:
        return default
    if not re.fullmatch(r"\d{1,9}", value):
        raise InvalidInput(_("This is no whole number"))
    return int(value)
