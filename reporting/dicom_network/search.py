"""QIDO-RS (PS3.18 10.6): studies, series and objects by their attributes, answered from our tables alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from reporting.core.errors import InvalidInput
from reporting.studies.models import Series

MAX_RESULTS = 5000
DEFAULT_RESULTS = 1000
MAX_VALUES = 500
_MAX_TEXT = 324
_DATE = re.compile(r"(\d{8})?(-(\d{8})?)?")
_PAGING = ("limit", "offset", "includefield", "fuzzymatching")

Condition = Callable[[str], Q]


def _text(path: str) -> Condition:
    """Wildcard matching (PS3.4 C.2.2.2.4): ``*`` any characters, ``?`` one; no distinction of case."""

    def condition(value: str) -> Q:
        if len(value) > _MAX_TEXT or "\x00" in value:
            raise InvalidInput(_("This is no value to search for"))
        if not set(value) & {"*", "?"}:
            return Q(**{f"{path}__iexact": value})
        return Q(**{f"{path}__iregex": f"^{_pattern(value, '.')}$"})

    return condition


def _name(path: str) -> Condition:
    """As :func:`_text`, of the whole name or of one of its groups: letters, characters, sounds (PS3.5 6.2.1.2)."""
    whole = _text(path)

    def condition(value: str) -> Q:
        return whole(value) | Q(**{f"{path}__iregex": f"(^|=){_pattern(value, '[^=]')}(=|$)"})

    return condition


def _pattern(value: str, any_sign: str) -> str:
    pieces = {"*": f"{any_sign}*", "?": any_sign}
    return "".join(pieces.get(sign) or re.escape(sign) for sign in re.sub(r"\*+", "*", value))


def _uids(path: str) -> Condition:
    def condition(value: str) -> Q:
        uids = re.split(r"[,\\]", value)
        if len(uids) > MAX_VALUES or not all(re.fullmatch(r"[0-9.]{1,64}", uid) for uid in uids):
            raise InvalidInput(_("This is no list of UIDs"))
        return Q(**{f"{path}__in": uids})

    return condition


def _number(path: str) -> Condition:
    def condition(value: str) -> Q:
        if not re.fullmatch(r"-?\d{1,9}", value):
            raise InvalidInput(_("This is no whole number"))
        return Q(**{path: int(value)})

    return condition


def _dates(path: str) -> Condition:
    """One day, or a range open at either end: ``20240101-20240131``."""

    def condition(value: str) -> Q:
        match = _DATE.fullmatch(value)
        if match is None or value in ("", "-"):
            raise InvalidInput(_("This is no date and no range of dates"))
        first, ranged, last = match.groups()
        if not ranged:
            return Q(**{path: _day(first)})
        found = Q()
        if first:
            found &= Q(**{f"{path}__gte": _day(first)})
        return found & Q(**{f"{path}__lte": _day(last)}) if last else found

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
        "AccessionNumber": _text(f"{path}accession_number"),
        "PatientName": _name(f"{path}patient__name"),
        "PatientID": _text(f"{path}patient__patient_id"),
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


def _of_series_in_study(value: str) -> Q:
    return Q(Exists(Series.objects.filter(_text("modality")(value), study=OuterRef("pk"))))


STUDY_FILTERS = {**_study_conditions(""), "ModalitiesInStudy": _of_series_in_study}
SERIES_FILTERS = {**_study_conditions("study__"), **_series_conditions("")}
INSTANCE_FILTERS = {
    **_study_conditions("series__study__"),
    **_series_conditions("series__"),
    "SOPInstanceUID": _uids("sop_instance_uid"),
    "SOPClassUID": _uids("sop_class_uid"),
    "InstanceNumber": _number("instance_number"),
}


@dataclass(frozen=True)
class Question:
    """What was asked: conditions on rows, and which part of the answer. ``unknown``: attributes we cannot match."""

    conditions: tuple[Q, ...]
    limit: int
    offset: int
    unknown: tuple[str, ...]

    @classmethod
    def read(cls, query: QueryDict, filters: dict[str, Condition]) -> Question:
        """Raises :class:`InvalidInput`. Names are keywords or tags; no name of the client's reaches the database."""
        conditions, unknown = [], []
        for name, values in query.lists():
            if name in _PAGING:
                continue
            keyword = _keyword(name)
            if keyword in filters:
                conditions += [filters[keyword](value) for value in values if value not in ("", "*")]
            else:
                unknown.append(keyword)
        limit, offset = _whole(query.get("limit"), DEFAULT_RESULTS), _whole(query.get("offset"), 0)
        return cls(tuple(conditions), min(limit, MAX_RESULTS), offset, tuple(unknown))

    def answer(self, rows: QuerySet[Any]) -> tuple[list[Any], bool]:
        """The rows asked for, and whether there are more behind them."""
        for condition in self.conditions:
            rows = rows.filter(condition)
        found = list(rows[self.offset : self.offset + self.limit + 1])
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
