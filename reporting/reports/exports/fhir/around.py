"""Who and what a report is about and who made it: Patient, Practitioner, ImagingStudy, Device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count

from reporting.reports.exports.fhir.datatypes import Resource, concept, made_id, reference
from reporting.studies.models import Study
from reporting.studies.person_names import name_groups

_SEX = {"M": "male", "F": "female", "O": "other"}
_IDEOGRAPHIC = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_REPRESENTATIONS = ("ABC", "IDE", "SYL")  # of the groups of a DICOM person name (PS3.5 6.2.1)


def patient_of(header: Mapping[str, Any], patient: object) -> Resource:
    """As the signed content has them, what it lacks left out; ``patient``: the id."""
    resource: Resource = {"resourceType": "Patient", "id": str(patient)}
    if header.get("patient_id"):
        issuer = {"assigner": {"display": header["issuer"]}} if header.get("issuer") else {}
        resource["identifier"] = [{"value": header["patient_id"], **issuer}]
    if names := _names(header.get("patient_name", "")):
        resource["name"] = names
    resource["gender"] = _SEX.get(header.get("sex", ""), "unknown")
    if header.get("birth_date"):
        resource["birthDate"] = header["birth_date"]
    return resource


def _names(name: str) -> list[dict[str, Any]]:
    """One HumanName per group of the DICOM name: alphabetic, ideographic, phonetic."""
    names = []
    for parts, representation in zip(name_groups(name), _REPRESENTATIONS, strict=False):
        said: dict[str, Any] = {"family": parts.family} if parts.family else {}
        several = {"given": (parts.given, parts.middle), "prefix": (parts.prefix,), "suffix": (parts.suffix,)}
        for key, words in several.items():
            if any(words):
                said[key] = [word for word in words if word]
        if said:
            extension = {"url": _IDEOGRAPHIC, "valueCode": representation}
            names.append({"extension": [extension], **said})
    return names


def practitioner(person: object, name: str) -> Resource:
    return {"resourceType": "Practitioner", "id": str(person), "name": [{"text": name}]}


def imaging_study(study: Study, patient: Resource, header: Mapping[str, Any]) -> Resource:
    """The study and its series as they are stored now; images are asked for over DICOMweb by these UIDs."""
    series = [
        {
            "uid": one.series_instance_uid,
            "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": one.modality},
            **({"description": one.description} if one.description else {}),
            "numberOfInstances": one.images,
        }
        for one in study.series_set.annotate(images=Count("sop_instances"))
    ]
    resource: Resource = {
        "resourceType": "ImagingStudy",
        "id": str(study.pk),
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_instance_uid}"}],
        "status": "available",
        "subject": reference(patient),
        "numberOfSeries": len(series),
        "series": series,
    }
    resource["identifier"] += accession_of(header)
    if header.get("study_date"):
        resource["started"] = header["study_date"]
    if header.get("examination"):
        resource["description"] = header["examination"]
    return resource


def accession_of(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As an identifier, if there is one: what a report system knows the examination by."""
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}
    number = header.get("accession_number", "")
    return [{"type": {"coding": [kind]}, "value": number}] if number else []


def device(algorithm: Mapping[str, Any]) -> Resource | None:
    """The algorithm that pre-filled the report, with its weights' digest and where it may be used."""
    if not algorithm:
        return None
    weights = concept("SHA-256 of the weights", "权重SHA-256")
    return {
        "resourceType": "Device",
        "id": made_id("algorithm", algorithm["name"], algorithm["version"], algorithm["weights_sha256"]),
        "deviceName": [{"name": algorithm["name"], "type": "model-name"}],
        "version": [{"value": algorithm["version"]}],
        "property": [{"type": weights, "valueCode": [{"text": algorithm["weights_sha256"]}]}],
        "note": [{"text": algorithm["applicability"]}] if algorithm["applicability"] else [],
    }
