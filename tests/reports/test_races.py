"""Two people, two workers, one report: exactly one wins and nobody's work is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from reporting.accounts.models import Role
from reporting.core.errors import DomainError, StaleVersion
from reporting.reports import services
from reporting.reports.models import Report, Signature
from tests.reports.factories import change, complete, make_draft, make_job, make_study, make_user, row, sign

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[int], Any], times: int) -> list[Any]:
    """Results or refusals of ``act`` from as many threads."""

    def run(number: int) -> Any:
        try:
            return act(number)
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_of_many_changes_to_the_same_version_one_is_kept_and_the_others_are_told() -> None:
    report, senior = make_draft(), make_user(Role.SENIOR)
    results = at_once(lambda n: change(Report.objects.get(pk=report.pk), "canal_grade@C5/6", str(n % 3), senior), 6)
    stale = [r for r in results if isinstance(r, StaleVersion)]
    kept = [r for r in results if not isinstance(r, DomainError)]
    assert len(kept) + len(stale) == 6
    assert kept
    report.refresh_from_db()
    assert report.version == 1 + len(kept)
    assert row(report, "canal_grade@C5/6").value in {k.value for k in kept}


def test_two_signatures_at_once_make_one_final_version() -> None:
    report, senior = make_draft(), make_user(Role.SENIOR)
    complete(report, senior)
    digest, version = services.preview(report).digest, report.version
    results = at_once(
        lambda _: sign(Report.objects.get(pk=report.pk), senior, content_digest=digest, expected_version=version), 4
    )
    assert sum(not isinstance(r, DomainError) for r in results) == 1
    assert Signature.objects.count() == 1


def test_many_workers_open_one_draft() -> None:
    study = make_study()
    job = make_job(study)
    services.install_template()
    results = at_once(lambda _: services.draft_report(study=study, job=job), 6)
    assert len({r.pk for r in results}) == 1
    report = Report.objects.get()
    assert report.findings.count() == len({str(f.place) for f in report.findings.all()})
