"""The values that may stay: numbers of a plausible size, words we know, UIDs. Everything else raises ``ValueError``.

Whatever type an attribute claims to have, what leaves is written anew from what was understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import UID_dictionary

from reporting.deidentification.pseudonyms import FORMER_AGE, Pseudonyms
from reporting.deidentification.terms import KNOWN_WORDS, OTHER_VENDOR, VENDORS

TOO_LARGE = 10_000_000
"""No measurement of an MR image is as large; telephone and hospital numbers are."""
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_AGE = re.compile(r"(\d{3})([DWMY])")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")


def parts_of(value: Any) -> list[Any]:
    """The values of an attribute, also of one with a single value or none."""
    if value is None:
        return []
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def kept(vr: str, value: Any) -> Any:
    """The values of a kept attribute, written anew; of coded words those that are known."""
    parts = [part for part in parts_of(value) if part != ""]
    if vr == "CS":
        return [word(part) for part in parts if is_word(part)]
    return [_KEPT[vr](part) for part in parts]


def is_word(value: Any) -> bool:
    return str(value).strip().upper().replace(" ", "_") in KNOWN_WORDS


def word(value: Any) -> str:
    if not is_word(value):
        raise ValueError("not a word of the standard")
    return str(value).strip()


def words(value: Any) -> list[str]:
    """Known words in their places; an unknown one is called OTHER, which each of the standard's lists has room for."""
    return [word(part) if is_word(part) else "OTHER" for part in parts_of(value)]


def decimal(value: Any) -> str:
    said = str(value).strip(" \0")
    if not _DECIMAL.fullmatch(said) or len(said) > 16 or not abs(float(said)) < TOO_LARGE:
        raise ValueError("not a measurement")
    return said


def whole(value: Any) -> str:
    said = str(value).strip(" \0")
    if not _WHOLE.fullmatch(said) or abs(int(said)) >= TOO_LARGE:
        raise ValueError("not a count")
    return said


def binary_whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a whole number")
    return value


def binary_decimal(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    number = float(value)
    if math.isfinite(number) and abs(number) >= TOO_LARGE:
        raise ValueError("not a measurement")
    return number


def public_tag(value: Any) -> Any:
    tag = Tag(value)
    if tag.is_private:
        raise ValueError("a private tag")
    return tag


_KEPT: Mapping[str, Callable[[Any], Any]] = {
    "SH": word,
    "LO": word,
    "DS": decimal,
    "IS": whole,
    "US": binary_whole,
    "SS": binary_whole,
    "UL": binary_whole,
    "SL": binary_whole,
    "US or SS": binary_whole,
    "FL": binary_decimal,
    "FD": binary_decimal,
    "AT": public_tag,
    "UI": str,
}


def uids(value: Any, names: Pseudonyms) -> list[str]:
    """UIDs of the standard (classes, transfer syntaxes) as they are, every other one replaced."""
    said = [str(part).strip("\0 ") for part in parts_of(value)]
    return [uid if uid in UID_dictionary else names.uid(uid) for uid in said if uid]


def moved_date(value: Any, names: Pseudonyms) -> str:
    """The day of a date or a date and time, shifted; no time of day."""
    match = _DATE.match(str(value or "").strip())
    if match is None:
        raise ValueError("not a date")
    try:
        return names.date(date(int(match[1]), int(match[2]), int(match[3]))).strftime("%Y%m%d").zfill(8)
    except OverflowError as error:
        raise ValueError("not a date of an examination") from error


def told_age(value: Any) -> str:
    match = _AGE.fullmatch(str(value or "").strip())
    if match is None:
        raise ValueError("not an age")
    return f"{FORMER_AGE:03d}Y" if match[2] == "Y" and int(match[1]) > FORMER_AGE else match[0]


def sex(value: Any) -> str:
    said = str(value or "").strip().upper()
    return said if said in ("F", "M", "O") else ""


def vendor(value: Any) -> str:
    said = f"{value or ''} ".upper().replace("_", " ")
    return next((name for name, ways in VENDORS.items() if said.startswith(ways)), OTHER_VENDOR)


def small_number(value: Any) -> str:
    said = str(value or "").strip()
    return said if said.isascii() and said.isdigit() and len(said) <= 4 else "1"
