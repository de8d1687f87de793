"""Invented reports are the same for a seed, look like signed ones, and stay away from a hospital's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from reporting.department_audit import figures, intake
from reporting.department_audit.filters import Dimension, Filter
from reporting.department_audit.models import PendingReport, SignedRead
from reporting.predictions.models import Algorithm
from reporting.reports.exports.document import document_of
from reporting.reports.models import Report, ReportVersion
from reporting.reports.signing import version_fault
from reporting.worklist.models import WorklistEntry
from tests.department_audit.reports import make_report, make_study, pll, sign_version

pytestmark = pytest.mark.django_db
UNTIL = "2026-10"


def test_invented_reports_are_signed_counted_and_the_same_again() -> None:
    call_command("seed_reports", "40", "--until", UNTIL, verbosity=0)
    assert all(version_fault(version) is None for version in ReportVersion.objects.all())
    assert all(document_of(version).tables for version in ReportVersion.objects.all()[:5]), "its page opens"
    assert SignedRead.objects.filter(standing="current").count() == 40
    assert not PendingReport.objects.exists()
    assert intake.faults() == []
    assert intake.rebuild() == intake.digest()
    assert WorklistEntry.objects.filter(report_status="final").count() == 40
    assert {figure.value for figure in figures.tables(Filter(), Dimension.FINDING)} >= {"pll", "lf", "osteophyte"}
    assert figures.readers(Filter())[0].reports > 10
    known = Algorithm.objects.values_list("name", "version", "weights_sha256")
    named = SignedRead.objects.values_list("algorithm_name", "algorithm_version", "weights_sha256")
    assert set(named) <= set(known), "their thresholds can be looked at on the bench"
    with pytest.raises(CommandError, match="seed"):
        call_command("seed_reports", "40", "--until", UNTIL, verbosity=0)


def test_nothing_is_signed_later_than_now() -> None:
    call_command("seed_reports", "60", verbosity=0)
    newest = SignedRead.objects.latest("signed_at").signed_at
    assert timezone.now() - timedelta(days=180) < newest < timezone.now()


def test_what_is_signed_afterwards_is_asked_for_as_before() -> None:
    call_command("seed_reports", "3", "--until", UNTIL, verbosity=0)
    sign_version(make_report(), [pll("C5/6", "thickened", 0.9)])
    assert intake.take_pending() == 1
    assert intake.faults() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname IN ('facts_follow', 'worklist_follows') AND tgenabled = 'D'"
        )
        assert cursor.fetchone() == (0,)


def test_many_reports_are_copies_of_a_few_and_are_counted_as_the_facts_say() -> None:
    with connection.cursor() as cursor:
        indexes = (
            "SELECT split_part(indexdef, ' WHERE ', 1) FROM pg_indexes"
            " WHERE tablename = 'department_audit_fact' ORDER BY 1"
        )
        cursor.execute(indexes)
        before = cursor.fetchall()
        # A file of its own: the room that undone rows of other tests left would be filled first, in any order.
        cursor.execute("TRUNCATE department_audit_signedread CASCADE")
        call_command("seed_reports", "100", "--drawn", "30", "--until", UNTIL, verbosity=0)
        cursor.execute(indexes)
        assert cursor.fetchall() == before
        cursor.execute(_ROWS)
        rows = cursor.fetchall()
        cursor.execute(_SIGNED_AS_THEY_LIE)
        signed = cursor.fetchall()
        assert len(signed) == 70
        assert signed == sorted(signed)
    reads = SignedRead.objects.filter(standing="current")
    assert reads.count() == Report.objects.count() == 100
    assert len(rows) == 30
    assert {reports for _facts, reports in rows} == {3, 4}  # each of the thirty, and its copies
    assert 80 < reads.values("patient").distinct().count() < 100
    assert intake.summary_faults() == []
    sign_version(make_report(), [pll("C5/6", "thickened", 0.9)])
    assert intake.take_pending() == 1
    assert intake.summary_faults() == []
    assert figures.process(Filter())[0].reports == 101


_SIGNED_AS_THEY_LIE = """
    SELECT signed_at FROM department_audit_signedread WHERE study_instance_uid LIKE '%.30x%' ORDER BY ctid
"""
_ROWS = """
    SELECT facts, count(*) FROM (
        SELECT string_agg(concat_ws('|', f.comparison, f.field, f.level, f.side, f.value, f.number, f.outcome,
            f.machine_value, f.machine_probability, f.positive, f.prepared_positive), ' '
            ORDER BY f.field, f.level, f.side, f.instance) AS facts
        FROM department_audit_signedread r JOIN department_audit_fact f ON f.read_id = r.version_id
        WHERE r.standing = 'current' GROUP BY r.version_id) one
    GROUP BY facts
"""


def test_a_database_with_other_studies_is_left_alone() -> None:
    make_study()
    with pytest.raises(CommandError, match="not invented"):
        call_command("seed_reports", "3", verbosity=0)
    call_command("seed_reports", "3", "--beside-others", verbosity=0)
    assert SignedRead.objects.filter(standing="current").count() == 3


@pytest.mark.parametrize(
    "arguments", [["0"], ["3", "--drawn", "0"], ["3", "--until", "soon"], ["3", "--until", "2026-13"]]
)
def test_nonsense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("seed_reports", *arguments, verbosity=0)
