"""One Observation per finding that a person stands behind, normal included, with what the machine had said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reporting.reports.exports.fhir.datatypes import (
    Resource,
    coding,
    concept,
    own_coding,
    part_id,
    quantity,
    reference,
)
from reporting.reports.places import Place
from reporting.reports.rendering import Language, Voice
from reporting.reports.states import HUMAN_STATES, FindingState
from reporting.reports.template import Field, Kind, Template
from reporting.vocabulary import SIDE_CODES, level_code

_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging"}


@dataclass(frozen=True)
class Setting:
    """What all Observations of a report share. ``status``: of FHIR; ``at``: when they were vouched for."""

    template: Template
    report: object
    status: str
    patient: Resource
    study: Resource
    at: str
    performer: Resource | None
    device: Resource | None


@dataclass(frozen=True)
class Told:
    """An Observation and how it came about: ``None`` where the machine had said nothing."""

    resource: Resource
    machine_stood: bool | None


def observations(content: Mapping[str, Any], setting: Setting) -> Iterator[Told]:
    """In the order of the signed content."""
    for row in content["findings"]:
        if FindingState(row["state"]) in HUMAN_STATES:
            machine = row["machine"]
            said = bool(machine.get("prediction"))
            stood = row["state"] == FindingState.HUMAN_CONFIRMED and machine["value"] == row["value"]
            yield Told(_observation(row, setting), stood if said else None)


def _observation(row: Mapping[str, Any], setting: Setting) -> Resource:
    place = Place.parse(row["key"])
    field = setting.template.at(place.field, place.level)
    resource: Resource = {
        "resourceType": "Observation",
        "id": part_id(setting.report, row["key"]),
        "identifier": [{"value": row["key"]}],
        "status": setting.status,
        "category": [{"coding": [_CATEGORY]}],
        "code": concept(field.en, field.zh, own_coding(field.key, field.en), *_verified(field)),
        "subject": reference(setting.patient),
        "derivedFrom": [reference(setting.study)],
        "issued": setting.at,
        **_value(field, row, setting),
    }
    if setting.performer:
        resource["performer"] = [reference(setting.performer)]
    if place.level:
        resource["bodySite"] = _site(place)
    machine = row["machine"]
    if machine.get("prediction"):
        resource["component"] = [*resource.get("component", ()), *_machine(field, machine)]
        if setting.device:
            resource["device"] = reference(setting.device)
    return resource


def _verified(field: Field) -> list[dict[str, str]]:
    return [coding(field.coded)] if field.coded else []


def _value(field: Field, row: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    value = row["value"]
    if value is None:
        code = {"system": _ABSENT, "code": "unknown"}
        return {"dataAbsentReason": concept("not evaluable", "无法评价", code)}
    if field.kind is Kind.MULTI:
        one = concept(field.en, field.zh, own_coding(field.key, field.en))
        return {"component": [{"code": one, "valueCodeableConcept": _choice(field, code)} for code in value]}
    return _single(field, value, row["unit"])


def _single(field: Field, value: Any, unit: str) -> dict[str, Any]:
    if field.kind is Kind.NUMBER:
        return {"valueQuantity": quantity(value, unit or field.unit)}
    if field.kind is Kind.TEXT:
        return {"valueString": value}
    return {"valueCodeableConcept": _choice(field, value)}


def _choice(field: Field, code: str) -> dict[str, Any]:
    choice = field.choice(code)
    coded = [coding(choice.coded)] if choice.coded else []
    return concept(choice.en, choice.zh, own_coding(f"{field.key}={code}", choice.en), *coded)


def _site(place: Place) -> dict[str, Any]:
    """Level and side: each with its code; the text says both."""
    level = coding(level_code(place.level))
    if not place.side:
        return concept(place.level, place.level, level)
    en, zh = (Voice(language).side(place.side) for language in (Language.EN, Language.ZH))
    return concept(f"{place.level}, {en}", f"{place.level}{zh}", level, coding(SIDE_CODES[place.side]))


def _machine(field: Field, machine: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the machine said of this place, as it was stored; never the value of the Observation itself."""
    if machine["value"] is not None and field.kind is not Kind.MULTI:
        code = concept("machine value", "机器结果", own_coding("machine_value", "machine value"))
        yield {"code": code, **_single(field, machine["value"], field.unit)}
    for key, en, zh in (
        ("probability", "machine probability", "机器概率"),
        ("threshold", "machine threshold", "机器阈值"),
    ):
        if machine.get(key) is not None:
            code = concept(en, zh, own_coding(f"machine_{key}", en))
            yield {"code": code, "valueQuantity": quantity(machine[key], "1")}
    if machine["note"]:
        code = concept("machine value not used", "机器结果未采用", own_coding("machine_note", "machine value not used"))
        yield {"code": code, "valueString": machine["note"]}
    if machine.get("sop_instance_uid"):
        code = concept("image read by the machine", "机器分析的图像", own_coding("machine_image", "image"))
        yield {"code": code, "valueString": f"urn:oid:{machine['sop_instance_uid']}"}
