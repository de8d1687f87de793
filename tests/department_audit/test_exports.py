"""A table leaves as CSV, XLSX or Parquet with the same numbers, and no cell is ever run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from arro3.io import read_parquet
from openpyxl import load_workbook

from reporting.charts.files.csv_file import csv_bytes
from reporting.charts.files.formulas import defused
from reporting.charts.files.parquet_file import parquet_bytes
from reporting.charts.files.xlsx_file import xlsx_bytes
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.statistics.results import Estimate, undefined

DANGEROUS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.example","here")',
]
ABOUT = (("Title", "Concordance by vendor"), ("Positive class", "=disease"))
TABLE = Table(
    (
        Column("vendor", "Vendor"),
        Column("positives", "Positives", Kind.COUNT),
        Column("sensitivity", "Sensitivity", Kind.SHARE, with_interval=True),
        Column("bias", "Bias, mm", Kind.NUMBER),
    ),
    (
        Row((Word("vendor_a", "Hersteller A 某厂"), 12, Estimate(0.75, 0.5, 0.9), -0.25)),
        Row(("其他", 0, undefined("no positives"), None)),
    ),
)


def one_cell(text: str) -> Table:
    return Table((Column("text", "Text"),), (Row((text,)),))


def test_a_file_has_codes_plain_numbers_and_each_estimate_in_four_columns() -> None:
    read = list(csv.reader(io.StringIO(csv_bytes(TABLE).decode("utf-8-sig"))))
    names = ["vendor", "positives", "sensitivity", "sensitivity_low", "sensitivity_high", "sensitivity_note", "bias"]
    assert read == [
        names,
        ["vendor_a", "12", "0.75", "0.5", "0.9", "", "-0.25"],
        ["其他", "0", "", "", "", "no positives", ""],
    ]


def test_the_workbook_and_the_parquet_file_hold_the_same_as_the_csv_file() -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes(TABLE, ABOUT)))
    rows = [list(row) for row in book["Table"].iter_rows(values_only=True)]
    assert rows[1:] == TABLE.flat_rows()
    assert [list(row) for row in book["About"].iter_rows(values_only=True)] == [list(line) for line in ABOUT]
    columns = read_parquet(io.BytesIO(parquet_bytes(TABLE, ABOUT))).read_all()
    assert columns.column_names == rows[0]
    assert [list(row) for row in zip(*(column.to_pylist() for column in columns.columns), strict=True)] == rows[1:]


def test_a_negative_number_stays_a_number() -> None:
    assert b"'-0.25" not in csv_bytes(TABLE)
    cell = load_workbook(io.BytesIO(xlsx_bytes(TABLE, ABOUT)))["Table"]["G2"]
    assert (cell.data_type, cell.value) == ("n", -0.25)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_is_text_in_a_csv_file(text: str) -> None:
    (_head, (shown,)) = csv.reader(io.StringIO(csv_bytes(one_cell(text)).decode("utf-8-sig"), newline=""))
    assert shown == "'" + text


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_is_marked_text_in_a_workbook(text: str) -> None:
    content = xlsx_bytes(one_cell(text), (("Filter", text),))
    book = load_workbook(io.BytesIO(content))
    for cell in (book["Table"]["A2"], book["About"]["B1"]):
        assert cell.data_type == "s"
        assert cell.quotePrefix
        assert cell.hyperlink is None
    sheets = zipfile.ZipFile(io.BytesIO(content))
    assert all(b"<f>" not in sheets.read(name) for name in sheets.namelist() if "sheet" in name)


def test_ordinary_words_stay_as_they_are() -> None:
    for text in ("C5/6", "a=b", "1-2", "'quoted'", "", "后纵韧带"):
        assert defused(text) == text


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Table((Column("a", "A"),), (Row(("x", "y")),))
