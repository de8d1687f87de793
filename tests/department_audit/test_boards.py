"""Threshold bench, monitoring and peer learning leave as files and over the API like every chart."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.department_audit import figures, intake
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import Alarm
from reporting.department_audit.monitoring.collecting import collect
from reporting.department_audit.monitoring.page import line_chart
from reporting.department_audit.monitoring.watching import SeriesKey, days_of
from reporting.predictions.models import Algorithm
from tests.department_audit.reports import make_report, make_study, pll, sign_version
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 3)
LINE = SeriesKey("discrepancy", "pll", "dens 1.0")
YES, NO = "thickened", "not_thickened"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(Role.AUDITOR))
    return client


@pytest.fixture
def algorithm() -> Algorithm:
    same: dict[str, Any] = {"name": "dens", "version": "1.0", "weights_sha256": "a" * 64, "fills_reports": True}
    return Algorithm.objects.create(**same, status="active", thresholds={"pll": 0.5})


@pytest.fixture
def signed(algorithm: Algorithm) -> None:
    """Two reports of one day and one of the next; the machine and the reader differ at two places of the first day."""
    for day, p, value in ((0, 0.9, NO), (0, 0.8, NO), (1, 0.7, YES)):
        rows = [pll("C5/6", value, p), pll("C4/5", NO, 0.2)]
        at = datetime(2026, 11, 3, 12, tzinfo=UTC) + timedelta(days=day)
        sign_version(make_report(make_study()), rows, at=at)
    intake.take_pending()
    collect(DAY, DAY + timedelta(days=1))
    Alarm.objects.create(
        **LINE.as_filter(), rule="limits", first_day=DAY, last_day=DAY, figures={"n": 4, "value": 0.5, "usual": 0.1}
    )


def boards(algorithm: Algorithm) -> dict[str, tuple[str, int, str]]:
    """Address without ending, API address, which of its charts, query."""
    bench = reverse("api:audit-threshold-bench", args=[algorithm.pk, "pll"])
    of_bench = ["department_audit:threshold_file", algorithm.pk, "pll"]
    line = "measure=discrepancy&group=pll&algorithm=dens+1.0"
    files = {
        (bench, 0, "threshold=0.400"): [*of_bench, "rescored"],
        (bench, 1, ""): [*of_bench, "bench-curve"],
        (reverse("api:audit-monitoring"), 0, ""): ["department_audit:monitoring_file", "lines"],
        (reverse("api:audit-monitoring"), 1, ""): ["department_audit:monitoring_file", "alarms"],
        (reverse("api:audit-monitoring-line"), 0, line): ["department_audit:monitoring_file", "line"],
        (reverse("api:audit-peer-learning"), 0, ""): ["department_audit:peer_file"],
    }
    return {reverse(name, args=[*args, "csv"]): where for where, (name, *args) in files.items()}


@pytest.mark.usefixtures("signed")
def test_every_board_leaves_as_every_file_and_over_the_api_with_the_same_rows(
    client: Client, algorithm: Algorithm
) -> None:
    for file, (api, place, query) in boards(algorithm).items():
        answered = client.get(f"{api}?{query}").json()
        chart = answered[place] if isinstance(answered, list) else answered
        for extension in ("csv", "xlsx", "parquet"):
            left = client.get(f"{file.removesuffix('csv')}{extension}?{query}")
            assert left.status_code == 200, (file, extension)
            assert AuditEvent.objects.order_by("-sequence").values_list("data__format", flat=True)[0] == extension
        rows = list(csv.DictReader(io.StringIO(client.get(f"{file}?{query}").content.decode("utf-8-sig"))))
        assert len(rows) == len(chart["rows"])
        assert [column["key"] for column in chart["columns"]] == list(
            rows[0] if rows else [c["key"] for c in chart["columns"]]
        )
        assert rows or "peer" in file
        assert chart["method"]


def test_a_board_that_does_not_exist_has_no_file(client: Client, algorithm: Algorithm) -> None:
    for name, args in (
        ("threshold_file", [algorithm.pk, "pll", "nothing", "csv"]),
        ("threshold_file", [algorithm.pk, "nothing", "rescored", "csv"]),
        ("monitoring_file", ["nothing", "csv"]),
        ("monitoring_file", ["line", "csv"]),
    ):
        assert client.get(reverse(f"department_audit:{name}", args=args)).status_code == 404
    odd = client.get(
        reverse("department_audit:threshold_file", args=[algorithm.pk, "pll", "rescored", "csv"]) + "?threshold=2"
    )
    assert odd.status_code == 400


@pytest.mark.usefixtures("signed")
def test_a_day_of_a_line_and_a_row_of_the_bench_open_what_they_count(client: Client, algorithm: Algorithm) -> None:
    line = line_chart(LINE, days_of(LINE), None, None, "/cases/").table
    bench = client.get(reverse("department_audit:threshold_bench", args=[algorithm.pk, "pll"]), {"threshold": "0.750"})
    opened = 0
    for table in (line, bench.context["page"].comparison.table, bench.context["page"].curve.table):
        for row in table.rows:
            for column, value, query in zip(table.columns, row.cells, row.cases, strict=True):
                asked = dict(parse_qsl(query))
                cell = asked.pop("cell", "")
                if cell and column.kind.value == "count":
                    found, _more = figures.cases(Filter.from_query(asked), cell=cell)
                    places = sum(len(case.places) for case in found)
                    assert value == (len(found) if column.key == "changed_reports" else places), (column.key, query)
                    opened += 1
    assert opened > 20
    assert {cell for row in line.rows for cell in row.cells[1:3]} == {4, 2, 0}
