"""What R5 writes otherwise than R4 (R5's own "differences" tables); everything is made as R4 first."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from reporting.reports.exports.fhir.datatypes import Resource

_OTHER_SPACE = re.compile(r"[^\S \r\n\t]")


class Release(StrEnum):
    """As FHIR numbers them."""

    R4 = "4.0.1"
    R5 = "5.0.0"

    @property
    def content_type(self) -> str:
        return f"application/fhir+json; fhirVersion={self.value[:3]}"


def as_release(resource: Resource, release: Release) -> Resource:
    """The same resource as ``release`` has it."""
    if release is Release.R4:
        made: Resource = _plainly_spaced(resource)
        return made
    return _CHANGES.get(resource["resourceType"], dict)(resource)


def _plainly_spaced(value: Any) -> Any:
    """A string of R4 has no other white space than these (``[ \\r\\n\\t\\S]+``): the wide space of Chinese is a space.

    The report's own forms, text and PDF, have it as it was signed.
    """
    if isinstance(value, str):
        return _OTHER_SPACE.sub(" ", value)
    if isinstance(value, dict):
        return {key: _plainly_spaced(inner) for key, inner in value.items()}
    return [_plainly_spaced(inner) for inner in value] if isinstance(value, list) else value


def _report(resource: Resource) -> Resource:
    made = {"study" if key == "imagingStudy" else key: value for key, value in resource.items()}
    # Attachment.size became an integer64, which JSON writes as a string.
    made["presentedForm"] = [
        {key: str(value) if key == "size" else value for key, value in form.items()}
        for form in resource["presentedForm"]
    ]
    return made


def _study(resource: Resource) -> Resource:
    series = [{**one, "modality": {"coding": [one["modality"]]}} for one in resource["series"]]
    return {**resource, "series": series}


def _device(resource: Resource) -> Resource:
    made = {key: value for key, value in resource.items() if key not in ("deviceName", "property")}
    made["name"] = [{"value": one["name"], "type": "user-friendly-name"} for one in resource["deviceName"]]
    made["property"] = [_property(one) for one in resource["property"]]
    return made


def _key_image(resource: Resource) -> Resource:
    """R5 has no Media; its report refers to a DocumentReference there."""
    withdrawn = resource["status"] == "entered-in-error"
    return {
        **{key: resource[key] for key in ("id", "identifier", "type", "subject")},
        "resourceType": "DocumentReference",
        "status": "entered-in-error" if withdrawn else "current",
        "date": resource["issued"],
        "content": [{"attachment": resource["content"]}],
    }


def _property(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": one["type"], "valueString": one["valueCode"][0]["text"]}


_CHANGES = {"DiagnosticReport": _report, "ImagingStudy": _study, "Device": _device, "Media": _key_image}
