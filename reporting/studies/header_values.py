"""Lenient access to single DICOM values: what cannot be read is ``None``, ``""`` or ``()``."""

from __future__ import annotations

import contextlib
import functools
import math
import re
from datetime import date
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

_AGE = re.compile(r"^\s*(\d{1,3})\s*([DWMY])\s*$", re.IGNORECASE)
_DESIGNATION = re.compile("\x1b[\x20-\x2f]+[\x30-\x7e]")  # ISO 2022: escape, intermediate bytes, final byte
_YEARS_PER = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


_MAX_KEPT_BYTES = 256


def _value(dataset: Dataset | None, keyword: str) -> Any:
    if dataset is None:
        return None
    try:
        tag, is_sequence = _known(keyword)
        element, said = dataset.get_item(tag), dataset.original_character_set
        if element is None:
            return None
        if (
            is_sequence
            or not said
            or not isinstance(element, RawDataElement)
            or not isinstance(element.value, bytes)
            or len(element.value) > _MAX_KEPT_BYTES
            or element.VR in ("SQ", "UN")
        ):
            return dataset.get(keyword)
        character_sets = (said,) if isinstance(said, str) else tuple(said)
        order = (element.is_implicit_VR, element.is_little_endian)
        return _converted(tag, element.VR, element.value, *order, character_sets)
    except Exception:
        return None


@functools.lru_cache(maxsize=512)
def _known(keyword: str) -> tuple[BaseTag, bool]:
    tag = Tag(keyword)
    return tag, dictionary_VR(tag) == "SQ"


@functools.lru_cache(maxsize=2048)
def _converted(
    tag: BaseTag, vr: str | None, value: bytes, implicit: bool, little: bool, character_sets: tuple[str, ...]
) -> Any:
    """What pydicom makes of the bytes. Kept, because the slices of a series say nearly the same; nobody changes it."""
    raw = RawDataElement(tag, vr, len(value), value, 0, implicit, little)
    return convert_raw_data_element(raw, encoding=list(character_sets)).value


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return [value]
    return list(value)


def is_there(dataset: Dataset, keyword: str) -> bool:
    """Whether it has the element, however empty."""
    return _known(keyword)[0] in dataset


def as_text(dataset: Dataset | None, keyword: str) -> str:
    """One string, stripped; several values are joined by a backslash as in DICOM."""
    value = _value(dataset, keyword)
    if value is None:
        return ""
    try:
        # A PersonName is iterable by component group, a MultiValue by value: only the latter is several.
        parts = value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]
        text = "\\".join(str(part) for part in parts).replace("\x00", "").strip()
    except Exception:
        return ""
    return _without_designations(text, dataset)


def _without_designations(text: str, dataset: Dataset | None) -> str:
    """Undo what pydicom 3.0.2 does to ISO 2022 IR 58: it leaves the escapes in what it reads (Python's codec does not
    take them out) and, as some scanners do, out of what it writes."""
    if "\x1b" in text:
        return _DESIGNATION.sub("", text)
    if not text.isascii() and "ISO 2022 IR 58" in _many(_value(dataset, "SpecificCharacterSet")):
        with contextlib.suppress(UnicodeError):
            return text.encode("latin-1").decode("gb2312")
    return text


def as_texts(dataset: Dataset | None, keyword: str) -> tuple[str, ...]:
    """Code strings, upper case, empty ones dropped."""
    texts = (str(value).strip().upper() for value in _many(_value(dataset, keyword)))
    return tuple(text for text in texts if text)


def as_float(dataset: Dataset | None, keyword: str) -> float | None:
    """First number that is finite, else ``None``."""
    for value in as_floats(dataset, keyword):
        return value if math.isfinite(value) else None
    return None


def as_floats(dataset: Dataset | None, keyword: str) -> tuple[float, ...]:
    """All numbers; ``nan`` stands for one that is malformed, so that the count is kept."""
    numbers = []
    for value in _many(_value(dataset, keyword)):
        try:
            numbers.append(float(value))
        except (TypeError, ValueError):
            numbers.append(math.nan)
    return tuple(numbers)


def as_int(dataset: Dataset | None, keyword: str) -> int | None:
    number = as_float(dataset, keyword)
    return None if number is None else int(number)


def as_date(dataset: Dataset | None, keyword: str) -> date | None:
    """DICOM DA (``YYYYMMDD``; the retired dotted form too)."""
    digits = as_text(dataset, keyword).replace(".", "").replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def first_item(dataset: Dataset | None, keyword: str) -> Dataset | None:
    value = _value(dataset, keyword)
    return value[0] if value and isinstance(value[0], Dataset) else None


def age_in_years(patient_age: str, birth: date | None, study: date | None) -> float | None:
    """Age at examination in years: PatientAge (``045Y``) when it is usable, else from the two dates."""
    match = _AGE.match(patient_age)
    if match and int(match.group(1)) > 0:
        return round(int(match.group(1)) * _YEARS_PER[match.group(2).upper()], 2)
    if birth is not None and study is not None and study > birth:
        return round((study - birth).days / 365.25, 2)
    return None
