"""The demonstration's reader studies: made by the ordinary services, once, and plainly invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.demo.reader_study import OWN_TITLE, READERS, SIMULATED_TITLE, hold_reader_studies
from config.demo.signing import NOTE, sign_as_drafted
from config.demo.simulated import FINDINGS, Simulated
from reporting.accounts.models import Role, User
from reporting.predictions.models import Algorithm
from reporting.reader_studies import services
from reporting.reader_studies.analysis.reads import study_reads
from reporting.reader_studies.models import Rating, ReaderStudy, ReferenceStandard
from reporting.reader_studies.services import analysis_work
from reporting.reader_studies.words import AnalysisStatus, StudyStatus
from reporting.reports.states import ReportStatus
from tests.reader_studies.necks import drafted_neck, make_algorithm
from tests.reports.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
SPOTS = [(spec.key, level) for spec in FINDINGS for level in spec.levels]


def _truth(number: int) -> dict[str, Any]:
    """Another place diseased in every case."""
    return {"findings": [{"finding": f, "level": at, "positive": n % 3 == number} for n, (f, at) in enumerate(SPOTS)]}


@pytest.fixture
def truths(tmp_path: Path) -> dict[str, dict[str, Any]]:
    algorithm, senior = make_algorithm(), make_user(Role.SENIOR)
    found = {}
    for number in range(3):
        report = drafted_neck(tmp_path, algorithm, senior, patient=str(number + 1))
        sign_as_drafted(report, by=senior, password=PASSWORD)
        sign_as_drafted(report, by=senior, password=PASSWORD)  # nothing the second time
        assert report.status == ReportStatus.FINAL
        assert NOTE in report.versions.get().text_en
        found[report.study.study_instance_uid] = _truth(number)
    return found


def _held(truths: dict[str, dict[str, Any]], owner: User, reader: User) -> list[str]:
    said: list[str] = []
    algorithm = Algorithm.objects.get()
    hold_reader_studies(truths, algorithm, owner=owner, reader=reader, say=said.append)
    return said


def test_one_is_read_closed_and_analysed_and_one_waits_for_the_reader(truths: dict[str, dict[str, Any]]) -> None:
    owner, reader = make_user(Role.RESEARCHER), make_user(Role.READER)
    assert len(_held(truths, owner, reader)) == 3
    closed, own = (ReaderStudy.objects.get(title=title) for title in (SIMULATED_TITLE, OWN_TITLE))
    assert (closed.status, own.status) == (StudyStatus.CLOSED, StudyStatus.RUNNING)
    assert "nvented" in closed.title
    assert "虚构" in closed.question
    assert Rating.objects.count() == READERS * 2 * 3 * len(SPOTS)
    assert ReferenceStandard.objects.count() == 3 * len(SPOTS)
    analysis_work.run_due_analyses()
    assert closed.analyses.get().status == AnalysisStatus.FINISHED
    assert services.open_reading(own.readers.get(), by=reader).assignment.reader.member.user == reader


def test_images_that_a_worker_is_copying_are_waited_for(
    truths: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def copied_the_second_time() -> None:
        asked.append(1)
        if len(asked) > 1:
            copy_waiting_images()

    copy_waiting_images = services.copy_waiting_images
    monkeypatch.setattr(services, "copy_waiting_images", copied_the_second_time)
    monkeypatch.setattr("config.demo.reader_study.POLL_S", 0.0)
    assert len(_held(truths, make_user(Role.RESEARCHER), make_user(Role.READER))) == 3
    assert len(asked) == 2


def test_what_was_rated_is_what_was_drawn(truths: dict[str, dict[str, Any]]) -> None:
    _held(truths, make_user(Role.RESEARCHER), make_user(Role.READER))
    study = ReaderStudy.objects.get(title=SIMULATED_TITLE)
    reads, drawn = study_reads(study), Simulated(truths, READERS)
    for assignment in study.readers.get(code="R02").assignments.all():
        arm, case = reads.arms.index(assignment.arm.kind), reads.cases.index(assignment.case.code)
        said = [value for one in reads.findings for value in one.scores[arm, 1, case]]
        assert said == [answer.value for answer in drawn.answers(assignment, 1)]
    uid_of = dict(study.cases.values_list("code", "study__study_instance_uid"))
    for case, code in enumerate(reads.cases):
        told = [bool(value) for one in reads.findings for value in one.truth[case]]
        assert told == [one["positive"] for one in truths[uid_of[code]]["findings"]]


def test_a_second_run_changes_nothing(truths: dict[str, dict[str, Any]]) -> None:
    owner, reader = make_user(Role.RESEARCHER), make_user(Role.READER)
    _held(truths, owner, reader)
    before = list(ReaderStudy.objects.values_list("pk", "version", "updated_at"))
    ratings = Rating.objects.count()
    assert _held(truths, owner, reader) == []
    assert list(ReaderStudy.objects.values_list("pk", "version", "updated_at")) == before
    assert (Rating.objects.count(), ReaderStudy.objects.count()) == (ratings, 2)


def test_a_run_that_was_cut_off_is_taken_up_again(
    truths: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, reader = make_user(Role.RESEARCHER), make_user(Role.READER)
    submit, count = services.submit_reading, iter(range(100))

    def cut_off(*arguments: Any, **more: Any) -> Any:
        if next(count) == 5:
            raise KeyboardInterrupt
        return submit(*arguments, **more)

    with monkeypatch.context() as patched:
        patched.setattr(services, "submit_reading", cut_off)
        with pytest.raises(KeyboardInterrupt):
            _held(truths, owner, reader)
    _held(truths, owner, reader)
    assert ReaderStudy.objects.get(title=SIMULATED_TITLE).status == StudyStatus.CLOSED
    assert Rating.objects.count() == READERS * 2 * 3 * len(SPOTS)
