"""The next object of a series that a moment ago took in one just like it: a single statement.

Whoever filed that one looked at patient, study and series; this asks the database whether all of them are still as they
were then, and if so files the object. Anything else is left to the long way.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from reporting.core.prepared import prepared_cursor
from reporting.core.request_id import request_id
from reporting.studies.headers import InstanceHeader, PatientHeader
from reporting.studies.models import Patient, Reception, Series, SopInstance, Study
from reporting.studies.services.received import ReceivedObject, values_of

_MOST_SERIES = 256

# The reception's row is held: who ends it waits, and then sees this object too.
_FILE = """
    INSERT INTO studies_sopinstance (id, created_at, updated_at, series_id, reception_id, sop_instance_uid,
        sop_class_uid, transfer_syntax_uid, instance_number, number_of_frames, sha256, size_bytes, header)
    SELECT %(id)s, now(), now(), s.id, r.id, %(sop_instance_uid)s,
        %(sop_class_uid)s, %(transfer_syntax_uid)s, %(instance_number)s::int, %(number_of_frames)s::int, %(sha256)s,
        %(size_bytes)s::bigint, %(header)s::jsonb
    FROM studies_reception r
        JOIN studies_study t ON t.id = r.study_id
        JOIN studies_series s ON s.study_id = t.id
        JOIN studies_patient p ON p.id = t.patient_id
    WHERE r.id = %(reception)s AND r.ended_at IS NULL AND s.id = %(series)s AND p.id = %(patient)s
        AND p.patient_id = %(patient_id)s AND p.issuer = %(issuer)s AND p.name = %(name)s AND p.sex = %(sex)s
        AND p.birth_date IS NOT DISTINCT FROM %(birth_date)s
    FOR SHARE OF r
    ON CONFLICT (sop_instance_uid) DO NOTHING
"""


@dataclass(frozen=True)
class _Filed:
    """Where the last one went, and the patient as it was then."""

    series: Series
    study: Study
    reception: Reception
    patient: Patient


_Key = tuple[str, str, str, PatientHeader]
_filed: dict[_Key, _Filed] = {}


def remember(received: ReceivedObject, series: Series, study: Study, reception: Reception) -> None:
    if len(_filed) >= _MOST_SERIES:
        _filed.clear()
    _filed[_key(received.header)] = _Filed(series, study, reception, study.patient)


def file_next(received: ReceivedObject) -> Study | None:
    """File the object and return its study; ``None``, and nothing is done, when it is not such a next one."""
    last = _filed.get(_key(received.header))
    if last is None:
        return None
    said, person = values_of(received), last.patient
    values = {
        **said,
        **{name: getattr(person, name) for name in ("patient_id", "issuer", "name", "sex", "birth_date")},
        "id": uuid.uuid4(),
        "header": json.dumps(said["header"]),
        "series": last.series.pk,
        "reception": last.reception.pk,
        "patient": person.pk,
    }
    if _execute(values) == 1:
        return last.study
    del _filed[_key(received.header)]
    return None


def _execute(values: dict[str, Any]) -> int:
    """Rows written."""
    with prepared_cursor() as cursor:
        cursor.execute(_FILE, values)
        return int(cursor.rowcount)


# Those that the statement writes.
assert {column.name for column in SopInstance._meta.concrete_fields} == {
    *("id", "created_at", "updated_at", "series", "reception", "sop_instance_uid", "sop_class_uid"),
    *("transfer_syntax_uid", "instance_number", "number_of_frames", "sha256", "size_bytes", "header"),
}


def _key(header: InstanceHeader) -> _Key:
    uids = header.study.study_instance_uid, header.series.series_instance_uid
    return (request_id.get(), *uids, header.patient)
