"""Protocol and analysis of a reader study as documents: what they say in both languages, and that they stand alone."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from django.utils import translation

from reporting.reader_studies import services
from reporting.reader_studies.models import Protocol, ReaderStudy
from reporting.reader_studies.package.analysis_html import analysis_html
from reporting.reader_studies.package.protocol_pdf import protocol_pdf
from tests.reader_studies.factories import closed, locked, owner_of, ready
from tests.reader_studies.test_analysis_page import _drawn

pytestmark = pytest.mark.django_db


def _text(study: ReaderStudy, language: str) -> str:
    with translation.override(language):
        content = protocol_pdf(study)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    return re.sub(r"\s+", "", "".join(pages))


def _amended() -> ReaderStudy:
    study = locked()
    by = owner_of(study)
    changes = {"washout_days": 21, "stopping_limits": {"cases": 2}}
    services.amend_study(study, changes, reason="Holidays in between.", by=by, expected_version=study.version)
    leaving = study.readers.get(code="R02")
    services.withdraw_reader(leaving, reason="Left.", by=by, expected_version=study.version)
    return study


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Rated findings",
                "Washout between sessions",
                "21 days",
                "Fully crossed",
                "confidence, 0 to 100",
                "Unaided",
            ),
        ),
        ("zh-hans", ("研究问题", "洗脱期", "21 天", "完全交叉", "置信度", "场次数", "无辅助")),
    ],
)
def test_the_protocol_says_what_was_locked_and_amended(language: str, words: tuple[str, ...]) -> None:
    study = _amended()
    text = _text(study, language)
    algorithm = study.algorithm
    assert algorithm is not None
    digests = list(study.protocols.values_list("digest", flat=True))
    assert len(digests) == 3
    said = (
        *(study.title, study.question, study.stopping_rule, study.seed, "R01", "R02", "C4/5,C5/6"),
        *(algorithm.version, algorithm.weights_sha256, *digests, "28→21", "–→cases2", "Holidaysinbetween."),
    )
    missing = [one for one in (*said, *words) if re.sub(r"\s+", "", one) not in text]
    assert missing == []


@pytest.mark.parametrize(
    ("language", "title", "words", "none"),
    [
        ("en", "Sample size", "Casesofthepilot100", "Noneiskeptintheprotocol."),
        ("zh-hans", "样本量", "预试验病例数100", "研究方案中未保存样本量。"),
    ],
)
def test_the_protocol_says_the_sample_size_that_was_locked(language: str, title: str, words: str, none: str) -> None:
    study = ready()
    by = owner_of(study)
    asked = {"var_tr": 0.0002, "var_error": 0.0008, "cov1": 0.0003, "cov2": 0.0003, "cov3": 0.0002}
    aim = {"cases": 100, "effect": 0.0625, "target": 0.8}
    services.keep_sample_size(study, asked | aim, by=by, expected_version=study.version)
    services.lock_study(study, by=by, expected_version=study.version)
    text = _text(study, language)
    last = study.sample_size["designs"][-1]
    assert last["readers"] == 12
    row = f"12{last['cases']}{100 * last['power']:.1f}%"
    assert [one for one in (re.sub(r"\s+", "", title), words, "0.0625", row) if one not in text] == []
    assert none not in text
    assert none in _text(locked(), language)


def test_the_protocol_names_no_case_but_those_retracted() -> None:
    study = _amended()
    codes = list(study.cases.values_list("code", flat=True))
    text = _text(study, "en")
    for digest in study.protocols.values_list("digest", flat=True):
        text = text.replace(digest, "")
    assert [code for code in codes if re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", text)] == []
    case = study.cases.get(code=codes[0])
    services.retract_case(case, reason="Wrong patient.", by=owner_of(study), expected_version=study.version)
    assert codes[0] in _text(study, "en")


def test_the_protocol_is_a_tagged_file_for_archives_and_the_same_each_time() -> None:
    study = _amended()
    content = protocol_pdf(study)
    assert content == protocol_pdf(study)
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert reader.xmp_metadata is not None
    assert bool(reader.trailer["/Root"]["/MarkInfo"]["/Marked"])  # type: ignore[index]
    assert Protocol.objects.filter(reader_study=study).count() == 3  # nothing was written


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Analysis 1 of this reader study", "Method, for a paper", "Arms compared", "Mean of readers")),
        ("zh-hans", ("本阅片研究的第 1 次分析", "阅片者平均", "随机种子")),
    ],
)
def test_the_analysis_is_one_file_in_either_language(language: str, words: tuple[str, ...]) -> None:
    run = _drawn(closed())
    with translation.override(language):
        page = analysis_html(run)
    assert [word for word in words if word not in page] == []
    ids = re.findall(r'(?<![-\w])id="([^"]+)"', page.split("<script>", maxsplit=1)[0])
    assert len(ids) == len(set(ids)) > 20
    assert page.count("data-chart=") >= 8


def test_the_analysis_names_no_other_file() -> None:
    page = analysis_html(_drawn(closed()))
    markup = page.split("/**\n* plotly.js", maxsplit=1)[0]
    assert re.findall(r"""(?:src|href)=["'](?!#)[^"']*""", markup) == []
    assert re.findall(r"@import|url\(", markup) == []
    drawing = page.rsplit('<script type="module">', maxsplit=1)[1]
    assert re.findall(r"^(?:import|export) ", drawing, re.MULTILINE) == []
    assert "default-src 'none'" in markup
