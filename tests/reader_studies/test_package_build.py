"""Packages as work orders: asked for once the reading is closed, built by a worker whole or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, StorageFull, WrongState
from reporting.reader_studies import services
from reporting.reader_studies.models import PackageBuild, PackageFile, ReaderStudy, ReferenceStandard
from reporting.reader_studies.services import package_work, work_orders
from reporting.reader_studies.words import AnalysisStatus, StudyRole, TruthSource
from reporting.studies.blobs import blob_path, incoming_dir, kept_digests
from tests.paths import REPOSITORY
from tests.reader_studies.factories import closed, locked, owner_of
from tests.reports.factories import make_user


def _client(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def _file(study: ReaderStudy, user: User, number: int = 1) -> tuple[int, bytes]:
    answer = _client(user).get(reverse("reader_studies:package_file", args=[study.pk, number]))
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content


def _page(study: ReaderStudy, user: User, language: str = "en") -> HttpResponse:
    return _client(user, language).get(reverse("reader_studies:package", args=[study.pk]))


def _built(study: ReaderStudy) -> PackageBuild:
    build = services.ask_for_package(study, by=owner_of(study))
    package_work.build_due_packages()
    build.refresh_from_db()
    return build


@pytest.mark.django_db
def test_it_is_asked_for_built_and_served_with_its_digest() -> None:
    study = closed()
    owner = owner_of(study)
    address = reverse("reader_studies:package", args=[study.pk])
    assert _client(owner).post(address).status_code == 302
    waiting = _page(study, owner).content.decode()
    assert "Package 1: Waiting for a worker" in waiting
    assert "Build" not in waiting
    assert _file(study, owner)[0] == 404
    package_work.build_due_packages()
    build = study.packages.get()
    assert (build.status, build.done, build.attempt) == (AnalysisStatus.FINISHED, 1, 1)
    page = _page(study, owner).content.decode()
    assert build.file.sha256 in page
    status, content = _file(study, owner)
    assert status == 200
    assert content.startswith(b"PK")
    assert hashlib.sha256(content).hexdigest() == build.file.sha256
    assert len(content) == build.file.size_bytes
    acts = (AuditAct.PACKAGE_ASKED, AuditAct.PACKAGE_BUILT, AuditAct.READER_STUDY_EXPORTED)
    events = AuditEvent.objects.filter(act__in=acts).order_by("pk")
    assert sorted(event.act for event in events) == sorted(acts)
    assert {event.data.get("sha256") for event in events} == {None, build.file.sha256}
    assert "重新生成" in _page(study, owner, "zh-hans").content.decode()


@pytest.mark.django_db
def test_the_same_study_gives_the_same_file_again() -> None:
    study = closed()
    first, second = _built(study), _built(study)
    assert (first.number, second.number) == (1, 2)
    assert first.file.sha256 == second.file.sha256


@pytest.mark.django_db
def test_owner_and_statistician_only_and_only_once_the_reading_is_closed() -> None:
    study = closed()
    statistician, coordinator = make_user(Role.RESEARCHER), make_user(Role.RESEARCHER)
    study.members.create(user=statistician, role=StudyRole.STATISTICIAN)
    study.members.create(user=coordinator, role=StudyRole.COORDINATOR)
    stranger = make_user(Role.RESEARCHER)
    _built(study)
    people = (owner_of(study), statistician, coordinator, stranger)
    assert [_page(study, user).status_code for user in people] == [200, 200, 403, 404]
    assert [_file(study, user)[0] for user in people] == [200, 200, 403, 404]
    with pytest.raises(NotAllowed):
        services.ask_for_package(study, by=coordinator)
    running = locked()
    assert _page(running, owner_of(running)).status_code == 404
    with pytest.raises(WrongState, match="closed"):
        services.ask_for_package(running, by=owner_of(running))
    other = closed()
    assert _file(other, owner_of(other))[0] == 404  # the number is another study's


@pytest.mark.django_db
def test_one_package_at_a_time() -> None:
    study = closed()
    services.ask_for_package(study, by=owner_of(study))
    with pytest.raises(WrongState, match="already"):
        services.ask_for_package(study, by=owner_of(study))


@pytest.mark.django_db
@pytest.mark.parametrize(("raised", "fault"), [(StorageFull("full"), StorageFull.code), (ValueError("no"), "error")])
def test_one_that_fails_says_so_and_leaves_nothing(
    raised: Exception, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = closed()

    def broken(_study: ReaderStudy, out: Any, _tell: Any) -> None:
        out.write(b"half")
        raise raised

    with monkeypatch.context() as patched:
        patched.setattr(package_work, "write_package", broken)
        build = _built(study)
    assert (build.status, build.fault, PackageFile.objects.count()) == (AnalysisStatus.FAILED, fault, 0)
    assert list(incoming_dir().iterdir()) == []
    assert f"failed ({fault})" in _page(study, owner_of(study)).content.decode()
    assert _built(study).status == AnalysisStatus.FINISHED


@pytest.mark.django_db
def test_a_study_that_changes_meanwhile_is_not_kept_half_old_and_half_new(monkeypatch: pytest.MonkeyPatch) -> None:
    study = closed()
    real = package_work.write_package

    def changing(changed: ReaderStudy, out: Any, tell: Any) -> None:
        real(changed, out, tell)
        place = {"case": study.cases.all()[0], "finding": study.findings.all()[0], "level": "C4/5", "number": 2}
        ReferenceStandard.objects.create(
            **place, value=1.0, source=TruthSource.SURGERY, made_by=owner_of(study), reason="Read again."
        )

    monkeypatch.setattr(package_work, "write_package", changing)
    build = _built(study)
    assert (build.status, build.fault, list(kept_digests())) == (AnalysisStatus.FAILED, "changed", [])
    assert "changed while it was built" in _page(study, owner_of(study)).content.decode()


@pytest.mark.django_db
def test_a_worker_that_lost_its_order_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    study = closed()
    build = services.ask_for_package(study, by=owner_of(study))
    real = package_work.write_package

    def overtaken(taken: ReaderStudy, out: Any, tell: Any) -> None:
        PackageBuild.objects.filter(pk=build.pk).update(attempt=7)
        real(taken, out, lambda _done: None)

    monkeypatch.setattr(package_work, "write_package", overtaken)
    package_work.build_due_packages()
    build.refresh_from_db()
    assert (build.status, PackageFile.objects.count()) == (AnalysisStatus.RUNNING, 0)


@pytest.mark.django_db
def test_a_damaged_file_is_not_served_and_a_kept_row_never_changes() -> None:
    study = closed()
    build = _built(study)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reader_studies_packagefile SET size_bytes = 1")
    path = blob_path(build.file.sha256)
    path.write_bytes(path.read_bytes()[:-1])
    client = _client(owner_of(study))
    client.raise_request_exception = False
    assert client.get(reverse("reader_studies:package_file", args=[study.pk, 1])).status_code == 500


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_that_is_served_and_the_next_one_builds_it() -> None:
    study = closed()
    owner = owner_of(study)
    build = services.ask_for_package(study, by=owner)
    command = [sys.executable, "-m", "tests.reader_studies.run_packaging", str(connection.settings_dict["NAME"])]
    with subprocess.Popen(
        [*command, str(settings.BLOB_DIR)], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    build.refresh_from_db()
    assert (build.status, build.attempt) == (AnalysisStatus.RUNNING, 1)
    assert 0 < build.done < 1
    (left,) = incoming_dir().iterdir()
    assert left.stat().st_size > 0
    assert list(kept_digests()) == []
    assert _file(study, owner)[0] == 404
    assert "Being worked out" in _page(study, owner).content.decode()
    package_work.build_due_packages()  # its lease has not run out: nobody takes it
    assert PackageFile.objects.count() == 0
    PackageBuild.objects.filter(pk=build.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    package_work.build_due_packages()
    build.refresh_from_db()
    assert (build.status, build.attempt) == (AnalysisStatus.FINISHED, 2)
    assert _file(study, owner)[0] == 200
    PackageBuild.objects.filter(pk=build.pk).update(
        status=AnalysisStatus.WAITING, attempt=work_orders.MOST_ATTEMPTS, done=0, finished_at=None
    )
    package_work.build_due_packages()
    build.refresh_from_db()
    assert (build.status, build.fault) == (AnalysisStatus.FAILED, "worker_lost")
