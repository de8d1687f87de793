"""What becomes of each attribute: Table E.1-1 of PS3.15, the options we take, and a list of what is kept.

An attribute that neither the table nor our list names goes. Options: Retain Longitudinal Temporal Information with
Modified Dates (dates only; times of day go) and Retain Patient Characteristics (sex, age, size, weight).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.tag import BaseTag, Tag

from reporting.deidentification.terms import KEPT_ELSEWHERE, KEPT_SEQUENCES

_TABLE = json.loads((Path(__file__).parent / "table_e1_1.json").read_text(encoding="utf-8"))
EDITION: str = _TABLE["edition"]
METHOD = f"DICOM PS3.15-{EDITION} Basic Profile with options, Dens"
METHOD_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
)


class Treatment(StrEnum):
    """What is done with an attribute."""

    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    UID = "uid"
    KEEP = "keep"  # if its value is of the kind expected: see ``values``
    DATE = "date"
    AGE = "age"
    SEX = "sex"
    VENDOR = "vendor"
    SMALL_NUMBER = "small_number"
    PATIENT = "patient"
    SEQUENCE = "sequence"  # its items are treated one by one


_CHOSEN: Mapping[str, Treatment] = {
    "PatientName": Treatment.PATIENT,
    "PatientID": Treatment.PATIENT,
    "PatientSex": Treatment.SEX,
    "PatientAge": Treatment.AGE,
    "PatientSize": Treatment.KEEP,
    "PatientWeight": Treatment.KEEP,
    "StudyDate": Treatment.DATE,
    "SeriesDate": Treatment.DATE,
    "AcquisitionDate": Treatment.DATE,
    "ContentDate": Treatment.DATE,
    "AcquisitionDateTime": Treatment.DATE,
    "FrameAcquisitionDateTime": Treatment.DATE,
    "FrameReferenceDateTime": Treatment.DATE,
    # Texts that an MR object must have or may have empty; what stands in them is anybody's.
    "Manufacturer": Treatment.VENDOR,
    "ManufacturerModelName": Treatment.DUMMY,
    "SoftwareVersions": Treatment.DUMMY,
    "DeviceSerialNumber": Treatment.DUMMY,
    "PulseSequenceName": Treatment.DUMMY,
    "ReceiveCoilName": Treatment.DUMMY,
    "TransmitCoilName": Treatment.DUMMY,
    "MultiCoilElementName": Treatment.DUMMY,
    "MetaboliteMapDescription": Treatment.DUMMY,
    "ReceiveCoilManufacturerName": Treatment.EMPTY,
    "TransmitCoilManufacturerName": Treatment.EMPTY,
    "PositionReferenceIndicator": Treatment.EMPTY,
    "AcquisitionContextSequence": Treatment.EMPTY,
    "StackID": Treatment.SMALL_NUMBER,
    "ImagedNucleus": Treatment.KEEP,
    "RescaleType": Treatment.KEEP,
}
_OF_THE_TABLE: Mapping[str, Treatment] = {
    "X": Treatment.REMOVE,
    # X unless the object would no longer conform: no MR object needs those that are not chosen above.
    "X/Z": Treatment.REMOVE,
    "X/D": Treatment.REMOVE,
    "X/Z/D": Treatment.REMOVE,
    "X/Z/U*": Treatment.SEQUENCE,
    "Z": Treatment.EMPTY,
    "Z/D": Treatment.DUMMY,
    "D": Treatment.DUMMY,
    "U": Treatment.UID,
}
_ACTIONS: Mapping[str, str] = {
    tag: action for action, tags in _TABLE["actions"].items() for tag in tags if "x" not in tag
}
_NUMBERS = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "US or SS"})
_MEASURED_GROUPS = frozenset({0x0018, 0x0020, 0x0028})
"""Acquisition, relationship, image presentation: numbers and coded words there tell how an image was made."""


_GROUPS_OF_AN_IMAGE = frozenset({0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0028, 0x0040, 0x2050, 0x5200})


@cache
def treatment_of(tag: int) -> Treatment:
    """Private, unknown, overlays, curves, plans, signatures, and whatever else nobody names: removed."""
    at: BaseTag = Tag(tag)
    if at.element == 0 or at.group not in _GROUPS_OF_AN_IMAGE:
        return Treatment.REMOVE
    try:
        keyword, vr = keyword_for_tag(at), dictionary_VR(at)
    except KeyError:
        return Treatment.REMOVE
    chosen = _CHOSEN.get(keyword)
    if chosen is not None:
        return chosen
    if action := table_action(tag):
        treatment = _OF_THE_TABLE[action]
        return Treatment.REMOVE if vr == "SQ" and treatment is not Treatment.SEQUENCE else treatment
    if vr == "SQ":
        return Treatment.SEQUENCE if keyword in KEPT_SEQUENCES else Treatment.REMOVE
    if vr == "UI":
        return Treatment.UID
    measured = at.group in _MEASURED_GROUPS and vr in {*_NUMBERS, "CS"}
    return Treatment.KEEP if measured or keyword in KEPT_ELSEWHERE else Treatment.REMOVE


def table_action(tag: int) -> str:
    """The action of Table E.1-1 for a single attribute, or nothing."""
    return _ACTIONS.get(f"{tag:08X}", "")
