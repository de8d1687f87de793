"""Tables of the package hold codes; the codebooks hold a word for each column and each code, in both languages."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.reader_studies.factories import closed
from tests.reader_studies.test_package import unpacked

pytestmark = pytest.mark.django_db

TABLES = ("ratings_long", "ratings_by_level", "allocation")
CODED = ("arm", "scale", "side", "finding", "truth_source")


def _table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_every_column_and_every_code_has_a_word_in_both_languages() -> None:
    files = unpacked(closed())
    keys = [name for name in files if name.endswith("_key.csv")]
    assert keys
    tables = {**{name: files[f"{name}.csv"] for name in TABLES}, "rjafroc_key": files[keys[0]]}
    for language in ("en", "zh"):
        book = _table(files[f"codebook_{language}.csv"])
        words = {(line["table"], line["column"], line["code"]): line["meaning"] for line in book}
        assert len(words) == len(book)
        assert all(words.values())
        for name, content in tables.items():
            rows = _table(content)
            described = [column for table, column, code in words if table == name and not code]
            assert list(rows[0]) == described, name
            for column in {*CODED, "what"} & set(rows[0]):
                codes = {row[column] for row in rows} - {""}
                assert {code for code in codes if (name, column, code) not in words} == set(), (name, column)


def test_the_words_of_codes_are_those_of_the_language_and_the_codes_are_not() -> None:
    files = unpacked(closed())
    book = {language: _table(files[f"codebook_{language}.csv"]) for language in ("en", "zh")}
    coded = {language: [line | {"meaning": "", "unit": ""} for line in lines] for language, lines in book.items()}
    assert coded["en"] == coded["zh"]
    arm = {language: _word(lines, "ratings_long", "arm", "unaided") for language, lines in book.items()}
    assert arm == {"en": "Unaided", "zh": "无辅助"}
    assert _word(book["en"], "ratings_by_level", "canal", "2") == "moderate"  # the words of this study's grades
    units = {line["column"]: line["unit"] for line in book["zh"] if not line["code"]}
    assert (units["active_ms"], units["x_mm"], units["herniation"], units["experience_years"]) == (
        "ms",
        "mm",
        "%",
        "年",
    )


def _word(book: list[dict[str, str]], table: str, column: str, code: str) -> str:
    return next(
        line["meaning"] for line in book if (line["table"], line["column"], line["code"]) == (table, column, code)
    )


def test_tables_are_the_same_whatever_language_is_spoken() -> None:
    """No cell of a table is a sentence or a translated word."""
    files = unpacked(closed())
    tables = [content.decode() for name, content in files.items() if name.endswith(".csv") and "codebook" not in name]
    assert len(tables) >= 5
    assert [found for text in tables for found in re.findall(r"[\u4e00-\u9fff]+|[a-z]+ [a-z]+ [a-z]+", text)] == []


def test_the_readme_tells_of_every_file() -> None:
    files = unpacked(closed())
    for language, word in (("en", "patients have several|independent case"), ("zh", "独立")):
        text = files[f"README_{language}.txt"].decode()
        assert re.search(word, text)
        for name in files:
            kind = re.sub(r"(?<=_)\d+(?=\.json)", "N", name)
            kind = re.sub(r"(?<=/)(canal|herniation)", "FINDING", kind)
            assert kind in text or kind.startswith("README"), name
