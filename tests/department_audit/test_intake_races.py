"""Two workers at once, and a worker that dies in the middle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from reporting.department_audit import intake
from reporting.department_audit.models import Fact, PendingReport, SignedRead, SummaryCell
from tests.department_audit.reports import make_report, pll, sign_version

pytestmark = pytest.mark.django_db(transaction=True)


def _sign(n: int) -> None:
    for _ in range(n):
        sign_version(make_report(), [pll("C5/6", "thickened", 0.9), pll("C4/5", "not_thickened", 0.1)])


def _take_in_thread() -> int:
    try:
        return intake.take_pending()
    finally:
        connection.close()


def test_two_workers_take_every_report_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 3)
    _sign(10)
    with ThreadPoolExecutor(2) as workers:
        taken = [one.result() for one in [workers.submit(_take_in_thread) for _ in range(2)]]
    left = intake.take_pending()
    assert sum(taken) + left == 10
    assert SignedRead.objects.count() == 10
    assert intake.faults() == []


def test_while_one_worker_counts_another_one_leaves_and_finds_it_done_later() -> None:
    _sign(1)
    with transaction.atomic():
        assert intake._locked()
        with ThreadPoolExecutor(1) as workers:
            assert workers.submit(_take_in_thread).result() == 0
    assert intake.take_pending() == 1


def test_a_worker_that_dies_in_the_middle_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    _sign(2)
    intake.take_pending()
    before = intake.digest()
    _sign(1)

    class Killed(BaseException):
        pass

    def die(_before: object, _after: object) -> None:
        assert SignedRead.objects.count() == 3  # the facts were written already
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(intake, "move", die)
        with pytest.raises(Killed):
            intake.take_pending()
    assert intake.digest() == before
    assert PendingReport.objects.count() == 1
    assert intake.take_pending() == 1
    assert intake.faults() == []
    assert Fact.objects.count() == 6
    assert SummaryCell.objects.exists()


def test_a_report_signed_while_others_are_counted_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    _sign(1)
    refresh = intake.refresh

    def sign_meanwhile(reports: list[object]) -> None:
        refresh(reports)  # type: ignore[arg-type]
        if SignedRead.objects.count() == 1:
            with ThreadPoolExecutor(1) as others:
                others.submit(_sign_in_thread).result()

    monkeypatch.setattr(intake, "refresh", sign_meanwhile)
    assert intake.take_pending() == 2
    assert intake.faults() == []


def _sign_in_thread() -> None:
    try:
        _sign(1)
    finally:
        connection.close()
