"""What became of each file of an ingest."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.studies.headers import InstanceHeader
from reporting.studies.models import QuarantineReason, Study
from reporting.studies.refusal_texts import REFUSAL_TEXT
from reporting.studies.refusals import RefusalCode


class FileStatus(TextChoices):
    STORED = "stored", gettext_lazy("Stored")
    ALREADY_STORED = "already_stored", gettext_lazy("Already stored")
    QUARANTINED = "quarantined", gettext_lazy("In quarantine")
    REFUSED = "refused", gettext_lazy("Refused")


@dataclass(frozen=True)
class FileResult:
    """``name`` as the sender called it; ``code`` and ``message`` say why it was refused or quarantined."""

    name: str
    status: FileStatus
    code: str = ""
    message: str | Promise = ""
    study_id: uuid.UUID | None = None
    # What a readable object says it is: for the answers of DICOM's own protocols.
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    study_instance_uid: str = ""

    def about(self, header: InstanceHeader) -> FileResult:
        return replace(
            self,
            sop_class_uid=header.sop_class_uid,
            sop_instance_uid=header.sop_instance_uid,
            series_instance_uid=header.series.series_instance_uid,
            study_instance_uid=header.study.study_instance_uid,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": self.status.value,
            "status_text": str(self.status.label),
            "code": self.code,
            "message": str(self.message),
            "study": str(self.study_id) if self.study_id else None,
        }


@dataclass
class IngestReport:
    """One result per file, in the order of arrival within each batch; ``studies`` are those that got something new."""

    results: list[FileResult] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)

    def count(self, status: FileStatus) -> int:
        return sum(result.status is status for result in self.results)

    def add_study(self, study: Study) -> None:
        if study not in self.studies:
            self.studies.append(study)

    def summary(self) -> str:
        """One line of counts, in the reader's language."""
        return _(
            "%(stored)d stored, %(already)d already stored, %(quarantined)d in quarantine, %(refused)d refused"
        ) % {
            "stored": self.count(FileStatus.STORED),
            "already": self.count(FileStatus.ALREADY_STORED),
            "quarantined": self.count(FileStatus.QUARANTINED),
            "refused": self.count(FileStatus.REFUSED),
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "files": [result.as_json() for result in self.results],
            "studies": [str(study.pk) for study in self.studies],
            "summary": self.summary(),
        }


def refused(name: str, code: RefusalCode) -> FileResult:
    return FileResult(name, FileStatus.REFUSED, code.value, REFUSAL_TEXT[code])


def quarantined(name: str, reason: QuarantineReason, study: Study | None) -> FileResult:
    return FileResult(name, FileStatus.QUARANTINED, reason.value, reason.label, study.pk if study else None)
