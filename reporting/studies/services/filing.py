"""File objects of one study under patient, study and series, or in quarantine when they contradict what is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.request_id import remote_address, request_id
from reporting.studies.headers import InstanceHeader
from reporting.studies.models import (
    Patient,
    QuarantinedFile,
    QuarantineReason,
    Reception,
    Series,
    SopInstance,
    Study,
)
from reporting.studies.patient_identity import contradicts, known_sex, patient_key, same_key
from reporting.studies.services.describing import describe
from reporting.studies.services.next_object import file_next, remember
from reporting.studies.services.received import ReceivedObject, integer, row_of
from reporting.studies.services.report import FileResult, FileStatus, quarantined

ATTEMPTS = 5


@dataclass
class _Filing:
    """One study while its objects are filed: what is there already, what is new."""

    by: User
    study_instance_uid: str
    study: Study | None
    digests: dict[str, tuple[str, Study]]
    series: dict[str, Series]
    new: list[SopInstance] = field(default_factory=list)
    new_series: list[Series] = field(default_factory=list)
    is_new_study: bool = False


def file_objects(
    objects: Sequence[ReceivedObject], *, by: User, more_to_come: bool = False
) -> tuple[list[FileResult], Study | None]:
    """File objects that all name the same study; returns one result each, and the study if it got something new.

    ``more_to_come``: the series are described, and the audit trail told, when the :class:`Reception` ends.

    Another process may file the same patient, series or object at the same moment: the database's unique
    constraints decide, the loser looks again and finds them already there.
    """
    if more_to_come and len(objects) == 1 and (study := file_next(objects[0])) is not None:
        return [FileResult(objects[0].name, FileStatus.STORED, study_id=study.pk)], study
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _file(objects, by, more_to_come)
        except (IntegrityError, OperationalError):
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _file(objects: Sequence[ReceivedObject], by: User, more_to_come: bool) -> tuple[list[FileResult], Study | None]:
    filing = _open(objects, by, alone=not more_to_come)
    results = [_file_one(filing, received) for received in objects]
    if not filing.new or filing.study is None:
        return results, None
    if more_to_come:
        reception = _reception(filing, filing.study)
        for instance in filing.new:
            instance.reception = reception
        if len(objects) == 1:
            remember(objects[0], filing.new[0].series, filing.study, reception)
    SopInstance.objects.bulk_create(filing.new)
    # Of a series that is coming in, the first object says the most.
    for series in filing.new_series if more_to_come else {instance.series for instance in filing.new}:
        describe(series)
    if not more_to_come:
        data = {"objects": len(filing.new), "new_study": filing.is_new_study}
        record(AuditAct.STUDY_RECEIVED, by=by, about=filing.study, data=data)
    return results, filing.study


def lock_study(study_instance_uid: str, *, alone: bool) -> None:
    """Until the transaction ends. ``alone``: who computes roles of series must have seen all their objects."""
    key = int.from_bytes(hashlib.sha256(study_instance_uid.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [key])


def _reception(filing: _Filing, study: Study) -> Reception:
    known = Reception.objects.under_way().filter(study=study, request_id=request_id.get()).first()
    return known or Reception.objects.create(
        study=study,
        received_by=filing.by,
        request_id=request_id.get(),
        remote_address=remote_address.get(),
        is_new_study=filing.is_new_study,
    )


def _open(objects: Sequence[ReceivedObject], by: User, *, alone: bool) -> _Filing:
    uid = objects[0].header.study.study_instance_uid
    lock_study(uid, alone=alone)
    instances = SopInstance.objects.filter(sop_instance_uid__in={one.header.sop_instance_uid for one in objects})
    series = Series.objects.filter(series_instance_uid__in={one.header.series.series_instance_uid for one in objects})
    return _Filing(
        by=by,
        study_instance_uid=uid,
        study=Study.objects.select_related("patient").filter(study_instance_uid=uid).first(),
        digests={
            one.sop_instance_uid: (one.sha256, one.series.study) for one in instances.select_related("series__study")
        },
        series={one.series_instance_uid: one for one in series},
    )


def _file_one(filing: _Filing, received: ReceivedObject) -> FileResult:
    header = received.header
    known = filing.digests.get(header.sop_instance_uid)
    if known is not None and known[0] == received.blob.sha256:
        return FileResult(received.name, FileStatus.ALREADY_STORED, study_id=known[1].pk)
    if known is not None:
        return _quarantine(filing, received, QuarantineReason.SAME_UID_OTHER_BYTES, known[1])
    patient = filing.study.patient if filing.study else Patient.objects.filter(**_key_fields(header)).first()
    if filing.study and not same_key(
        (filing.study.patient.patient_id, filing.study.patient.issuer), patient_key(header)
    ):
        return _quarantine(filing, received, QuarantineReason.STUDY_OF_OTHER_PATIENT, filing.study)
    if patient and contradicts(patient, patient.name, header.patient, header.patient.patient_name):
        return _quarantine(filing, received, QuarantineReason.PATIENT_CONFLICT, filing.study)
    series = filing.series.get(header.series.series_instance_uid)
    if series is not None and (filing.study is None or series.study_id != filing.study.pk):
        return _quarantine(filing, received, QuarantineReason.SERIES_OF_OTHER_STUDY, filing.study)
    study = filing.study or _create_study(filing, header)
    if header.study.indication and not study.indication:  # not every scanner writes it into every series
        study.indication = header.study.indication
        Study.objects.filter(pk=study.pk, indication="").update(indication=study.indication)
    series = series or _create_series(filing, study, header)
    filing.new.append(row_of(series, received))
    filing.digests[header.sop_instance_uid] = (received.blob.sha256, study)
    return FileResult(received.name, FileStatus.STORED, study_id=study.pk)


def _quarantine(filing: _Filing, received: ReceivedObject, reason: QuarantineReason, study: Study | None) -> FileResult:
    fields = {
        "study": study,
        "size_bytes": received.blob.size_bytes,
        "sop_instance_uid": received.header.sop_instance_uid,
        "study_instance_uid": filing.study_instance_uid,
        "received_by": filing.by,
    }
    file, is_new = QuarantinedFile.objects.get_or_create(sha256=received.blob.sha256, reason=reason, defaults=fields)
    if is_new:
        record(AuditAct.FILE_QUARANTINED, by=filing.by, about=file, data={"reason": reason.value})
    return quarantined(received.name, reason, study)


def _key_fields(header: InstanceHeader) -> dict[str, str]:
    patient_id, issuer = patient_key(header)
    return {"patient_id": patient_id, "issuer": issuer}


def _create_study(filing: _Filing, header: InstanceHeader) -> Study:
    person = header.patient
    facts = {"name": person.patient_name[:324], "birth_date": person.birth_date, "sex": known_sex(person.sex)}
    patient, _is_new = Patient.objects.get_or_create(**_key_fields(header), defaults=facts)
    filing.study = Study.objects.create(
        patient=patient,
        study_instance_uid=filing.study_instance_uid,
        accession_number=header.study.accession_number[:64],
        description=header.study.description[:128],
        indication=header.study.indication,
        study_date=header.study.study_date,
        age_years=header.study.age_at_examination,
        section=settings.DEPARTMENT_SECTION,
    )
    filing.is_new_study = True
    return filing.study


def _create_series(filing: _Filing, study: Study, header: InstanceHeader) -> Series:
    said = header.series
    series = Series.objects.create(
        study=study,
        series_instance_uid=said.series_instance_uid,
        series_number=integer(said.series_number),
        description=said.description[:128],
        modality=said.modality[:16],
        frame_of_reference_uid=said.frame_of_reference_uid[:64],
    )
    filing.series[said.series_instance_uid] = series
    filing.new_series.append(series)
    return series
