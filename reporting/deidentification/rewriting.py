"""One dataset → a new one that holds only what may leave. Nothing is copied that was not understood."""

from __future__ import annotations

from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from reporting.deidentification import values
from reporting.deidentification.codes import known_codes
from reporting.deidentification.profile import Treatment, treatment_of
from reporting.deidentification.pseudonyms import Pseudonyms

PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_TEXT = "REMOVED"
_DUMMIES: dict[str, Any] = {
    "DA": "19000101",
    "DT": "19000101",
    "TM": "000000",
    "DS": "0",
    "IS": "0",
    "UR": "https://removed.invalid",
    **dict.fromkeys(("FL", "FD", "US", "SS", "UL", "SL"), 0),
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), _TEXT),
}


def rewritten(source: Dataset, names: Pseudonyms) -> Dataset:
    """Every element of ``source`` treated as :mod:`profile` says; pixels are left to the caller."""
    found = Dataset()
    for tag in source.keys():  # noqa: SIM118 - iterating a dataset would convert every value first
        if int(tag) in PIXEL_TAGS:
            continue
        element = _treated(source, int(tag), names)
        if element is not None:
            found.add(element)
    return found


def _treated(source: Dataset, tag: int, names: Pseudonyms) -> DataElement | None:
    treatment = treatment_of(tag)
    if treatment is Treatment.REMOVE:
        return None
    vr = dictionary_VR(tag)
    if treatment is Treatment.EMPTY:
        return DataElement(tag, vr, Sequence([]) if vr == "SQ" else None)
    if treatment is Treatment.PATIENT:
        return DataElement(tag, vr, names.patient_id)
    if treatment is Treatment.DUMMY:
        return DataElement(tag, vr, _DUMMIES[vr]) if vr in _DUMMIES else None
    try:
        given = source[tag].value
    except Exception:  # whatever a damaged value makes the library raise: it is not understood, so it goes
        given = None
    if treatment is Treatment.SEQUENCE:
        return _sequence(tag, given, names)
    try:
        value = _value(treatment, vr, tag, given, names)
    except (ValueError, TypeError, ArithmeticError):
        return DataElement(tag, vr, None) if treatment is Treatment.DATE else None
    return DataElement(tag, vr if vr != "US or SS" else _signed_or_not(source), value)


def _value(treatment: Treatment, vr: str, tag: int, given: Any, names: Pseudonyms) -> Any:
    match treatment:
        case Treatment.UID:
            found = values.uids(given, names)
        case Treatment.DATE:
            return values.moved_date(given, names) if given else None
        case Treatment.AGE:
            return values.told_age(given)
        case Treatment.SEX:
            return values.sex(given)
        case Treatment.VENDOR:
            return values.vendor(given)
        case Treatment.SMALL_NUMBER:
            return values.small_number(given)
        case _ if keyword_for_tag(tag) in ("ImageType", "FrameType"):
            found = values.words(given)
        case _:
            found = values.kept(vr, given)
    return found[0] if len(found) == 1 else found or None


def _sequence(tag: int, given: Any, names: Pseudonyms) -> DataElement | None:
    items = [item for item in given or () if isinstance(item, Dataset)]
    if not items:
        return None
    keyword = keyword_for_tag(tag)
    if keyword.endswith("CodeSequence") or keyword == "AnatomicRegionSequence":
        found = known_codes(items)
    else:
        found = [rewritten(item, names) for item in items]
    return DataElement(tag, "SQ", Sequence(found)) if found else None


def _signed_or_not(source: Dataset) -> str:
    """PS3.5 A.2: which of the two it is follows from Pixel Representation, that of the object for items of its own."""
    at: Any = source
    while at is not None:
        if "PixelRepresentation" in at:
            return "SS" if at.PixelRepresentation == 1 else "US"
        at = getattr(at, "parent_seq", None) and at.parent_seq.parent_dataset
    return "US"
