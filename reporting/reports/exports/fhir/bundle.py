"""The Bundle of one report version, and which status of FHIR ours is."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reporting.reports.content import header_of
from reporting.reports.exports.document import document_as
from reporting.reports.exports.fhir.around import accession_of, device, imaging_study, patient_of, practitioner
from reporting.reports.exports.fhir.datatypes import Resource, coding, concept, part_id, reference, translated, url_of
from reporting.reports.exports.fhir.key_images import KeyImage, key_images
from reporting.reports.exports.fhir.observations import Setting, Told, observations
from reporting.reports.exports.fhir.releases import Release, as_release
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.standing import Standing, standing_of
from reporting.reports.exports.taken_back import taken_back
from reporting.reports.house_rules import rules_in, worded
from reporting.reports.models import ReportVersion, Signature, VersionKind
from reporting.reports.states import ReportStatus
from reporting.reports.template import TEMPLATES
from reporting.vocabulary import SECTION_CODES

_SERVICE = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_STATUS = {
    VersionKind.PRELIMINARY: "preliminary",
    VersionKind.FINAL: "final",
    VersionKind.ADDENDUM: "appended",
}
_TAKEN_BACK = {ReportStatus.WITHDRAWN: "entered-in-error", ReportStatus.DISCARDED: "cancelled"}


def fhir_of(version: ReportVersion, release: Release = Release.R4) -> bytes:
    """Canonical JSON of the Bundle: the report as it stood with ``version``, its addenda up to then included."""
    return _canonical(bundle_of(version, release))


def transaction_of(version: ReportVersion, release: Release) -> bytes:
    """The same to be posted to a server: sent again, every resource takes the place of itself.

    Patient and study are shared by several reports there, so they are sent as they are known now: an old report that is
    sent again must not bring back a name that was corrected since. What was signed stands in the report's own forms.
    """
    bundle = bundle_of(version, release, shared_as_known_now=True)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        entry["request"] = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return _canonical({**bundle, "type": "transaction"})


def _canonical(bundle: Resource) -> bytes:
    text = json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def bundle_of(
    version: ReportVersion, release: Release = Release.R4, *, with_pdf: bool = True, shared_as_known_now: bool = False
) -> Resource:
    """DiagnosticReport, Observations, key images, Provenance, and whom and what they refer to. Nothing refers outside.

    Without the PDF its place says only under which name it would be found.
    """
    report = version.report
    standing = standing_of(version)
    base, content = standing.base, standing.content
    header = header_of(report, "") if shared_as_known_now else content["header"]
    back = taken_back(report)
    no_longer = _TAKEN_BACK.get(ReportStatus(report.status))
    status = no_longer or _STATUS[VersionKind(version.kind)]
    stands_since = back.at if back else version.signature.signed_at
    patient = patient_of(header, report.study.patient_id)
    study = imaging_study(report.study, patient, header)
    signer = practitioner(base.signature.signer_id, base.signature.signer_name)
    algorithm = device(content["algorithm"])
    setting = Setting(
        template=worded(TEMPLATES[content["template"]["version"]], rules_in(content)),
        report=report.pk,
        status=no_longer or _STATUS[VersionKind(base.kind)],
        patient=patient,
        study=study,
        at=_instant(base.signature.signed_at),
        performer=signer,
        device=algorithm,
    )
    told = list(observations(content, setting))
    pdf = _binary(standing, with_pdf)
    shown = key_images(report, patient, setting.at, holds=back is None)
    diagnostic = _diagnostic_report(standing, status, stands_since, setting, told, shown, pdf)
    ended_by = practitioner(back.by.pk, back.by.full_name) if back and back.by else None
    resources = [
        diagnostic,
        patient,
        study,
        *_once([*_people(standing.versions), *([ended_by] if ended_by else [])]),
        *([algorithm] if algorithm else []),
        *(one.resource for one in told),
        *(one.resource for one in shown),
        *_provenance(diagnostic, version.signature, setting, told),
        *([_ended(diagnostic, stands_since, ended_by)] if ended_by else []),
        *([pdf] if with_pdf else []),
    ]
    return {
        "resourceType": "Bundle",
        "id": str(version.pk),
        "type": "collection",
        "timestamp": _instant(stands_since),
        # Named as what it is in R4: what refers to it was made before the release took another type for it.
        "entry": [{"fullUrl": url_of(one), "resource": as_release(one, release)} for one in resources],
    }


def pdf_named(version: ReportVersion) -> Resource:
    """Type and id of the Binary that holds the printed report, whether a Bundle has it or not."""
    return {"resourceType": "Binary", "id": part_id(version.report_id, "pdf", version.number)}


def _binary(standing: Standing, with_pdf: bool) -> Resource:
    """The printed report; base64 once, whatever refers to it."""
    version = standing.version
    data = base64.b64encode(pdf_of(document_as(standing))).decode() if with_pdf else ""
    return {**pdf_named(version), "contentType": "application/pdf", "data": data}


def _diagnostic_report(
    standing: Standing,
    status: str,
    since: datetime,
    setting: Setting,
    told: Sequence[Told],
    shown: Sequence[KeyImage],
    pdf: Resource,
) -> Resource:
    version, header = standing.version, standing.content["header"]
    addenda = [words for _version, words in standing.addenda]
    english, chinese = ("\n".join([*standing.impression(language), *addenda]) for language in ("en", "zh"))
    return {
        "resourceType": "DiagnosticReport",
        "id": str(version.report_id),
        "identifier": [
            {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{version.report_id}"},
            *accession_of(header),
        ],
        "meta": {"versionId": str(version.number)},
        "status": status,
        "category": [{"coding": [_SERVICE]}],
        "code": concept("MR of the cervical spine", "颈椎MR检查报告", coding(SECTION_CODES["document"])),
        "subject": reference(setting.patient),
        **({"effectiveDateTime": header["study_date"]} if header.get("study_date") else {}),
        "issued": _instant(since),
        "resultsInterpreter": [reference(person) for person in _people(standing.versions)],
        "imagingStudy": [reference(setting.study)],
        "result": [reference(one.resource) for one in told],
        **({"media": [one.as_link() for one in shown]} if shown else {}),
        "conclusion": english or "-",
        "_conclusion": translated(chinese or "-"),
        "presentedForm": [
            {**_pdf_attachment(pdf, version.signature.signed_at), "url": url_of(pdf)},
            _attachment("text/plain;charset=utf-8", version.text_en.encode(), version.signature.signed_at, "en"),
            _attachment("text/plain;charset=utf-8", version.text_zh.encode(), version.signature.signed_at, "zh"),
        ],
    }


def _pdf_attachment(pdf: Resource, at: datetime) -> dict[str, Any]:
    if not pdf["data"]:
        return {"contentType": pdf["contentType"], "creation": _instant(at)}
    return _attachment(pdf["contentType"], base64.b64decode(pdf["data"]), at)


def _attachment(kind: str, content: bytes, at: datetime, language: str = "") -> dict[str, Any]:
    return {
        "contentType": kind,
        **({"language": language} if language else {}),
        "data": base64.b64encode(content).decode(),
        "size": len(content),
        # FHIR asks for SHA-1 here; the version's own SHA-256 is what vouches for the report.
        "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
        "creation": _instant(at),
    }


def _people(versions: Sequence[ReportVersion]) -> list[Resource]:
    """Everybody who signed, once each, in the order of their first signature."""
    return _once([practitioner(one.signature.signer_id, one.signature.signer_name) for one in versions])


def _once(people: Sequence[Resource]) -> list[Resource]:
    """Each as named first: by a signature, before by an account."""
    kept: dict[str, Resource] = {}
    for person in people:
        kept.setdefault(person["id"], person)
    return list(kept.values())


def _provenance(diagnostic: Resource, signature: Signature, setting: Setting, told: Sequence[Told]) -> list[Resource]:
    """Who vouches for the report; and, of values the machine had spoken of, whether they stood or were changed."""
    at = _instant(signature.signed_at)
    signer = practitioner(signature.signer_id, signature.signer_name)
    vouched = _made(diagnostic["id"], "signed", [diagnostic], at, [_agent("verifier", signer)], "signed", "签名")
    made = [vouched]
    if setting.device:
        agents = [_agent("assembler", setting.device), _agent("author", setting.performer or signer)]
        for stood, en, zh in (
            (True, "machine value confirmed by a person", "机器结果经医师确认"),
            (False, "machine value changed by a person", "机器结果经医师修改"),
        ):
            targets = [one.resource for one in told if one.machine_stood is stood]
            if targets:
                made.append(_made(diagnostic["id"], en, targets, setting.at, agents, en, zh))
    return made


def _ended(diagnostic: Resource, at: datetime, by: Resource) -> Resource:
    """Who took it back, and when."""
    agents = [_agent("attester", by)]
    return _made(diagnostic["id"], "taken back", [diagnostic], _instant(at), agents, "taken back", "撤回")


def _made(
    report: str, name: str, targets: Sequence[Resource], at: str, agents: list[dict[str, Any]], en: str, zh: str
) -> Resource:
    return {
        "resourceType": "Provenance",
        "id": part_id(report, name, at),
        "target": [reference(target) for target in targets],
        "recorded": at,
        "activity": concept(en, zh),
        "agent": agents,
    }


def _agent(part: str, who: Resource) -> dict[str, Any]:
    return {"type": {"coding": [{"system": _PARTICIPATION, "code": part}]}, "who": reference(who)}


def _instant(at: datetime) -> str:
    return at.isoformat()
