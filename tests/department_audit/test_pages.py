"""The audit's pages: one address for one filter, the way from a number to its reports, and files of what is shown."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from reporting.accounts.models import Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.department_audit.charts.catalogue import CHARTS
from reporting.department_audit.filters import Dimension
from reporting.department_audit.intake import take_pending
from reporting.department_audit.words import Truth
from tests.department_audit.reports import make_report, make_study, pll, sign_version
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
PAGES = [
    "/audit/",
    "/audit/findings/pll/",
    *(f"/audit/groups/{each.value}/" for each in Dimension if each is not Dimension.FINDING),
    "/audit/process/",
    "/audit/readers/",
    "/audit/cases/",
]
DRAWN = re.compile(r'<script id="figure-([\w-]+)" type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(Role.AUDITOR))
    return client


@pytest.fixture
def signed(senior: User) -> list[Any]:
    """Eight reports: in two the machine called a ligament thick that was signed as not thick."""
    found = []
    for n in range(8):
        report = make_report(make_study(sex="M" if n % 2 else "F"))
        overruled = n < 2
        rows = [
            pll(
                "C5/6",
                "not_thickened" if overruled else "thickened",
                0.9,
                state="human_changed" if overruled else "human_confirmed",
            ),
            pll("C4/5", "not_thickened", 0.1 + n / 100),
        ]
        sign_version(report, rows, by=senior)
        found.append(report)
    take_pending()
    return found


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


def test_a_page_without_any_fact_says_so_and_shows_no_zero(client: Client) -> None:
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert "No signed report matches" in text, address
        assert "0.0 %" not in text, address


@pytest.mark.parametrize("truth", Truth.values)
def test_every_page_opens_against_every_truth(truth: str, client: Client, signed: list[Any]) -> None:
    for address in PAGES:
        page = client.get(address, {"truth": truth} if truth != Truth.FINAL.value else {})
        assert page.status_code == 200, address


def test_few_reports_are_called_few_and_fresh_facts_fresh(client: Client, signed: list[Any]) -> None:
    text = client.get("/audit/").content.decode()
    assert "Only 8 reports" in text
    assert "Facts up to the report signed" in text


def test_the_table_holds_what_the_chart_draws(client: Client, signed: list[Any]) -> None:
    page = client.get("/audit/findings/pll/").content.decode()
    figures = {key: json.loads(drawn) for key, drawn in DRAWN.findall(page)}
    assert {"confusion", "by-level-pll", "roc", "thresholds", "calibration", "predictive-values"} <= set(figures)
    rows = list(
        csv.DictReader(io.StringIO(client.get("/audit/charts/confusion.csv?finding=pll").content.decode("utf-8-sig")))
    )
    assert [row["machine_positive"] for row in rows] == ["6", "2"]
    assert [trace["x"] for trace in figures["confusion"]["data"]] == [[6, 2], [0, 8]]
    assert ">6</a>" in page
    levels = {row["group"]: row for row in _csv(client, "/audit/charts/by-level.csv?finding=pll")}
    assert (levels["C5/6"]["tp"], levels["C5/6"]["fp"], levels["C4/5"]["tn"]) == ("6", "2", "8")
    drawn = figures["by-level-pll"]["data"]
    agreement = next(trace for trace in drawn if trace["name"] == "Agreement")
    assert agreement["x"] == [float(levels[level]["ACC"]) for level in ("C4/5", "C5/6")]


def test_a_number_opens_its_cases_and_looking_is_written_down_with_the_filter_as_reason(
    client: Client, signed: list[Any]
) -> None:
    page = client.get("/audit/findings/pll/").content.decode()
    link = re.search(r'href="(/audit/cases/\?[^"]*cell=fp[^"]*)">2</a>', page)
    assert link
    address = link[1].replace("&amp;", "&")
    cases = client.get(address).content.decode()
    assert cases.count('scope="rowgroup"') == 2
    assert "Signed negative, machine positive" in cases
    listed = AuditEvent.objects.filter(act=AuditAct.AUDIT_CASES_LISTED).get()
    assert listed.data == {"filter": "finding=pll&cell=fp", "page": 1, "reports": 2}
    case = re.search(r'href="(/audit/cases/[0-9a-f-]{36}/\?[^"]*)"', cases)
    assert case
    opened = client.get(case[1].replace("&amp;", "&"))
    assert opened.status_code == 302
    assert opened["Location"].endswith("/versions/1/")
    event = AuditEvent.objects.filter(act=AuditAct.AUDIT_CASE_OPENED).get()
    assert event.data == {"filter": "finding=pll&cell=fp"}
    assert event.object_id in {str(report.pk) for report in signed[:2]}


def test_cases_name_neither_patient_nor_reader(client: Client, signed: list[Any], senior: User) -> None:
    text = client.get("/audit/cases/").content.decode()
    assert signed[0].study.accession_number in text
    assert signed[0].study.patient.patient_id not in text
    assert senior.full_name not in text


def test_one_filter_has_one_address_and_shows_as_a_chip_that_can_be_taken_away(
    client: Client, signed: list[Any]
) -> None:
    typed = client.get("/audit/?sex=F&level=&side=&truth=final")
    assert (typed.status_code, typed["Location"]) == (302, "/audit/?sex=F")
    text = client.get("/audit/?sex=F&vendor=Siemens", follow=True).content.decode()
    assert "Only 4 reports" in text
    assert 'href="?vendor=Siemens"' in text
    assert 'aria-label="Remove the filter Sex: female"' in text
    assert "/audit/process/?" in text  # the filter goes along to the other pages


def test_an_outcome_narrows_cases_and_no_figure(client: Client) -> None:
    shown = client.get("/audit/findings/pll/?sex=F&outcome=rejected")
    assert (shown.status_code, shown["Location"]) == (302, "/audit/findings/pll/?sex=F")
    assert client.get("/audit/charts/findings.csv?outcome=rejected").status_code == 400
    assert client.get("/api/audit/charts/findings/?outcome=rejected").status_code == 400
    assert client.get("/audit/cases/?outcome=rejected").status_code == 200


def test_a_filter_that_does_not_exist_is_refused(client: Client) -> None:
    for query in ("sex=robot", "color=red", "truth=gut", "month_from=2026-13", "cell=xx", "page=0", "page=x"):
        assert client.get(f"/audit/cases/?{query}").status_code == 400, query
    assert client.get("/audit/findings/cancer/").status_code == 404
    assert client.get("/audit/groups/finding/").status_code == 404
    assert client.get("/audit/charts/nothing.csv").status_code == 404


def test_every_chart_leaves_as_every_file_and_over_the_api(client: Client, signed: list[Any]) -> None:
    for key in CHARTS:
        for extension, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("parquet", b"PAR1")):
            file = client.get(f"/audit/charts/{key}.{extension}?finding=pll")
            assert file.content.startswith(begins), key
            assert file["Content-Disposition"] == f'attachment; filename="{key}.{extension}"'
        event = AuditEvent.objects.filter(act=AuditAct.AUDIT_CHART_EXPORTED).order_by("-sequence")[0]
        assert (event.data["chart"], event.data["filter"]) == (key, "finding=pll")
        answer = client.get(f"/api/audit/charts/{key}/?finding=pll").json()
        header = _header(client, f"/audit/charts/{key}.csv?finding=pll")
        assert [column["key"] for column in answer["columns"]] == header
        assert len(answer["method"]) >= 3
        assert answer["facts_up_to"]


def test_the_api_lists_every_chart(client: Client) -> None:
    assert [chart["key"] for chart in client.get("/api/audit/charts/").json()] == list(CHARTS)
    assert client.get("/api/audit/charts/nothing/").status_code == 404
    assert client.get("/api/audit/charts/findings/?color=red").status_code == 400


def test_pages_of_readers_name_no_person(client: Client, signed: list[Any], senior: User) -> None:
    for address in ("/audit/readers/", "/audit/process/", "/audit/groups/reader_group/"):
        assert senior.full_name not in client.get(address).content.decode()


def _csv(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).content.decode("utf-8-sig"))))


def _header(client: Client, address: str) -> list[str]:
    return next(csv.reader(io.StringIO(client.get(address).content.decode("utf-8-sig"))))
