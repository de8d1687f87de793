"""Take files in. Bytes first, durable under their digest; then one transaction per study that points at them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import StorageFull
from reporting.studies import blobs
from reporting.studies.patient_identity import MAX_IDENTIFIER
from reporting.studies.refusals import RefusalCode
from reporting.studies.sandbox import read_headers
from reporting.studies.services.filing import file_objects
from reporting.studies.services.incoming import (
    IncomingFile,
    StagedFile,
    UnstagedFile,
    drop,
    incoming_files,
    stage_files,
)
from reporting.studies.services.received import ReceivedObject
from reporting.studies.services.report import FileResult, IngestReport, refused

BATCH_FILES = 256

logger = logging.getLogger(__name__)


def ingest_paths(paths: Iterable[Path], *, by: User) -> IngestReport:
    """:func:`ingest_instances` of every file at or below ``paths``."""
    return ingest_instances(incoming_files(paths), by=by)


def ingest_instances(
    files: Iterable[IncomingFile | StagedFile], *, by: User, more_to_come: bool = False
) -> IngestReport:
    """Store DICOM objects and file them under patient, study and series by UID; zip archives are unpacked.

    Each file gets its own result; a bad one costs only itself. May be repeated and may run at the same time as others:
    the same bytes are stored and filed once. Nothing stored is ever overwritten.

    ``more_to_come``: other calls of this request bring the rest, and ``end_receptions_of_this_request`` follows them.

    Raises:
        NotAllowed: the actor's role may not ingest.
        StorageFull: space ran out. What was filed before stays; ``details`` is the report up to there.
    """
    require(by, Act.STUDY_INGEST)
    if not more_to_come:  # else each object would pay for it; it looks for space when it is adopted
        blobs.require_free_space()
        blobs.sweep_incoming()
    report = IngestReport()
    batch: list[StagedFile | UnstagedFile] = []
    try:
        for file in stage_files(files):
            batch.append(file)
            if len(batch) >= BATCH_FILES:
                _take(batch, by, report, more_to_come)
        _take(batch, by, report, more_to_come)
    except StorageFull as full:
        message = _("The storage is full. Files not listed as stored were not stored; send them again later.")
        raise StorageFull(message, details=report.as_json()) from full
    finally:
        drop(batch)
    # Counts only: names of files and headers may name the patient.
    level = logging.DEBUG if more_to_come else logging.INFO
    logger.log(level, "ingest by %s: %s files, %s studies", by.pk, len(report.results), len(report.studies))
    return report


def _take(batch: list[StagedFile | UnstagedFile], by: User, report: IngestReport, more_to_come: bool) -> None:
    """Read, keep and file one batch, and empty it."""
    results: dict[int, FileResult] = {}
    objects: list[tuple[int, ReceivedObject]] = []
    for number, read in enumerate(_read(batch)):
        if isinstance(read, FileResult):
            results[number] = read
        else:
            objects.append((number, read))
    for study in _by_study(objects):
        blobs.keep_all([received.blob for _number, received in study])
        filed, row = file_objects([received for _number, received in study], by=by, more_to_come=more_to_come)
        for (number, received), result in zip(study, filed, strict=True):
            results[number] = result.about(received.header)
        if row is not None:
            report.add_study(row)
    report.results += [results[number] for number in sorted(results)]
    drop(batch)
    batch.clear()


def _read(batch: list[StagedFile | UnstagedFile]) -> Iterator[ReceivedObject | FileResult]:
    headers = read_headers(file.blob.path for file in batch if isinstance(file, StagedFile))
    for file in batch:
        if isinstance(file, UnstagedFile):
            yield refused(file.name, file.refusal)
            continue
        header = next(headers)
        if isinstance(header, RefusalCode):
            yield refused(file.name, header)
        elif max(len(header.patient.patient_id), len(header.patient.issuer)) > MAX_IDENTIFIER:
            # Cut to fit, two patients could become one.
            yield refused(file.name, RefusalCode.IDENTITY_TOO_LONG)
        elif file.sop_instance_uid not in ("", header.sop_instance_uid) or (
            file.study_instance_uid not in ("", header.study.study_instance_uid)
        ):
            yield refused(file.name, RefusalCode.OTHER_OBJECT)
        else:
            yield ReceivedObject(file.name, header, file.blob)


def _by_study(objects: list[tuple[int, ReceivedObject]]) -> list[list[tuple[int, ReceivedObject]]]:
    groups: dict[str, list[tuple[int, ReceivedObject]]] = {}
    for number, received in objects:
        groups.setdefault(received.header.study.study_instance_uid, []).append((number, received))
    return list(groups.values())
