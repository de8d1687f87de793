"""A table as an Excel workbook: the table, and on a second sheet what it means. No cell is a formula or a link."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from reporting.charts.files.formulas import looks_like_formula
from reporting.charts.tables import FlatCell, Kind, Table

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def xlsx_bytes(table: Table, about: Sequence[tuple[str, str]]) -> bytes:
    """``about``: name and text of what a reader must know. Texts that look like formulas are marked as text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        marked = book.add_format({"quote_prefix": True})
        formats = {
            Kind.SHARE: book.add_format({"num_format": "0.0%"}),
            Kind.NUMBER: book.add_format({"num_format": "0.000"}),
        }

        def write(sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, cell: FlatCell, kind: Kind) -> None:
            if isinstance(cell, str):
                sheet.write_string(row, place, cell, marked if looks_like_formula(cell) else None)
            elif cell is not None:
                sheet.write_number(row, place, cell, formats.get(kind))

        sheet = book.add_worksheet("Table")
        columns = table.flat_columns()
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.key, head)
        for number, row in enumerate(table.flat_rows(), start=1):
            for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
                write(sheet, number, place, cell, column.kind)
        sheet.freeze_panes(1, 1)
        sheet.autofit()
        words = book.add_worksheet("About")
        words.set_column(0, 0, 28, head)
        words.set_column(1, 1, 110, book.add_format({"text_wrap": True}))
        for number, (name, text) in enumerate(about):
            words.write_string(number, 0, name)
            write(words, number, 1, text, Kind.TEXT)
    return out.getvalue()
