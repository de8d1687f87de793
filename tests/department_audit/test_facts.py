"""What becomes a row of the audit when a report is signed, withdrawn, added to, relabelled or corrected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from config.celery import app
from reporting.accounts.models import Role, User
from reporting.department_audit import intake
from reporting.department_audit.facts import blind_values
from reporting.department_audit.models import Fact, PendingReport, ReferenceRead, SignedRead
from reporting.reports import services
from reporting.reports.models import VersionKind
from reporting.reports.places import Place
from reporting.studies.models import Series
from reporting.tasks import count_signed_reports
from tests.department_audit.reports import entry, make_report, make_study, pll, said, sign_version, withdraw
from tests.reports.factories import accept, change, make_draft, make_user, sign, signed_report

pytestmark = pytest.mark.django_db
C56 = "C5/6"


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


def fact(key: str) -> Fact:
    field, _, rest = key.partition("@")
    level, _, side = rest.partition(":")
    return Fact.objects.get(field=field, level=level, side=side, read__standing="current")


def take(findings: list[dict[str, Any]], **options: Any) -> SignedRead:
    version = sign_version(make_report(), findings, **options)
    intake.take_pending()
    return SignedRead.objects.get(pk=version.pk)


def test_a_signed_report_has_a_row_for_every_field_the_machine_spoke_of(senior: User) -> None:
    report = signed_report(senior)
    assert intake.take_pending() == 1
    read = SignedRead.objects.get(report=report)
    assert (read.kind, read.standing, read.reader, read.role) == ("final", "current", senior, "senior")
    assert read.algorithm == "dens 1.0"
    herniation = fact("disc_class@C5/6")
    assert (herniation.value, herniation.positive, herniation.outcome) == ("herniation", True, "accepted")
    assert (herniation.machine_probability, herniation.machine_threshold) == (0.9, 0.5)
    assert fact("pll@C5/6").outcome == "bulk"
    assert fact("hern_zone@C5/6").comparison == "detail"
    assert 20 < read.facts.count() < 60


def test_no_row_names_a_patient(senior: User) -> None:
    report = signed_report(senior)
    intake.take_pending()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r::text || coalesce(f::text, '') FROM department_audit_signedread r"
            " LEFT JOIN department_audit_fact f ON f.read_id = r.version_id"
        )
        told = " ".join(row[0] for row in cursor.fetchall())
    patient = report.study.patient
    for secret in (patient.name, "Zhang", "张", f'"{patient.patient_id}"', report.study.accession_number + ","):
        assert secret not in told


def test_what_the_reader_changed_rejected_and_added_is_told_apart(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    change(report, "disc_class@C5/6", "normal", senior)
    change(report, "pll@C5/6", "thickened", senior)
    change(report, "lf@C4/5:left", "thickened", senior)
    for key in ("slip@C4", "osteophyte@C5", "lf@C5/6:right"):
        accept(report, key, senior)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    sign(report, senior)
    intake.take_pending()
    found = {key: fact(key).outcome for key in ("disc_class@C5/6", "pll@C5/6", "lf@C4/5:left", "slip@C4")}
    assert found == {
        "disc_class@C5/6": "rejected",
        "pll@C5/6": "changed",
        "lf@C4/5:left": "added",
        "slip@C4": "accepted",
    }


def test_not_herniated_agrees_with_normal_and_with_bulge() -> None:
    machine = said(C56, 0.1, None, note="not_herniated")
    take([entry("disc_class@C5/6", "bulge", machine=machine), entry("disc_class@C4/5", "herniation", machine=machine)])
    assert fact("disc_class@C5/6").outcome == "accepted"
    assert fact("disc_class@C5/6").positive is False
    assert fact("disc_class@C4/5").outcome == "changed"


@pytest.mark.parametrize("note", ["withheld", "level_uncertain", "slice_moved"])
def test_a_withheld_statement_is_kept_and_does_not_count(note: str) -> None:
    take([pll(C56, "thickened", 0.9, machine={"note": note})])
    row = fact("pll@C5/6")
    assert (row.machine_positive, row.machine_counts, row.outcome) == (True, False, "added")


def test_a_code_of_another_time_is_kept_and_counted_nowhere() -> None:
    take([pll(C56, "ossified_1987", 0.9)], template="0.1")
    row = fact("pll@C5/6")
    assert (row.value, row.positive, row.outcome) == ("ossified_1987", None, "changed")


def test_a_relabelled_level_is_compared_where_the_reader_put_it() -> None:
    take([pll(C56, "thickened", 0.9, machine={"level": "C6/7"})])
    row = fact("pll@C5/6")
    assert row.machine_level == "C6/7"
    assert row.is_relabelled


def test_what_was_moved_out_of_the_report_is_no_row() -> None:
    read = take([pll(C56, "thickened", 0.9), entry("pll@-C7/T1", "thickened", machine=said("C7/T1", 0.9, "thickened"))])
    assert read.facts.count() == 1


def test_sizes_are_held_against_the_machines_own() -> None:
    take([pll(C56, "thickened", 0.9, machine={"mm": 2.84}), entry("pll_mm@C5/6", 2.6, unit="mm")])
    row = fact("pll_mm@C5/6")
    assert (row.comparison, row.finding, row.number, row.machine_number, row.unit) == ("size", "pll", 2.6, 2.84, "mm")
    assert row.image == ("1.2.3", "1.2.3.4", None)


def test_a_preliminary_version_is_followed_by_the_final_one_and_stays() -> None:
    report = make_report()
    first = sign_version(report, [pll(C56, "not_thickened", 0.9)], kind=VersionKind.PRELIMINARY)
    intake.take_pending()
    assert SignedRead.objects.get(pk=first.pk).standing == "handed_over"
    last = sign_version(report, [pll(C56, "thickened", 0.9)])
    intake.take_pending()
    assert SignedRead.objects.get(pk=first.pk).standing == "superseded"
    read = SignedRead.objects.get(pk=last.pk)
    assert (read.standing, read.reader_group) == ("current", "junior_senior")
    row = read.facts.get()
    assert (row.prepared_value, row.prepared_positive, row.positive) == ("not_thickened", False, True)


def test_an_addendum_in_words_marks_the_read_and_erases_nothing() -> None:
    report = make_report()
    final = sign_version(report, [pll(C56, "thickened", 0.9)])
    sign_version(report, None, kind=VersionKind.ADDENDUM)
    intake.take_pending()
    read = SignedRead.objects.get()
    assert (read.pk, read.standing, read.amended) == (final.pk, "current", True)


def test_an_addendum_with_values_supersedes_and_the_old_rows_stay() -> None:
    report = make_report()
    sign_version(report, [pll(C56, "thickened", 0.9)])
    sign_version(report, [pll(C56, "not_thickened", 0.9)], kind=VersionKind.ADDENDUM)
    intake.take_pending()
    assert list(SignedRead.objects.order_by("number").values_list("standing", flat=True)) == ["superseded", "current"]
    assert Fact.objects.count() == 2
    assert fact("pll@C5/6").positive is False


def test_a_withdrawn_report_leaves_the_figures_and_not_the_table() -> None:
    report = make_report()
    sign_version(report, [pll(C56, "thickened", 0.9)])
    intake.take_pending()
    withdraw(report)
    intake.take_pending()
    assert SignedRead.objects.get().standing == "withdrawn"
    assert Fact.objects.count() == 1


def test_a_blind_first_read_is_found_under_the_names_of_the_signed_levels() -> None:
    content = {"levels": {"mapping": {"C5/6": "C6/7", "C6/7": None}}}
    first = [
        {"field": "pll", "structure": "C5/6", "side": "", "instance": 1, "value": "thickened"},
        {"field": "pll", "structure": "C6/7", "side": "", "instance": 1, "value": "thickened"},
        {"field": "pll", "structure": "@2:C3/4", "side": "", "instance": 1, "value": "not_thickened"},
    ]
    assert blind_values(content, first) == {Place("pll", "C6/7"): "thickened", Place("pll", "C3/4"): "not_thickened"}


def test_a_reference_is_known_as_soon_as_it_is_given_and_superseded() -> None:
    report = make_report()
    sign_version(report, [pll(C56, "thickened", 0.9)])
    intake.take_pending()
    by = make_user(Role.SENIOR)
    place = {"study": report.study, "field": "pll", "level": C56, "source": "adjudicated", "by": by}
    first = ReferenceRead.objects.create(value="thickened", **place)
    intake.take_pending()
    assert (fact("pll@C5/6").truth_value, fact("pll@C5/6").adjudicated_positive) == ("thickened", True)
    ReferenceRead.objects.create(value="not_thickened", supersedes=first, **place)
    intake.take_pending()
    row = fact("pll@C5/6")
    assert (row.truth_value, row.truth_source, row.adjudicated_positive) == ("not_thickened", "adjudicated", False)


def test_a_corrected_header_changes_what_the_read_is_broken_down_by() -> None:
    report = make_report(make_study(manufacturer="SIEMENS"))
    sign_version(report, [pll(C56, "thickened", 0.9)])
    intake.take_pending()
    assert SignedRead.objects.get().vendor == "Siemens"
    Series.objects.filter(study=report.study).update(protocol={"manufacturer": "GE MEDICAL SYSTEMS", "field_t": 3.0})
    intake.take_pending()
    read = SignedRead.objects.get()
    assert (read.vendor, read.field_strength) == ("GE", "3.0")


@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        ("Asia/Shanghai", datetime(2026, 1, 31, 16, 30, tzinfo=UTC), "2026-02-01"),
        ("America/New_York", datetime(2026, 3, 1, 4, 59, tzinfo=UTC), "2026-02-01"),
        # The clock goes back on 25 October 2026: 00:30 UTC is still October in Berlin, 23:30 UTC on the 31st November.
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-01"),
        ("Europe/Berlin", datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "2026-11-01"),
        ("Europe/Berlin", datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "2026-04-01"),
    ],
)
def test_a_month_begins_at_the_departments_midnight(settings: Any, zone: str, at: datetime, month: str) -> None:
    settings.TIME_ZONE = zone
    assert take([pll(C56, "thickened", 0.9)], at=at).month.isoformat() == month


def test_a_version_that_cannot_be_read_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    sign_version(make_report(), [pll(C56, "thickened", 0.9)], header="lost")
    good = sign_version(make_report(), [pll(C56, "thickened", 0.9)])
    assert intake.take_pending() == 2
    assert SignedRead.objects.get().pk == good.pk
    assert "no facts can be read" in caplog.text


def test_nothing_waits_after_it_was_taken_and_taking_again_changes_nothing(senior: User) -> None:
    signed_report(senior)
    intake.take_pending()
    before = intake.digest()
    assert not PendingReport.objects.exists()
    assert intake.take_pending() == 0
    PendingReport.objects.create(report=SignedRead.objects.get().report, since="2026-01-01T00:00Z")
    assert intake.take_pending() == 1
    assert intake.digest() == before


def test_a_rebuild_makes_the_same_table_byte_for_byte(senior: User) -> None:
    signed_report(senior)
    intake.take_pending()
    report = make_report()
    sign_version(report, [pll(C56, "not_thickened", 0.9)], kind=VersionKind.PRELIMINARY)
    intake.take_pending()
    sign_version(report, [pll(C56, "thickened", 0.2)])
    gone = make_report()
    sign_version(gone, [pll(C56, "thickened", 0.9)])
    intake.take_pending()
    withdraw(gone)
    intake.take_pending()
    before = intake.digest()
    assert intake.faults() == []
    assert intake.rebuild() == before
    assert intake.faults() == []


def test_a_changed_fact_is_found_by_the_check_and_mended_by_a_rebuild(senior: User, capsys: Any) -> None:
    signed_report(senior)
    intake.take_pending()
    right = intake.digest()
    Fact.objects.filter(field="pll").update(positive=True)
    with pytest.raises(CommandError, match="faults"):
        call_command("facts", "check")
    call_command("facts", "rebuild")
    assert capsys.readouterr().out.strip() == right
    call_command("facts", "check")


def test_the_light_worker_counts_signed_reports_at_least_once_a_minute() -> None:
    due = app.conf.beat_schedule["count-signed-reports"]
    assert due["task"] == count_signed_reports.name
    assert due["schedule"] <= 60
    sign_version(make_report(), [pll(C56, "thickened", 0.9)])
    count_signed_reports()
    assert Fact.objects.count() == 1
