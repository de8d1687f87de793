"""Archives are added, changed and tested; over TLS only those are asked whom our authority vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.dicom_address import Called
from reporting.core.dicom_association import NoAssociation, association, echo
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.dicom_network.archive_scu import ArchiveFault, find_series, find_studies, move_study
from reporting.dicom_network.known_archives import add_archive, change_archive, ping_archive
from reporting.dicom_network.models import Archive
from reporting.dicom_network.services import add_peer
from reporting.studies.models import SopInstance
from tests.dicom_network import orthanc
from tests.dicom_network.listening import listening
from tests.dicom_network.test_archives import written
from tests.dicom_network.test_limits import certificate
from tests.factories import make_user
from tests.programs import program

NOWHERE = Called("127.0.0.1", 1, "PACS")


@pytest.mark.django_db
def test_an_archive_is_said_anew_by_who_saw_it_as_it_is() -> None:
    admin = make_user(Role.ADMIN)
    made = add_archive("PACS", NOWHERE, by=admin)
    there = Called("pacs.example.org", 2762, "PACS", uses_tls=True)
    changed = change_archive(made, there, is_active=True, by=admin, expected_version=1)
    assert (changed.called, changed.version) == (there, 2)
    with pytest.raises(StaleVersion):
        change_archive(made, NOWHERE, is_active=True, by=admin, expected_version=1)
    with pytest.raises(WrongState):
        add_archive("PACS", NOWHERE, by=admin)
    with pytest.raises(NotAllowed):
        change_archive(made, NOWHERE, is_active=False, by=make_user(Role.SENIOR), expected_version=2)
    event = AuditEvent.objects.get(act="archive.changed")
    assert event.data == {
        "host": {"from": "127.0.0.1", "to": "pacs.example.org"},
        "port": {"from": 1, "to": 2762},
        "uses_tls": {"from": False, "to": True},
    }


@pytest.mark.django_db
def test_a_change_writes_what_may_be_changed_and_nothing_else(django_assert_max_num_queries: Any) -> None:
    made = add_archive("PACS", NOWHERE, by=None)
    with django_assert_max_num_queries(20) as asked:
        change_archive(made, NOWHERE, is_active=False, by=None, expected_version=1)
    (written_columns,) = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("UPDATE")]
    assert '"is_active" = ' in written_columns
    assert '"name" = ' not in written_columns


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("", NOWHERE),
        ("x" * 65, NOWHERE),
        ("PACS", Called("http://pacs/", 104, "PACS")),
        ("PACS", Called("pacs", 0, "PACS")),
        ("PACS", Called("pacs", 65536, "PACS")),
        ("PACS", Called("pacs", 104, "")),
        ("PACS", Called("pacs", 104, "A\\B")),
        ("PACS", Called("pacs", 104, "x" * 17)),
    ],
)
def test_what_makes_no_archive_is_refused(name: str, called: Called) -> None:
    with pytest.raises(InvalidInput):
        add_archive(name, called, by=None)


def said(*words: str) -> str:
    out = StringIO()
    call_command("dicom_archive", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_adds_changes_checks_and_switches_off() -> None:
    assert said("PACS", "PACS", "127.0.0.1", "1") == "PACS: PACS 127.0.0.1:1\n"
    assert said("PACS", "PACS", "10.1.2.4", "2762", "--tls") == "PACS: PACS 10.1.2.4:2762 TLS\n"
    assert said("PACS", "--off") == "PACS: PACS 10.1.2.4:2762 TLS (off)\n"
    assert said("PACS", "PACS", "127.0.0.1", "1") == "PACS: PACS 127.0.0.1:1\n"
    assert said("PACS", "--check").endswith("  does not answer: no_connection\n")
    for wrong in (["OTHER", "--off"], ["OTHER"], ["PACS", "PACS", "a b", "1"]):
        with pytest.raises(CommandError):
            said(*wrong)
    assert AuditEvent.objects.get(act="archive.tested").outcome == "failure"
    assert Archive.objects.get().version == 4


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "[::1]", "127.0.0.1"])
@pytest.mark.parametrize("uses_tls", [False, True])
def test_where_nobody_is_there_is_no_association(host: str, uses_tls: bool) -> None:
    with pytest.raises(NoAssociation, match="no_connection"):
        echo(Called(host, 1, "PACS", uses_tls))


def test_without_the_file_of_our_authorities_nobody_is_trusted(settings: Any) -> None:
    settings.DESTINATIONS_CA = "/nonexistent.pem"
    with pytest.raises(NoAssociation, match="tls_failed"):
        echo(Called("127.0.0.1", 1, "PACS", uses_tls=True))


@pytest.fixture
def keys(tmp_path: Path, settings: Any) -> tuple[Path, Path]:
    """The archive's key and certificate, which our side trusts."""
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    made = certificate(tmp_path, "archive")
    settings.DESTINATIONS_CA = str(made[1])
    return made


@pytest.fixture
def sealed(transactional_db: None, tmp_path: Path, keys: tuple[Path, Path]) -> Iterator[Archive]:
    """Debian's Orthanc, which speaks TLS only, and our listener."""
    add_peer(orthanc.AE_TITLE, addresses=["127.0.0.1"], received_as=make_user(Role.SERVICE), by=None)
    with listening() as ours, orthanc.orthanc(tmp_path / "orthanc", knows_us_at=ours.port, tls=keys) as theirs:
        theirs.give(written(tmp_path / "then", STUDY, day="20240131"))
        yield add_archive("PACS", Called("127.0.0.1", theirs.port, orthanc.AE_TITLE, uses_tls=True), by=None)


STUDY = generate_uid()


@pytest.mark.process
def test_over_tls_an_archive_is_asked_and_sends(sealed: Archive, tmp_path: Path, settings: Any) -> None:
    assert ping_archive(sealed, by=None) == ""
    assert [one.study_instance_uid for one in find_studies(sealed, "P*1")] == [STUDY]
    assert [one.objects for one in find_series(sealed, STUDY)] == [4]
    assert move_study(sealed, STUDY).sent == 4
    assert SopInstance.objects.count() == 4
    settings.DESTINATIONS_CA = str(certificate(tmp_path, "stranger")[1])
    assert ping_archive(sealed, by=None) == "tls_failed"
    with pytest.raises(ArchiveFault, match="tls_failed"):
        find_studies(sealed, "P*1")
    settings.DESTINATIONS_CA = str(tmp_path / "archive.pem")
    plainly = Called(sealed.host, sealed.port, sealed.ae_title)
    change_archive(sealed, plainly, is_active=True, by=None, expected_version=1)
    with pytest.raises(ArchiveFault, match="no_connection"):
        find_studies(Archive.objects.get(), "P*1")


@pytest.mark.process
@pytest.mark.django_db
def test_who_speaks_no_tls_or_takes_no_such_thing_is_told_apart(
    tmp_path: Path, keys: tuple[Path, Path], settings: Any
) -> None:
    with orthanc.orthanc(tmp_path / "orthanc", knows_us_at=1) as theirs:
        with pytest.raises(NoAssociation, match="tls_failed"):
            echo(Called("127.0.0.1", theirs.port, orthanc.AE_TITLE, uses_tls=True))
        echo(Called("127.0.0.1", theirs.port, orthanc.AE_TITLE))
        with (
            pytest.raises(NoAssociation, match="sop_class_not_accepted"),
            association(Called("127.0.0.1", theirs.port, orthanc.AE_TITLE), "1.2.3.4", answer_s=5),
        ):
            pass


def test_who_does_not_know_us_rejects_us() -> None:
    entity = AE("PACS")
    entity.require_called_aet = True
    entity.add_supported_context(Verification)
    server = entity.start_server(("127.0.0.1", 0), block=False)
    try:
        echo(Called("127.0.0.1", server.server_address[1], "PACS"))
        with pytest.raises(NoAssociation, match="association_rejected"):
            echo(Called("127.0.0.1", server.server_address[1], "OTHER"))
    finally:
        server.shutdown()
