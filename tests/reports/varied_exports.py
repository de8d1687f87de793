"""What leaves of the twenty varied reports, in every form, made once for all validators."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.test import override_settings

from reporting.accounts.models import Role
from reporting.core.hl7_text import Charset
from reporting.outbound.models import Destination, Form
from reporting.reports.exports import pdf
from reporting.reports.exports.fhir import Release, fhir_of
from reporting.reports.exports.outgoing import contents_of
from reporting.reports.exports.standing import standing_of
from reporting.studies.models import SopInstance
from tests.reports.factories import make_user
from tests.reports.varied import CASES, Case, varied_versions
from tests.reports.varied_studies import number_of

DICOM = (Form.DICOM_SR, Form.DICOM_SEG, Form.DICOM_KEY, Form.DICOM_PDF)


@dataclass(frozen=True)
class Left:
    """Of one report. ``patient``: its name as we keep it; ``images``: by UID the series and how many frames.

    ``content``: what was signed of it.
    """

    number: int
    case: Case
    status: str
    kind: str
    content: dict[str, Any]
    patient: str
    study: str
    images: dict[str, tuple[str, int]]
    contents: dict[Form, list[bytes]]
    gb18030: bytes
    downloads: dict[Release, bytes]
    folder: Path

    @property
    def sources(self) -> list[Path]:
        """The images as the scanner wrote them."""
        return sorted((self.folder / "images" / number_of(self.number)).rglob("*.dcm"))

    def files(self, form: Form) -> list[Path]:
        return [self.folder / f"{self.number:02}-{form}-{n}.dcm" for n in range(len(self.contents[form]))]


def all_left(folder: Path) -> list[Left]:
    """All twenty; the rows that they were made of are gone again."""
    printed = cache(pdf._compiled)  # the same page again is the same bytes (test_exports.py), and takes as long again
    with (
        warnings.catch_warnings(),
        override_settings(BLOB_DIR=folder / "blobs"),
        patch.object(pdf, "_compiled", lambda *given, archival: printed(*given, archival=archival)),
        transaction.atomic(),
    ):
        # Of a name in one word the library thinks that its carets were forgotten. It is as the scanner wrote it.
        warnings.filterwarnings("ignore", ".* is unlikely to represent the intended person name")
        made = list(_left(folder))
        transaction.set_rollback(True)
    return made


def _left(folder: Path) -> Iterator[Left]:
    senior = make_user(Role.SENIOR)
    utf_8 = Destination(charset=Charset.UTF_8, languages=["en", "zh"], application="RIS|1", facility="HOSP^2")
    gb = Destination(charset=Charset.GB18030, languages=["zh"])
    for number, version in enumerate(varied_versions(folder / "images", senior)):
        study = version.report.study
        images = SopInstance.objects.filter(series__study=study)
        one = Left(
            number,
            CASES[number],
            version.report.status,
            version.kind,
            standing_of(version).content,
            study.patient.name,
            study.study_instance_uid,
            {uid: (series, frames) for uid, series, frames in images.values_list(*_IMAGE)},
            {form: contents_of(version, form, utf_8) for form in Form},
            *contents_of(version, Form.HL7_ORU, gb),
            {release: fhir_of(version, release) for release in Release},
            folder,
        )
        for form in DICOM:
            for path, content in zip(one.files(form), one.contents[form], strict=True):
                path.write_bytes(content)
        yield one


_IMAGE = ("sop_instance_uid", "series__series_instance_uid", "number_of_frames")


def files_of(left: list[Left], *forms: Form) -> list[Path]:
    return [path for one in left for form in forms for path in one.files(form)]
