"""The step "Sample size": numbers of a published formula, drawn, as a table and as files."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from reporting.accounts.models import Role
from reporting.core.errors import InvalidInput, WrongState
from reporting.reader_studies import services
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.power import CASES, READERS, power_charts
from reporting.reader_studies.words import StudyRole
from reporting.statistics.mrmc.sample_size import Pilot, power
from tests.reader_studies.factories import in_design, owner_of, ready
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db

COMPONENTS = {"var_tr": 0.0002, "var_error": 0.0008, "cov1": 0.0003, "cov2": 0.0003, "cov3": 0.0002, "cases": 100}
ASKED = COMPONENTS | {"effect": 0.05, "target": 0.8}


@pytest.fixture
def study() -> ReaderStudy:
    return in_design()


def _client(study: ReaderStudy, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(owner_of(study))
    return client


def _page(study: ReaderStudy, language: str = "en", **asked: float) -> str:
    return _client(study, language).get(reverse("reader_studies:power", args=[study.pk]), asked).content.decode()


def _file(study: ReaderStudy, key: str, extension: str, **asked: float) -> tuple[int, bytes]:
    answer = _client(study).get(reverse("reader_studies:power_file", args=[study.pk, key, extension]), asked)
    return answer.status_code, answer.content


def test_what_is_drawn_is_what_the_formula_says(study: ReaderStudy) -> None:
    page = _page(study, **ASKED)
    found = re.search(r'<script id="figure-power" type="application/json">(.*?)</script>', page)
    assert found is not None
    lines = json.loads(found[1])["data"][1:]  # the first is the power that is wanted
    assert len(lines) == len(READERS)
    for readers, line in zip(READERS, lines, strict=True):
        assert line["x"] == list(CASES)
        said = [power(Pilot(**COMPONENTS), readers, cases, 0.05) for cases in CASES]
        assert line["y"] == pytest.approx(said)
    assert "Cases needed by number of readers" in page
    assert "no number suffices" in page  # two readers differ too much
    assert "Acad Radiol 2011" in page


def test_the_files_hold_the_table_beside_the_drawing(study: ReaderStudy) -> None:
    assert f"{reverse('reader_studies:power_file', args=[study.pk, 'needed', 'csv'])}?var_tr=0.0002" in _page(
        study, **ASKED
    )
    status, content = _file(study, "needed", "csv", **ASKED)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert status == 200
    assert [row["readers"] for row in rows] == [str(n) for n in range(2, 13)]
    assert rows[0]["cases"] == "none"
    enough = rows[-1]
    reached = [power(Pilot(**COMPONENTS), 12, int(enough["cases"]) - less, 0.05) for less in (0, 1)]
    assert reached[0] >= 0.8 > reached[1]
    status, content = _file(study, "power", "xlsx", **ASKED)
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert status == 200
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == list(CASES)
    assert sheet.cell(2, 2).value == pytest.approx(power(Pilot(**COMPONENTS), READERS[0], CASES[0], 0.05))


@pytest.mark.parametrize("wrong", [{}, ASKED | {"var_error": 0}, ASKED | {"target": 1}, {"effect": 0.05}])
def test_without_every_component_there_is_no_figure_and_no_file(study: ReaderStudy, wrong: dict[str, float]) -> None:
    assert "figure-power" not in _page(study, **wrong)
    assert _file(study, "power", "csv", **wrong)[0] == 404


@pytest.mark.parametrize(("key", "extension"), [("other", "csv"), ("power", "exe")])
def test_what_there_is_not_is_not_found(study: ReaderStudy, key: str, extension: str) -> None:
    assert _file(study, key, extension, **ASKED)[0] == 404


def test_the_scale_of_cases_says_whole_numbers() -> None:
    """Plotly alone would write 2 for 200."""
    needed, reached = power_charts(ASKED, "")
    for chart, name in ((needed, "yaxis"), (reached, "xaxis")):
        assert chart.figure is not None
        axis = chart.figure.layout[name]
        assert list(axis.ticktext) == [str(value) for value in axis.tickvals]
        assert {50, 100, 200, 500, 1000} <= set(axis.tickvals)


def test_it_speaks_chinese(study: ReaderStudy) -> None:
    page = _page(study, "zh-hans", **ASKED)
    for text in ("各阅片者人数所需的病例数", "不同病例数与阅片者人数下的检验效能", "任何数量都不够"):
        assert text in page


def _send(study: ReaderStudy, version: int | None = None, **sent: float | str) -> int:
    study.refresh_from_db()
    address = reverse("reader_studies:power", args=[study.pk])
    return _client(study).post(address, {"version": version or study.version, **sent}).status_code


def test_the_owner_keeps_a_sample_size_and_drops_it(study: ReaderStudy) -> None:
    assert "Keep this one in the protocol" in _page(study, **ASKED)
    assert _send(study, act="keep", **ASKED) == 302
    study.refresh_from_db()
    assert study.sample_size["inputs"] == ASKED
    kept = {one["readers"]: one["cases"] for one in study.sample_size["designs"]}
    assert kept[2] is None
    reached = [power(Pilot(**COMPONENTS), 12, kept[12] - less, 0.05) for less in (0, 1)]
    assert reached[0] >= 0.8 > reached[1]
    page = _page(study)  # shown at once, and not offered again
    assert "figure-power" in page
    assert "The protocol holds the sample size shown here" in page
    assert "Keep this one in the protocol" not in page
    assert "another sample size than the one shown here" in _page(study, **(ASKED | {"effect": 0.1}))
    assert _send(study, act="drop") == 302
    study.refresh_from_db()
    assert study.sample_size == {}


def test_what_another_window_kept_is_not_written_over(study: ReaderStudy) -> None:
    _send(study, act="keep", **ASKED)
    assert _send(study, version=1, act="drop") == 302
    study.refresh_from_db()
    assert study.sample_size["inputs"] == ASKED


@pytest.mark.parametrize("wrong", [{"act": "keep"}, ASKED | {"act": "keep", "target": 2.0}, ASKED | {"act": "other"}])
def test_nothing_else_is_kept(study: ReaderStudy, wrong: dict[str, float | str]) -> None:
    assert _send(study, **wrong) == 404
    with pytest.raises(InvalidInput):
        services.keep_sample_size(study, ASKED | {"effect": -1.0}, by=owner_of(study), expected_version=study.version)
    study.refresh_from_db()
    assert study.sample_size == {}


def test_who_does_not_design_keeps_nothing(study: ReaderStudy) -> None:
    by = owner_of(study)
    services.add_member(study, make_user(Role.RESEARCHER), StudyRole.STATISTICIAN, by=by, expected_version=1)
    client = Client()
    client.force_login(study.members.get(role=StudyRole.STATISTICIAN).user)
    address = reverse("reader_studies:power", args=[study.pk])
    assert "Keep this one in the protocol" not in client.get(address, ASKED).content.decode()
    assert client.post(address, {"version": 2, "act": "keep", **ASKED}).status_code == 403


def test_the_lock_freezes_it_and_amendments_keep_it() -> None:
    study = ready()
    by = owner_of(study)
    services.keep_sample_size(study, ASKED, by=by, expected_version=study.version)
    protocol = services.lock_study(study, by=by, expected_version=study.version)
    held = json.loads(protocol.content)["sample_size"]
    assert held == study.sample_size
    assert held["inputs"] == ASKED
    with pytest.raises(WrongState):
        services.keep_sample_size(study, None, by=by, expected_version=study.version)
    amended = services.amend_study(
        study, {"washout_days": 30}, reason="Holidays.", by=by, expected_version=study.version
    )
    assert json.loads(amended.content)["sample_size"] == held
    assert "The protocol holds the sample size shown here" in _page(study)


def test_a_lock_without_one_says_so() -> None:
    study = ready()
    protocol = services.lock_study(study, by=owner_of(study), expected_version=study.version)
    assert json.loads(protocol.content)["sample_size"] is None
