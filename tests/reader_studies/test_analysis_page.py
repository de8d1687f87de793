"""The page of an analysis: its charts and tables, its words, and who may open it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.reader_studies import services
from reporting.reader_studies.analysis.whole import analysed
from reporting.reader_studies.models import AnalysisPart, AnalysisRun, ReaderStudy
from reporting.reader_studies.services import analysis_work
from reporting.reader_studies.words import AnalysisStatus, StudyRole
from tests.reader_studies.factories import closed, owner_of
from tests.reader_studies.test_analysis import study as drawn_reads
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> ReaderStudy:
    return closed()


def _get(study: ReaderStudy, user: User, query: str = "", language: str = "en") -> tuple[int, str]:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    answer = client.get(reverse("reader_studies:analysis", args=[study.pk]) + query)
    return answer.status_code, answer.content.decode()


def _post(study: ReaderStudy, user: User, **fields: str) -> None:
    client = Client()
    client.force_login(user)
    said = {"seed": "3", "resamples": "200", "margin": "0.1"} | fields
    assert client.post(reverse("reader_studies:analysis", args=[study.pk]), said).status_code == 302


def _drawn(study: ReaderStudy) -> AnalysisRun:
    """A finished analysis of reads with two arms, an algorithm, and figures worth drawing."""
    run = services.ask_for_analysis(study, seed=5, resamples=200, margin=0.05, by=owner_of(study))
    parts = [
        AnalysisPart(run=run, name=part.name, content=part.content)
        for part in analysed(drawn_reads(cases=30, readers=3), resamples=200, seed=5, margin=0.05)
    ]
    AnalysisPart.objects.bulk_create(parts)
    moment = {"finished_at": run.created_at, "input_digest": "0" * 64}
    AnalysisRun.objects.filter(pk=run.pk).update(status=AnalysisStatus.FINISHED, done=1, **moment)
    return run


def test_the_owner_asks_waits_and_looks(study: ReaderStudy) -> None:
    owner = owner_of(study)
    assert "not analysed yet" in _get(study, owner)[1]
    _post(study, owner)
    waiting = _get(study, owner)[1]
    assert "Waiting for a worker" in waiting
    assert 'name="seed"' not in waiting
    analysis_work.run_due_analyses()
    status, page = _get(study, owner, "?finding=canal")
    assert status == 200
    assert "Analysis 1: 4 rated places, 2 of them diseased, in 2 cases" in page
    assert study.analyses.get().input_digest in page
    assert AuditEvent.objects.filter(act=AuditAct.ANALYSIS_SEEN).count() == 1


def test_what_is_drawn_is_what_is_stored(study: ReaderStudy) -> None:
    run = _drawn(study)
    page = _get(study, owner_of(study), "?finding=herniation")[1]
    merits = run.parts.get(name="finding:herniation").content["merits"]["auc"]
    for arm in ("aided", "unaided"):
        assert f"{merits['arms'][arm]['mrmc']['value']:.3f} (" in page
    gap = merits["differences"][0]["or"]["estimate"]["value"]
    assert f"{gap:.3f} (" in page
    assert "js/charts.mjs" in page
    assert page.count("data-chart=") == 5  # three figures, ROC, agreement
    for title in ("ROC curves", "Automation bias", "Agreement of readers", "Readers and the algorithm alone"):
        assert title in page
    pooled = _get(study, owner_of(study))[1]
    assert "Reading times compared" in pooled
    assert "mixed model: Aided / Unaided" in pooled


def test_it_is_all_said_in_chinese(study: ReaderStudy) -> None:
    _drawn(study)
    page = _get(study, owner_of(study), "?finding=herniation", "zh-hans")[1]
    for words in ("阅片者的一致性", "自动化偏倚", "论文方法", "受试者工作特征曲线"):
        assert words in page


def test_a_statistician_sees_codes_and_no_names(study: ReaderStudy) -> None:
    _drawn(study)
    statistician = make_user(Role.RESEARCHER)
    study.members.create(user=statistician, role=StudyRole.STATISTICIAN)
    status, page = _get(study, statistician, "?finding=herniation")
    assert status == 200
    assert "R01" in page
    for member in study.members.exclude(user=statistician).select_related("user"):
        assert member.user.full_name not in page
        assert member.user.username not in page


@pytest.mark.parametrize(
    ("role", "expected"), [(StudyRole.COORDINATOR, 403), (StudyRole.ADJUDICATOR, 403), (None, 404)]
)
def test_nobody_else_opens_it(study: ReaderStudy, role: StudyRole | None, expected: int) -> None:
    _drawn(study)
    someone = make_user(Role.RESEARCHER)
    if role is not None:
        study.members.create(user=someone, role=role)
    assert _get(study, someone)[0] == expected


@pytest.mark.parametrize("query", ["?finding=nothing", "?number=9", "?number=x"])
def test_what_does_not_exist_is_not_found(study: ReaderStudy, query: str) -> None:
    _drawn(study)
    assert _get(study, owner_of(study), query)[0] == 404


@pytest.mark.parametrize("wrong", [{"seed": "x"}, {"resamples": "1"}, {"margin": "nan"}, {"margin": "much"}])
def test_a_wrong_number_is_said_and_nothing_begins(study: ReaderStudy, wrong: dict[str, str]) -> None:
    _post(study, owner_of(study), **wrong)
    assert not study.analyses.exists()


def test_one_that_failed_says_so(study: ReaderStudy) -> None:
    run = services.ask_for_analysis(study, seed=5, resamples=200, margin=0.05, by=owner_of(study))
    AnalysisRun.objects.filter(pk=run.pk).update(status=AnalysisStatus.FAILED, fault="worker_lost")
    assert "failed (worker_lost)" in _get(study, owner_of(study))[1]
