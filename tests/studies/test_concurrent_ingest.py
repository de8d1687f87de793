"""Several processes may take in the same files at the same moment: everything is filed once, nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from pydicom.uid import generate_uid

from reporting.accounts.models import Role
from reporting.audit_trail.services import verify_chain
from reporting.studies import blobs
from reporting.studies.models import Patient, QuarantinedFile, Series, SopInstance, Study
from reporting.studies.services import FileStatus, IngestReport, ingest_instances
from tests.factories import make_user
from tests.studies.objects import incoming, mr_bytes

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def _at_once(batches: list[list], user: object) -> list[IngestReport]:  # type: ignore[type-arg]
    def take_in(files: list) -> IngestReport:  # type: ignore[type-arg]
        try:
            return ingest_instances(files, by=user)  # type: ignore[arg-type]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(take_in, batches))


def test_the_same_study_sent_by_six_at_once_is_stored_once(tmp_path: Path) -> None:
    study, user = generate_uid(), make_user(Role.IMPORTER)
    files = incoming(tmp_path, {str(n): mr_bytes(study=study, number=n) for n in range(1, 9)})
    reports = _at_once([files if n % 2 else files[::-1] for n in range(THREADS)], user)
    statuses = [result.status for report in reports for result in report.results]
    assert statuses.count(FileStatus.STORED) == 8
    assert statuses.count(FileStatus.ALREADY_STORED) == 8 * (THREADS - 1)
    assert SopInstance.objects.count() == 8
    series = Series.objects.get()
    assert (series.role, series.completeness["slices"]) == ("sagittal_t2", 8)
    assert not list(blobs.incoming_dir().iterdir())
    assert verify_chain() is None


def test_studies_of_one_new_patient_sent_at_once_make_one_patient(tmp_path: Path) -> None:
    user = make_user(Role.IMPORTER)
    batches = [incoming(tmp_path / str(n), {"a": mr_bytes()}) for n in range(THREADS)]
    reports = _at_once(batches, user)
    assert {result.status for report in reports for result in report.results} == {FileStatus.STORED}
    assert (Patient.objects.count(), Study.objects.count()) == (1, THREADS)


def test_one_uid_with_six_contents_sent_at_once_is_stored_once_and_quarantined_five_times(tmp_path: Path) -> None:
    """In six different studies, so that only the database can see the contradiction."""
    uid, user = generate_uid(), make_user(Role.IMPORTER)
    batches = [incoming(tmp_path / str(n), {"a": mr_bytes(SOPInstanceUID=uid)}) for n in range(THREADS)]
    reports = _at_once(batches, user)
    statuses = [report.results[0].status for report in reports]
    assert statuses.count(FileStatus.STORED) == 1
    assert statuses.count(FileStatus.QUARANTINED) == THREADS - 1
    assert SopInstance.objects.count() == 1
    assert QuarantinedFile.objects.count() == THREADS - 1
