"""A version as a Comprehensive 3D SR: TID 1500, one measurement group per level and side, then the words as they were
signed (TID 1500 is extensible), PS3.16."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import highdicom.sr as sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import Comprehensive3DSRStorage, ExplicitVRLittleEndian

from reporting.reports.exports.dicom.codes import concept, name_of, own, value_of
from reporting.reports.exports.dicom.level_points import level_points
from reporting.reports.exports.dicom.source import (
    CHARACTERS,
    MANUFACTURER,
    Source,
    da,
    dt,
    file_of,
    series_uid_of,
    tm,
    uid_of,
)
from reporting.reports.house_rules import rules_in, worded
from reporting.reports.models import ReportVersion
from reporting.reports.places import Place
from reporting.reports.states import HUMAN_STATES, FindingState
from reporting.reports.template import TEMPLATES, Kind, Template
from reporting.vocabulary import SIDE_CODES, Code, level_code

SERIES_NUMBER = 9001
_LANGUAGES = {"en": ("en", "English"), "zh": ("zh-CN", "Chinese (China)")}
_UNITS = {
    "mm": codes.UCUM.Millimeter,
    "mm2": codes.UCUM.SquareMillimeter,
    "deg": sr.CodedConcept("deg", "UCUM", "degree"),
    "%": codes.UCUM.Percent,
    "1": codes.UCUM.NoUnits,
}
"""Every unit of the templates: a test asks each."""
_Located = sr.PlanarROIMeasurementsAndQualitativeEvaluations
_UNLOCATED = own("UNLOCATED", "Measurements and evaluations without a place in an image")
_FINDINGS, _FINDING = Code("DCM", "121070", "Findings"), Code("DCM", "121071", "Finding")
_IMPRESSIONS, _IMPRESSION = Code("DCM", "121072", "Impressions"), Code("DCM", "121073", "Impression")


def structured_report(source: Source) -> bytes:
    """The file. Raises ``ValueError`` for a study without an image."""
    groups = list(_groups(source))
    located = [group for group in groups if isinstance(group, _Located)]
    apart = [group for group in groups if located and not isinstance(group, _Located)]
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_person_context=_observer(source)),
        procedure_reported=own("MR_CERVICAL", "MR of the cervical spine"),
        imaging_measurements=located or groups or None,  # the template asks for one
        title=codes.DCM.ImagingMeasurementReport,
        language_of_content_item_and_descendants=_language("en"),
    )
    for container in (*_unlocated(apart), *_words(source)):
        report[0].ContentSequence.append(container)
    signature = source.base.signature
    made = sr.Comprehensive3DSR(
        evidence=list(source.images),
        content=report[0],
        series_instance_uid=series_uid_of(source.version.report, "sr"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_of(source.version, "sr"),
        instance_number=source.version.number,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=source.is_final,
        is_verified=source.is_final,
        institution_name=signature.site[:64],
        verifying_observer_name=as_person_name(signature.signer_name),
        verifying_organization=signature.site[:64],
        previous_versions=_earlier(source) or None,
    )
    _finish(made, source)
    return file_of(made)


def as_person_name(text: str) -> str:
    """A display name as a PN value: all of it as family name, for an account does not say which part is which."""
    return " ".join(text.replace("^", " ").replace("=", " ").replace("\\", " ").split())[:63] + "^"


def _observer(source: Source) -> sr.ObserverContext:
    person = sr.PersonObserverIdentifyingAttributes(name=as_person_name(source.version.signature.signer_name))
    return sr.ObserverContext(observer_type=codes.DCM.Person, observer_identifying_attributes=person)


def _language(language: str) -> sr.LanguageOfContentItemAndDescendants:
    value, meaning = _LANGUAGES[language]
    return sr.LanguageOfContentItemAndDescendants(sr.CodedConcept(value, "RFC5646", meaning))


def _groups(source: Source) -> Iterator[sr.ContentSequence]:
    """By level and side; what the machine said and a person confirmed apart, for an algorithm is named by group.

    With the place of the level in an image where it is known (TID 1410), else without (TID 1501).
    """
    points = level_points(source.version.report)
    template = worded(TEMPLATES[source.content["template"]["version"]], rules_in(source.content))
    by_site: dict[tuple[str, str, bool], list[Mapping[str, Any]]] = {}
    for row in source.content["findings"]:
        place = Place.parse(row["key"])
        if FindingState(row["state"]) in HUMAN_STATES and template[place.field].kind is not Kind.TEXT:
            by_site.setdefault((place.level, place.side, _machine_stood(row)), []).append(row)
    for (level, side, stood), rows in by_site.items():
        evaluations = [one for row in rows for one in _evaluations(row, template)]
        measurements = [one for row in rows for one in _measurements(row, template)]
        if not evaluations and not measurements:
            continue
        identifier = " ".join([*(part for part in (level, side) if part)] or ["examination"])
        identifier += " (computed, confirmed)" if stood else ""
        said: dict[str, Any] = {
            "tracking_identifier": sr.TrackingIdentifier(
                uid=uid_of(source.version, f"group {identifier}"), identifier=identifier
            ),
            "algorithm_id": _algorithm(source) if stood else None,
            "finding_sites": [_site(level, side)] if level else None,
            "measurements": measurements or None,
            "qualitative_evaluations": evaluations or None,
        }
        if level in points:
            yield _Located(referenced_region=points[level], **said)
        else:
            yield sr.MeasurementsAndQualitativeEvaluations(**said)


def _unlocated(groups: list[sr.ContentSequence]) -> Iterator[sr.ContainerContentItem]:
    """Apart: OHIF 3.13 shows nothing of the imaging measurements where one of them has no place."""
    if groups:
        container = sr.ContainerContentItem(name=_UNLOCATED, relationship_type=sr.RelationshipTypeValues.CONTAINS)
        container.ContentSequence = sr.ContentSequence([item for group in groups for item in group])
        yield container


def _evaluations(row: Mapping[str, Any], template: Template) -> Iterator[sr.QualitativeEvaluation]:
    field = template[Place.parse(row["key"]).field]
    if row["state"] == FindingState.NOT_EVALUABLE:
        yield sr.QualitativeEvaluation(name=name_of(field), value=own("not_evaluable", "Not evaluable"))
        return
    if field.kind is Kind.NUMBER or row["value"] is None:
        return
    values = row["value"] if isinstance(row["value"], list) else [row["value"]]
    for value in values:
        yield sr.QualitativeEvaluation(name=name_of(field), value=value_of(field, field.choice(value)))


def _measurements(row: Mapping[str, Any], template: Template) -> Iterator[sr.Measurement]:
    field = template[Place.parse(row["key"]).field]
    if field.kind is Kind.NUMBER and row["value"] is not None and row["state"] != FindingState.NOT_EVALUABLE:
        yield sr.Measurement(name=name_of(field), value=float(row["value"]), unit=_UNITS[row["unit"]])


def _machine_stood(row: Mapping[str, Any]) -> bool:
    machine = row["machine"]
    is_its = machine["value"] is not None and machine["value"] == row["value"]
    return bool(machine.get("prediction")) and is_its and row["state"] == FindingState.HUMAN_CONFIRMED


def _algorithm(source: Source) -> sr.AlgorithmIdentification | None:
    said = source.content["algorithm"]
    if not said:
        return None
    parameters = [f"weights sha256 {said['weights_sha256']}"]
    return sr.AlgorithmIdentification(name=said["name"], version=said["version"], parameters=parameters)


def _site(level: str, side: str) -> sr.FindingSite:
    return sr.FindingSite(
        concept(level_code(level)), laterality=concept(SIDE_CODES[side]) if side in SIDE_CODES else None
    )


def _words(source: Source) -> Iterator[sr.ContainerContentItem]:
    for language, (value, meaning) in _LANGUAGES.items():
        text = source.content["text"][language]
        findings = [
            f"{part['title']}: {part.get('manual') or ' '.join(s['text'] for s in part['sentences'])}"
            for part in text["findings"]
            if part["sentences"] or part.get("manual")
        ]
        addenda = [words for _version, words in source.standing.addenda]
        yield _container(_FINDINGS, _FINDING, findings, value, meaning)
        yield _container(_IMPRESSIONS, _IMPRESSION, [*source.standing.impression(language), *addenda], value, meaning)


def _container(title: Code, item: Code, texts: list[str], language: str, meaning: str) -> sr.ContainerContentItem:
    container = sr.ContainerContentItem(name=concept(title), relationship_type="CONTAINS")
    items: list[Any] = [*_language_item(language, meaning)]
    contains = sr.RelationshipTypeValues.CONTAINS
    items += [sr.TextContentItem(concept(item), text, relationship_type=contains) for text in texts if text.strip()]
    container.ContentSequence = sr.ContentSequence(items)
    return container


def _language_item(language: str, meaning: str) -> list[Any]:
    return [
        sr.CodeContentItem(
            name=codes.DCM.LanguageOfContentItemAndDescendants,
            value=sr.CodedConcept(language, "RFC5646", meaning),
            relationship_type=sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
        )
    ]


def _earlier(source: Source) -> list[Dataset]:
    """The objects that this one replaces: those of the versions before it that were sent (PS3.3 C.17.2)."""
    earlier = []
    version: ReportVersion
    for version in source.version.report.versions.filter(number__lt=source.version.number).exclude(kind="preliminary"):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = Comprehensive3DSRStorage, uid_of(version, "sr")
        one.StudyInstanceUID = source.content["header"]["study_instance_uid"]
        one.SeriesInstanceUID = series_uid_of(version.report, "sr")
        earlier.append(one)
    return earlier


def _finish(made: Dataset, source: Source) -> None:
    """Every moment is the version's own, so that the same version is the same object."""
    made.SpecificCharacterSet = CHARACTERS
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.ContentDate, made.ContentTime = da(source.at), tm(source.at)
    made.InstanceCreationDate, made.InstanceCreationTime = da(source.at), tm(source.at)
    made.SeriesDescription = "Report"
    for observer in made.get("VerifyingObserverSequence", ()):
        observer.VerificationDateTime = dt(source.base.signature.signed_at)
    for equipment in made.get("ContributingEquipmentSequence", ()):
        equipment.ContributionDateTime = dt(source.at)
    for keyword in ("SeriesDate", "SeriesTime"):
        if keyword in made:
            delattr(made, keyword)
