"""Figures from summaries are those of the facts, whatever was signed, withdrawn or read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils.translation import override

from reporting.accounts.models import Role
from reporting.charts.reasons import reason_text
from reporting.department_audit import figures, intake, size_points
from reporting.department_audit.counting import count_rows
from reporting.department_audit.figure_types import CUT_AT_0
from reporting.department_audit.filters import Dimension, Filter
from reporting.department_audit.kinds import KINDS, Kind
from reporting.department_audit.models import Fact, ReferenceRead, SummaryCell, SummaryRepeat
from reporting.department_audit.summaries import asking_once, summed
from reporting.reports.models import Report, VersionKind
from reporting.statistics.bland_altman import clustered_bland_altman
from reporting.statistics.clustered_auc import clustered_auc
from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.cohen import cohen_kappa
from reporting.statistics.moments import Moments
from reporting.statistics.results import Scope
from reporting.studies.models import Patient
from tests.department_audit.reports import entry, make_report, make_study, pll, read_blind, said, sign_version, withdraw
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
LEVELS = ("C4/5", "C5/6", "C6/7")
VENDORS = ("SIEMENS", "GE MEDICAL SYSTEMS", "Philips")


@pytest.fixture(scope="module")
def _signed(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Report]]:
    """Made once; every test's own transaction lies within this one, which is thrown away."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _sign()
        transaction.set_rollback(True)


@pytest.fixture
def department(_signed: list[Report], db: None) -> list[Report]:
    return _signed


def _sign() -> list[Report]:
    """Twenty-eight reports of twenty-four patients over five months, some with references; always the same."""
    draw = np.random.default_rng(11)
    patients = [Patient.objects.create(patient_id=f"p{n}", name="A^B", sex="FM"[n % 2]) for n in range(24)]
    junior, senior = make_user(Role.JUNIOR), make_user(Role.SENIOR)
    reports = []
    for number in range(28):
        study = make_study(patient=patients[number % 24], manufacturer=VENDORS[int(draw.integers(3))])
        report = make_report(study)
        ill = draw.random() < 0.5
        findings, prepared = [], []
        for level in LEVELS:
            truth = draw.random() < (0.6 if ill else 0.1)
            p = float(np.clip((0.65 if truth else 0.3) + draw.normal() * 0.2, 0.01, 0.99))
            words = "thickened" if truth else "not_thickened"
            findings.append(pll(level, words, p, machine={"mm": 1.0 + 2 * p}, bulk=bool(draw.random() < 0.2)))
            if draw.random() < 0.3:
                findings.append(entry(f"pll_mm@{level}", round(1 + 2 * p + draw.normal() * 0.2, 1)))
            for side in ("left", "right"):
                said_lf = said(level, float(draw.random()), "thickened")
                findings.append(entry(f"lf@{level}:{side}", "not_thickened", machine=said_lf))
            prepared.append(pll(level, words if draw.random() < 0.9 else "not_thickened", p))
        if draw.random() < 0.5:
            first = {f"pll@{level}": "thickened" if draw.random() < 0.4 else "not_thickened" for level in LEVELS}
            read_blind(report, senior, first)
        at = datetime(2026, 1 + int(draw.integers(5)), 15, 12, tzinfo=UTC)
        if draw.random() < 0.5:
            sign_version(report, prepared, kind=VersionKind.PRELIMINARY, by=junior, at=at)
        sign_version(report, findings, by=senior, at=at)
        if draw.random() < 0.3:
            ReferenceRead.objects.create(
                study=study, field="pll", level="C5/6", value="thickened", source="adjudicated", by=senior
            )
        reports.append(report)
    intake.take_pending()
    return reports


FILTERS = [
    Filter(finding="pll"),
    Filter(finding="pll", level="C5/6"),
    Filter(finding="lf", side="left"),
    Filter(finding="lf", level="C5/6", side="left", vendor="GE"),
    Filter(finding="pll", vendor="GE", sex="F"),
    Filter(finding="pll", vendor="GE", sex="F", month_from=date(2026, 2, 1), month_to=date(2026, 4, 1)),
    Filter(finding="pll", month_from=date(2026, 2, 1)),
    Filter(finding="pll", truth="adjudicated"),
    Filter(),
    Filter(reader_group="junior_senior"),
    Filter(finding="slip"),
    Filter(side="left"),
    Filter(level="C5/6", side="right", sex="M"),
    Filter(finding="lf", vendor="GE", sex="F", reader_group="senior", protocol="unknown", month_to=date(2026, 4, 1)),
]


_WITH_TRUTH = ("confusion", "score", "switch")
_PLACES = (Dimension.FINDING, Dimension.LEVEL, Dimension.SIDE)


def test_summaries_answer_as_the_facts_do(department: list[Report]) -> None:
    for kind in KINDS.values():
        assert _answers_compared(kind) > 10, kind.name


def _answers_compared(kind: Kind) -> int:
    """Every filter by every third dimension in turn, both ways; how many groups were equal."""
    equal = 0
    whole = kind.name == "process"
    for number, asked in enumerate(FILTERS):
        chosen = replace(asked, finding="", level="", side="") if whole else asked
        truth = "prepared" if kind.name == "agreement" else chosen.truth if kind.name in _WITH_TRUTH else "final"
        for by in (None, *list(Dimension)[number % 3 :: 3]):
            if whole and by in _PLACES:
                continue
            expected, found = count_rows(kind, chosen, by, truth), summed(kind, chosen, by, truth)
            assert found.keys() == expected.keys(), (kind.name, chosen, by)
            for name, vector in found.items():
                assert vector.tolist() == expected[name].tolist(), (kind.name, chosen, by, name)
                equal += 1
    return equal


def test_summaries_follow_withdrawals_and_are_what_a_recount_finds(department: list[Report]) -> None:
    assert intake.faults() == []
    for report in department[:3] + department[-3:]:
        withdraw(report)
    intake.take_pending()
    assert intake.faults() == []
    assert figures.outcomes(Filter())[0].reports == 22


def test_when_everything_is_withdrawn_nothing_is_left_to_count(department: list[Report]) -> None:
    for report in department:
        withdraw(report)
    intake.take_pending()
    assert not SummaryCell.objects.exists()
    assert not SummaryRepeat.objects.exists()
    assert figures.tables(Filter(finding="pll")) == []
    assert figures.cases(Filter(finding="pll")) == ([], False)


def test_a_wrong_summary_is_found(department: list[Report]) -> None:
    with connection.cursor() as cursor:
        for table in ("cell", "repeat"):
            of_one = f"(SELECT min(ctid) FROM department_audit_summary{table} WHERE kind = %s)"
            column = "sums" if table == "cell" else "counts"
            cursor.execute(
                f"UPDATE department_audit_summary{table} SET {column} = {column} || {column} WHERE ctid = {of_one}",
                ["confusion"],
            )
            cursor.execute(f"DELETE FROM department_audit_summary{table} WHERE ctid = {of_one}", ["outcome"])
    found = ["differs from the recount", "is missing"]
    assert sorted(fault.rsplit(": ", 1)[1] for fault in intake.faults()) == sorted(found * 2)


def _columns(finding: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows = Fact.objects.filter(finding=finding, comparison="class", read__standing="current", machine_counts=True)
    found = rows.values_list("positive", "machine_positive", "machine_probability", "read__patient")
    truth, called, p, patient = zip(*found, strict=True)
    return np.array(truth), np.array(called), np.array(p), np.array([str(one) for one in patient])


def test_rates_are_those_of_the_rows_with_patients_as_clusters(department: list[Report]) -> None:
    truth, called, _p, patient = _columns("pll")
    figure = figures.tables(Filter(finding="pll"))[0]
    expected = clustered_rates(truth, called, patient, Scope("pll: thickened", "level"))
    assert _alike(figure.rates(), expected)
    assert figure.rates().scope.positive == "pll: thickened"
    assert (figure.reports, figure.patients) == (28, 24)


def _alike(found: Any, expected: Any) -> bool:
    return bool(found.counts == expected.counts) and all(
        (one.value, one.low, one.high) == pytest.approx((expected[name].value, expected[name].low, expected[name].high))
        for name, one in found.estimates.items()
        if one.value is not None
    )


def test_the_area_under_the_curve_is_the_rows_own_up_to_its_bins(department: list[Report]) -> None:
    truth, _called, p, patient = _columns("pll")
    expected = clustered_auc(p, truth, patient, Scope("thickened", "level"), interval="logit")["AUC"]
    found = figures.scores(Filter(finding="pll"))[0].auc()
    assert found.value == pytest.approx(expected.value, abs=0.005)
    assert found.se == pytest.approx(expected.se, rel=0.1)


def test_calibration_and_thresholds_count_every_row_once(department: list[Report]) -> None:
    truth, _called, p, _patient = _columns("pll")
    figure = figures.scores(Filter(finding="pll"))[0]
    assert sum(one.n for one in figure.calibration()) == figure.n == len(p)
    at_half = next(point for point in figure.points() if point.threshold == 0.5)
    assert (at_half.tp, at_half.fp) == (int((truth & (p >= 0.5)).sum()), int((~truth & (p >= 0.5)).sum()))
    assert figure.brier().value == pytest.approx(float(((p - truth) ** 2).mean()), abs=1e-5)
    last = figure.points()[-1]
    assert (last.tp, last.fp) == (0, 0)


def test_people_agree_as_cohen_counts_it(department: list[Report]) -> None:
    found = figures.readers(Filter(finding="pll"))[0]
    rows = Fact.objects.filter(finding="pll", comparison="class", read__standing="current")
    pairs = [pair for pair in rows.values_list("prepared_positive", "positive") if pair[0] is not None]
    table = np.zeros((2, 2))
    for first, second in pairs:
        table[int(not first), int(not second)] += 1
    expected = cohen_kappa(table, Scope(None, "level"))
    assert found.kappa().value == pytest.approx(expected["kappa"].value)
    assert sum(found.counts.values()) == len(pairs)


def test_switches_are_right_or_wrong_only_where_a_reference_says(department: list[Report]) -> None:
    seen = figures.switches(Filter(finding="pll"))[0]
    assert seen.judged == 0
    assert seen.shares()["right_wrong"].value is None
    assert seen.balance().p is None
    assert seen.counts["toward_machine"] > 0
    judged = figures.switches(Filter(finding="pll", truth="adjudicated"))[0]
    rows = Fact.objects.filter(
        finding="pll", adjudicated_positive=True, comparison="class", blind_first_positive__isnull=False
    )
    rows = rows.filter(read__standing="current")
    wrong_right = rows.filter(blind_first_positive=False, positive=True).count()
    assert judged.counts["wrong_right"] == wrong_right
    assert judged.judged == rows.count() > 0


def test_sizes_have_a_bias_in_millimetres_and_points_to_draw(department: list[Report]) -> None:
    figure = figures.pairs_mm(Filter(finding="pll"))[0]
    difference = [point[1] for point in figure.points]
    assert len(figure.points) == figure.n
    assert figure.bias().value == pytest.approx(np.mean(difference))
    assert figure.sd().value == pytest.approx(np.std(difference, ddof=1), rel=0.1)
    low, high = figure.limits()
    assert low.value is not None
    assert high.value is not None
    assert low.value < figure.bias().value < high.value
    rows = Fact.objects.filter(comparison="size", finding="pll", read__standing="current")
    machine, signed, patient = zip(*rows.values_list("machine_number", "number", "read__patient"), strict=True)
    people = [str(one) for one in patient]
    expected = clustered_bland_altman(np.round(machine, 1), signed, people, Scope(None, "level"))
    slope, test = figure.slope()
    assert figure.bias().low == pytest.approx(expected["bias"].low)
    assert (slope.value, slope.se) == pytest.approx((expected["slope"].value, expected["slope"].se))
    assert test.p == pytest.approx(expected.tests["proportional_bias"].p)


def test_reports_in_which_every_machine_value_stood_are_counted(department: list[Report]) -> None:
    figure = figures.process(Filter())[0]
    assert figure.reports == figure.with_machine == 28
    stood = figure.all_stood()
    assert stood.value is not None
    assert 0 <= stood.value < 1
    assert sum(figure.edits_histogram.values()) == 28


def test_nobody_makes_fewer_than_no_edits(department: list[Report]) -> None:
    """Two patients, one report each, of no edits and of nine: the t interval would reach far below 0."""
    figure = figures.process(Filter())[0]
    two = Moments.of([[1, 0, 1, 1], [1, 9, 1, 0]])
    edits = replace(figure, moments=two, patients=2, reports=2).edits_per_report()
    assert (edits.value, edits.low, edits.note) == (4.5, 0.0, CUT_AT_0)
    assert edits.high is not None
    assert edits.high > 9
    with override("zh-hans"):
        assert reason_text(CUT_AT_0) == "区间在0处截断"


def test_a_cell_opens_its_reports_the_latest_first(department: list[Report]) -> None:
    figure = figures.tables(Filter(finding="pll"))[0]
    found, more = figures.cases(Filter(finding="pll"), cell="fn")
    assert sum(len(case.places) for case in found) == figure.rates().counts["fn"] > 0
    assert not more
    assert [case.signed_at for case in found] == sorted((case.signed_at for case in found), reverse=True)
    assert all(fact.positive and not fact.machine_positive for case in found for fact in case.places)
    page, more = figures.cases(Filter(finding="pll"), per_page=10)
    assert len(page) == 10
    assert more


def test_few_reports_are_found_through_their_groups_as_through_all(
    department: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Filter(finding="pll", vendor="GE", sex="F", month_from=date(2026, 2, 1))
    found = figures.cases(narrow)
    assert 0 < len(found[0]) == figures.process(narrow)[0].reports < 28
    monkeypatch.setattr(figures, "FEW", 0)
    assert figures.cases(narrow) == found
    assert figures.cases(Filter(vendor="Canon")) == ([], False)


def test_sizes_to_draw_are_the_first_by_the_key_of_their_read_in_however_many_slices(
    department: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in (Filter(finding="pll"), Filter(finding="pll", vendor="GE", month_from=date(2026, 2, 1))):
        drawn = Fact.objects.filter(comparison="size", number__isnull=False, machine_number__isnull=False)
        drawn = drawn.filter(read__standing="current", finding="pll")
        if asked.vendor:
            drawn = drawn.filter(read__vendor="GE", read__month__gte=date(2026, 2, 1))
        numbers = drawn.order_by("read_id", "field", "level", "side").values_list("machine_number", "number")
        pairs = [(round(machine, 1), round(said, 1)) for machine, said in numbers]
        means = [(machine + said) / 2 for machine, said in pairs]
        for at_once in (20_000, 5, 1):
            monkeypatch.setattr(size_points, "_MOST_READS", at_once)
            points = figures.pairs_mm(asked)[0].points
            assert [mean for mean, _difference in points] == pytest.approx(means)
            assert len(points) > 2
        monkeypatch.setattr(size_points, "MOST_POINTS", 2)
        assert figures.pairs_mm(asked)[0].points == points[:2]
        monkeypatch.setattr(size_points, "_SPARE", 0.1)
        assert figures.pairs_mm(asked)[0].points == points[:2], "the first slice may hold too few"
        monkeypatch.undo()


def test_a_page_asks_a_question_once(department: list[Report], django_assert_max_num_queries: Any) -> None:
    with asking_once():
        first = figures.tables(Filter(finding="pll"))
        with django_assert_max_num_queries(0):
            assert figures.tables(Filter(finding="pll", outcome="changed"))[0].rates() == first[0].rates()
    with pytest.raises(pytest.fail.Exception), django_assert_max_num_queries(0):
        figures.tables(Filter(finding="pll"))


def test_a_filter_is_offered_what_there_is(department: list[Report]) -> None:
    found = figures.offered()
    assert found["vendor"] == ["GE", "Philips", "Siemens"]
    assert found["sex"] == ["F", "M"]
    assert found["reader_group"] == ["junior_senior", "senior"]
    assert found["month"] == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
