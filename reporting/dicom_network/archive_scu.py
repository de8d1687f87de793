"""We ask an archive: C-FIND for studies and series, C-MOVE of a study to our own listener (PS3.4 annex C)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from reporting.core import dicom_association
from reporting.core.dicom_association import NoAssociation
from reporting.dicom_network.models import Archive

ANSWER_S = 20
MOVE_ANSWER_S = 300
"""Between two answers of a move: an archive may first bring the study from tape."""
MAX_FOUND = 200
FIND, MOVE = StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelMove
_PENDING = (0xFF00, 0xFF01)


class ArchiveFault(Exception):
    """The archive did not do it. ``code`` is stable, and no word of its answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class FoundStudy:
    """One study as an archive describes it; ``objects`` is ``None`` where it does not count."""

    study_instance_uid: str
    patient_id: str
    patient_name: str
    birth_date: date | None
    study_date: date | None
    description: str
    accession_number: str
    modalities: tuple[str, ...]
    objects: int | None


@dataclass(frozen=True)
class FoundSeries:
    number: str
    description: str
    modality: str
    objects: int | None


@dataclass(frozen=True)
class Moved:
    """What the archive says it sent, and could not send."""

    sent: int
    missing: int


def find_studies(archive: Archive, patient_id: str) -> list[FoundStudy]:
    """All studies of exactly this patient ID. Raises :class:`ArchiveFault`."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.PatientID = "STUDY", _literal(patient_id)
    for keyword in (
        *("StudyInstanceUID", "PatientName", "PatientBirthDate", "StudyDate", "StudyDescription", "AccessionNumber"),
        *("ModalitiesInStudy", "NumberOfStudyRelatedInstances"),
    ):
        setattr(wanted, keyword, None)
    found = [_study(one) for one in _found(archive, wanted)]
    # Some archives match without regard to case; another ID is another patient.
    return [one for one in found if one.study_instance_uid and one.patient_id == patient_id]


def find_series(archive: Archive, study_instance_uid: str) -> list[FoundSeries]:
    """Raises :class:`ArchiveFault`."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.StudyInstanceUID = "SERIES", study_instance_uid
    for keyword in ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality"):
        setattr(wanted, keyword, None)
    wanted.NumberOfSeriesRelatedInstances = None
    return [
        FoundSeries(
            _text(one, "SeriesNumber"),
            _text(one, "SeriesDescription"),
            _text(one, "Modality"),
            _number(one, "NumberOfSeriesRelatedInstances"),
        )
        for one in _found(archive, wanted)
    ]


def move_study(archive: Archive, study_instance_uid: str) -> Moved:
    """Let the archive send the study to our listener; returns when it says that it is done.

    Raises :class:`ArchiveFault`.
    """
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.StudyInstanceUID = "STUDY", study_instance_uid
    with _association(archive, MOVE, MOVE_ANSWER_S) as association:
        for status, _identifier in association.send_c_move(wanted, settings.DICOM_AE_TITLE, MOVE):
            code = status.get("Status")
            if code is None:
                raise ArchiveFault("connection_lost")
            if code not in _PENDING:
                missing = int(status.get("NumberOfFailedSuboperations") or 0)
                if code not in (0x0000, 0xB000):  # B000: done, but not all of it
                    raise ArchiveFault(f"status_{code:04x}")
                return Moved(int(status.get("NumberOfCompletedSuboperations") or 0), missing)
    raise ArchiveFault("no_answer")


def _found(archive: Archive, wanted: Dataset) -> list[Dataset]:
    wanted.SpecificCharacterSet = "ISO_IR 192"
    found: list[Dataset] = []
    with _association(archive, FIND, ANSWER_S) as association:
        for status, identifier in association.send_c_find(wanted, FIND):
            code = status.get("Status")
            if code is None:
                raise ArchiveFault("connection_lost")
            if code in _PENDING and identifier is not None:
                found.append(identifier)
                if len(found) >= MAX_FOUND:
                    association.abort()
                    break
            elif code not in (0x0000, *_PENDING):
                raise ArchiveFault(f"status_{code:04x}")
    return found


@contextmanager
def _association(archive: Archive, sop_class: UID, answer_s: float) -> Iterator[Any]:
    try:
        with dicom_association.association(archive.called, sop_class, answer_s=answer_s) as made:
            yield made
    except NoAssociation as none:
        raise ArchiveFault(none.code) from none


def _study(one: Dataset) -> FoundStudy:
    modalities = one.get("ModalitiesInStudy") or ()
    return FoundStudy(
        study_instance_uid=_text(one, "StudyInstanceUID"),
        patient_id=_text(one, "PatientID"),
        patient_name=_text(one, "PatientName"),
        birth_date=_date(one, "PatientBirthDate"),
        study_date=_date(one, "StudyDate"),
        description=_text(one, "StudyDescription"),
        accession_number=_text(one, "AccessionNumber"),
        modalities=(modalities,) if isinstance(modalities, str) else tuple(map(str, modalities)),
        objects=_number(one, "NumberOfStudyRelatedInstances"),
    )


def _literal(patient_id: str) -> str:
    """Characters that a query takes as wildcards or as a list stand for any one character (PS3.4 C.2.2.2.4)."""
    return "".join("?" if character in "*\\" else character for character in patient_id)


def _text(one: Dataset, keyword: str) -> str:
    value = one.get(keyword)
    return "" if value is None else str(value).strip()[:324]


def _date(one: Dataset, keyword: str) -> date | None:
    try:
        return datetime.strptime(_text(one, keyword), "%Y%m%d").date()  # noqa: DTZ007  a date has no zone
    except ValueError:
        return None


def _number(one: Dataset, keyword: str) -> int | None:
    try:
        return int(_text(one, keyword))
    except ValueError:
        return None
