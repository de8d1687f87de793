"""A report version as an HL7 v2.5 ORU^R01: the text of each section, and the PDF, for a hospital's report system.

Equal input gives equal bytes, the control id included: what is sent again is known as such.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from reporting.core.hl7_text import Charset, escaped
from reporting.reports.exports.document import Passage, document_as
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.standing import Standing, standing_of
from reporting.reports.exports.taken_back import taken_back
from reporting.reports.models import ReportVersion, VersionKind
from reporting.reports.states import TAKEN_BACK
from reporting.studies.person_names import name_groups
from reporting.vocabulary import SECTION_CODES, Code

_SECTIONS = {"Findings": "findings", "所见": "findings", "Impression": "impression", "诊断意见": "impression"}
_NAME_KINDS = ("A", "I", "P")  # alphabetic, ideographic, phonetic: the groups of a DICOM person name
_VERSION = "2.5"


def hl7_of(
    version: ReportVersion,
    *,
    charset: Charset = Charset.UTF_8,
    languages: Sequence[str] = ("en", "zh"),
    receiver: tuple[str, str] = ("", ""),
) -> bytes:
    """The whole message. ``receiver``: application and facility (MSH-5, MSH-6).

    The report as it stood with ``version``. Its status: P of a preliminary one, F of a final one, C once an addendum or
    a withdrawal corrects it; the lines of a withdrawn one are W, "posted wrongly".
    """
    standing = standing_of(version)
    segments = [*_head(standing, charset, receiver), *_lines(standing, languages)]
    return "".join(segment + "\r" for segment in segments).encode(charset.codec)


def control_id_of(version: ReportVersion, receiver: tuple[str, str] = ("", "")) -> str:
    """MSH-10: the same whenever the same state of the same version goes to the same receiver; 20 characters."""
    said = "|".join([str(version.pk), _status(version), _line_status(version), *receiver])
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _head(standing: Standing, charset: Charset, receiver: tuple[str, str]) -> Iterator[str]:
    version, header = standing.version, standing.content["header"]
    back = taken_back(version.report)
    at = _moment(back.at if back else version.signature.signed_at)  # when it came to stand as it stands
    site = escaped(header["site"])
    application, facility = (escaped(part) for part in receiver)
    message = ["MSH", "^~\\&", "DENS", site, application, facility, at, "", "ORU^R01^ORU_R01"]
    message += [control_id_of(version, receiver), "P", _VERSION, *[""] * 5, charset.value]
    yield "|".join(message)
    yield "|".join(_patient(header, version))
    order = escaped(header["accession_number"])
    report = str(version.report_id)
    yield f"ORC|RE|{order}|{report}"
    service = _code(SECTION_CODES["order"])
    date = header["study_date"].replace("-", "")
    interpreter = version.signature
    result = ["OBR", "1", order, report, service, "", "", date, *[""] * 14, at, "", "RAD", _status(version)]
    # OBR-32, principal result interpreter: NDL, whose first component is a CNN with subcomponents.
    result += [*[""] * 6, f"{escaped(interpreter.signer.username)}&{escaped(interpreter.signer_name)}"]
    yield "|".join(result)


def _patient(header: dict[str, Any], version: ReportVersion) -> list[str]:
    """Number and name must be there: without a number the report's own stands for it, without a name "unspecified"."""
    issuer = f"^^^{escaped(header['issuer'])}" if header["issuer"] else ""
    names = "~".join(_names(header["patient_name"])) or "^^^^^^U"
    sex = header["sex"] if header["sex"] in ("M", "F", "O") else "U"
    identifier = escaped(header["patient_id"]) + issuer if header["patient_id"] else f"{version.report_id}^^^DENS^U"
    return ["PID", "1", "", identifier, "", names, "", header["birth_date"].replace("-", ""), sex]


def _names(name: str) -> Iterator[str]:
    """XPN of each group of a DICOM name (PS3.5 6.2.1): family, given, middle, suffix, prefix … what kind."""
    for parts, kind in zip(name_groups(name), _NAME_KINDS, strict=False):
        if parts.family or parts.given or parts.middle:
            said = (parts.family, parts.given, parts.middle, parts.suffix, parts.prefix)
            yield "^".join([*map(escaped, said), "", "", kind])


def _lines(standing: Standing, languages: Sequence[str]) -> Iterator[str]:
    """OBX segments: one per section and language, then the PDF."""
    version, document = standing.version, document_as(standing)
    status = _line_status(version)
    at = _moment(version.signature.signed_at)
    number = 0
    for passage in document.passages:
        if passage.language in languages:
            number += 1
            text = escaped("\n".join(f"{label}{words}" for label, words in passage.lines))
            yield _line(number, "FT", _section(passage), passage.language, text, status, at)
    pdf = base64.b64encode(pdf_of(document)).decode()
    yield _line(number + 1, "ED", SECTION_CODES["document"], "pdf", f"^application^pdf^Base64^{pdf}", status, at)


def _line(number: int, kind: str, code: Code, part: str, value: str, status: str, at: str) -> str:
    return "|".join(["OBX", str(number), kind, _code(code), part, value, *[""] * 5, status, "", "", at])


def _section(passage: Passage) -> Code:
    if passage.title.startswith("Addendum"):
        return SECTION_CODES["document"]
    return SECTION_CODES[_SECTIONS.get(passage.title, "technique")]


def _status(version: ReportVersion) -> str:
    """OBR-25, table 0123."""
    if version.kind == VersionKind.ADDENDUM or version.report.status in TAKEN_BACK:
        return "C"
    return "P" if version.kind == VersionKind.PRELIMINARY else "F"


def _line_status(version: ReportVersion) -> str:
    """OBX-11, table 0085."""
    return "W" if version.report.status in TAKEN_BACK else _status(version)


def _code(code: Code) -> str:
    return f"{code.value}^{escaped(code.meaning)}^{code.scheme}"


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y%m%d%H%M%S%z")
