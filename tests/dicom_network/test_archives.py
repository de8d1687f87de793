"""Earlier studies from an archive that we did not write: looked up, shown, fetched, and only of the same person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pydicom.uid import ComprehensiveSRStorage, generate_uid

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.dicom_address import Called
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.dicom_network import archives
from reporting.dicom_network.archive_scu import ArchiveFault, FoundStudy, Moved, move_study
from reporting.dicom_network.archives import ATTEMPTS, fetch_due, look_up, request_retrieval
from reporting.dicom_network.known_archives import add_archive
from reporting.dicom_network.models import Archive, Retrieval, RetrievalStatus
from reporting.dicom_network.services import add_peer
from reporting.orders.intake import take
from reporting.orders.senders import Calling, add_sender
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths
from tests.dicom_network import orthanc
from tests.dicom_network.listening import listening
from tests.factories import make_user
from tests.inference.dicom_series import slice_values, write_series
from tests.orders.messages import message, patient

EARLIER, OTHERS, UNDER_PX1, NOW = (generate_uid() for _ in range(4))


def written(
    folder: Path, study: str, *, day: str, name: str = "Zhang^San=张^三", patient_id: str = "P*1", last: str = ""
) -> list[Path]:
    """Four objects; ``last``: the SOP class of the last, if it is to be none of the images."""

    def edit(index: int, dataset: Any) -> None:
        if last and index == 3:
            dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = last
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.PatientName, dataset.PatientID, dataset.StudyDate = name, patient_id, day
        dataset.PatientBirthDate = "19700203"
        dataset.StudyDescription, dataset.SeriesDescription = "MR cervical spine", "T2 sag"

    return write_series(folder, slice_values(4), study_uid=study, edit=edit)


@dataclass(frozen=True)
class Ward:
    study: Study
    archive: Archive
    senior: User


@pytest.fixture
def senior(transactional_db: None) -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def study(senior: User, tmp_path: Path) -> Study:
    ingest_paths(written(tmp_path / "now", NOW, day="20260301"), by=senior)
    return Study.objects.get()


@pytest.fixture
def ward(study: Study, senior: User, tmp_path: Path) -> Iterator[Ward]:
    """Our listener, and an archive with an earlier study of the patient, one of another person, one of another ID."""
    add_peer(orthanc.AE_TITLE, addresses=["127.0.0.1"], received_as=make_user(Role.SERVICE), by=None)
    with listening() as ours, orthanc.orthanc(tmp_path / "orthanc", knows_us_at=ours.port) as theirs:
        theirs.give(written(tmp_path / "then", EARLIER, day="20240131", last=ComprehensiveSRStorage))
        theirs.give(written(tmp_path / "other", OTHERS, day="20230131", name="Li^Si=李^四"))
        theirs.give(written(tmp_path / "third", UNDER_PX1, day="20220131", patient_id="PX1"))
        called = Called("127.0.0.1", theirs.port, orthanc.AE_TITLE)
        yield Ward(study, add_archive("PACS", called, by=None), senior)


@pytest.mark.process
def test_an_earlier_study_is_found_shown_and_fetched(ward: Ward, client: Client) -> None:
    found = look_up(ward.study, ward.archive, by=ward.senior)
    # The asterisk of the patient ID is no wildcard, and a name that contradicts ours is shown as such.
    said = [(one.found.study_instance_uid, one.fits) for one in found]
    assert said == [(EARLIER, True), (OTHERS, False)]
    assert (found[0].found.objects, found[0].found.patient_name) == (4, "Zhang^San=张^三")
    client.force_login(ward.senior)
    page = reverse("studies:earlier", args=[ward.study.pk])
    shown = client.get(page, {"study": EARLIER}).content.decode()
    assert "2024-01-31" in shown
    assert "T2 sag" in shown  # the preview
    asked = {"archive": str(ward.archive.pk), "study": EARLIER}
    assert client.post(page, asked).status_code == 302
    assert "Waiting" in client.get(page).content.decode()
    assert fetch_due(move_study) == 1
    retrieval = Retrieval.objects.get()
    assert (retrieval.status, retrieval.objects_sent, retrieval.fault) == (RetrievalStatus.DONE, 4, "")
    fetched = Study.objects.get(study_instance_uid=EARLIER)
    assert fetched.patient == ward.study.patient
    (series,) = fetched.series_set.all()
    assert (series.sop_instances.count(), series.role) == (4, "sagittal_t2")
    assert "Here already" in client.get(page).content.decode()
    assert AuditEvent.objects.filter(act="study.fetched", outcome="success").count() == 1
    with pytest.raises(InvalidInput):
        request_retrieval(ward.study, ward.archive, OTHERS, by=ward.senior)


@pytest.mark.process
def test_what_lies_under_the_other_number_of_a_merged_patient_is_found_and_fetched(ward: Ward, client: Client) -> None:
    client.force_login(ward.senior)
    page, asked = (
        reverse("studies:earlier", args=[ward.study.pk]),
        {"archive": str(ward.archive.pk), "study": UNDER_PX1},
    )
    assert "PX1" not in client.get(page).content.decode()
    client.post(page, asked)
    assert not Retrieval.objects.exists()
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    take(message(patient("PX1"), "MRG|P*1^^^HOSP^PI", kind="ADT^A40"), [ris])
    assert "under the number PX1" in client.get(page, {"study": UNDER_PX1}).content.decode()
    client.post(page, asked)
    assert fetch_due(move_study) == 1
    # A merge moves nothing: it stays under its own number.
    assert Study.objects.get(study_instance_uid=UNDER_PX1).patient.patient_id == "PX1"


@pytest.fixture
def silent(study: Study) -> Archive:
    """Nobody listens there."""
    return add_archive("PACS", Called("127.0.0.1", 1, "PACS"), by=None)


def test_an_archive_that_does_not_answer_is_said_so(
    study: Study, silent: Archive, senior: User, client: Client
) -> None:
    with pytest.raises(ArchiveFault, match="no_connection"):
        look_up(study, silent, by=senior)
    client.force_login(senior)
    answer = client.get(reverse("studies:earlier", args=[study.pk]))
    assert "does not answer" in answer.content.decode()
    assert AuditEvent.objects.filter(act="archive.asked", outcome="failure").count() == 2


def test_who_writes_no_reports_does_not_look_into_the_archive(study: Study, silent: Archive) -> None:
    with pytest.raises(NotAllowed):
        look_up(study, silent, by=make_user(Role.AUDITOR))


@pytest.fixture
def retrieval(silent: Archive, senior: User) -> Retrieval:
    return Retrieval.objects.create(archive=silent, study_instance_uid=EARLIER, requested_by=senior)


@pytest.mark.parametrize(
    ("moved", "status", "fault"),
    [
        (Moved(4, 0), RetrievalStatus.DONE, ""),
        (Moved(3, 1), RetrievalStatus.FAILED, "incomplete"),
        (Moved(0, 0), RetrievalStatus.FAILED, "nothing_sent"),
    ],
)
def test_only_a_whole_study_counts_as_fetched(retrieval: Retrieval, moved: Moved, status: str, fault: str) -> None:
    assert fetch_due(lambda _archive, _uid: moved) == 1
    retrieval.refresh_from_db()
    assert (retrieval.status, retrieval.fault) == (status, fault)
    assert fetch_due(lambda _archive, _uid: moved) == 0


def test_a_worker_that_is_lost_is_followed_by_another_and_changes_nothing_late(retrieval: Retrieval) -> None:
    def lost(_archive: Archive, _uid: str) -> Moved:
        Retrieval.objects.update(lease_expires_at="2020-01-01T00:00Z")
        # Meanwhile another takes it, and is done.
        if Retrieval.objects.get().attempt == 1:
            assert fetch_due(lambda _archive, _uid: Moved(4, 0)) == 1
        return Moved(0, 0)

    fetch_due(lost)
    retrieval.refresh_from_db()
    assert (retrieval.status, retrieval.attempt, retrieval.objects_sent) == (RetrievalStatus.DONE, 2, 4)


def test_what_kills_every_worker_is_given_up(retrieval: Retrieval) -> None:
    Retrieval.objects.update(status=RetrievalStatus.FETCHING, attempt=ATTEMPTS, lease_expires_at="2020-01-01T00:00Z")
    assert fetch_due(lambda _archive, _uid: Moved(4, 0)) == 0
    retrieval.refresh_from_db()
    assert (retrieval.status, retrieval.fault) == (RetrievalStatus.FAILED, "worker_lost")


def test_a_study_is_fetched_once_at_a_time(
    study: Study, silent: Archive, senior: User, retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = FoundStudy(EARLIER, "P*1", "Zhang^San", None, None, "", "", ("MR",), 4)
    monkeypatch.setattr(archives, "find_studies", lambda _archive, _patient: [there])  # the network
    with pytest.raises(WrongState):
        request_retrieval(study, silent, EARLIER, by=senior)
