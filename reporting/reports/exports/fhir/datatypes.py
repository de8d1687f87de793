"""FHIR datatypes as plain JSON: codes in both languages, references inside one Bundle, quantities."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from reporting.vocabulary import Code

Resource = dict[str, Any]

_SYSTEMS: Mapping[str, str] = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "RADLEX": "http://radlex.org",
    "RDES": "https://radelement.org",
    "OIFM": "https://openimagingdata.org",
}
ELEMENTS = f"urn:oid:2.25.{uuid.uuid5(uuid.NAMESPACE_URL, 'dens:elements').int}"
"""System of the product's own data elements and their values (docs/vocabulary.md)."""
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
UCUM = "http://unitsofmeasure.org"


def coding(code: Code) -> dict[str, str]:
    return {"system": _SYSTEMS[code.scheme], "code": code.value, "display": code.meaning}


def own_coding(code: str, display: str) -> dict[str, str]:
    return {"system": ELEMENTS, "code": code, "display": display}


def concept(en: str, zh: str, *codings: dict[str, str]) -> dict[str, Any]:
    """A CodeableConcept whose text is English, with the Chinese beside it as its translation."""
    made: dict[str, Any] = {"text": en, "_text": translated(zh)}
    return {"coding": list(codings), **made} if codings else made


def translated(zh: str) -> dict[str, Any]:
    """What goes beside a string ``name`` as ``_name``."""
    parts = [{"url": "lang", "valueCode": "zh"}, {"url": "content", "valueString": zh}]
    return {"extension": [{"url": _TRANSLATION, "extension": parts}]}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Our units are UCUM codes already (mm, mm2, deg, %, 1)."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def url_of(resource: Resource) -> str:
    """The resource's name inside the Bundle."""
    return f"urn:uuid:{made_id(resource['resourceType'], resource['id'])}"


def reference(resource: Resource, display: str = "") -> dict[str, str]:
    return {"reference": url_of(resource), **({"display": display} if display else {})}


def made_id(*parts: object) -> str:
    """The same parts, the same id: a Bundle made again is the same Bundle."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, ":".join(["dens", *map(str, parts)])))


def part_id(report: object, *parts: object) -> str:
    """Of what belongs to one report: it begins with the report's own number, by which it is found again."""
    return f"{report}-{uuid.UUID(made_id(*parts)).hex[:16]}"


def report_of(resource_id: str) -> str:
    """The report that a :func:`part_id` belongs to; no more than text until somebody has looked."""
    return resource_id[:36]
