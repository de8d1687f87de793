"""A table as CSV (RFC 4180, UTF-8 with a byte order mark: without it spreadsheets read Chinese as Latin)."""

from __future__ import annotations

import csv
import io

from reporting.charts.files.formulas import defused
from reporting.charts.tables import FlatCell, Table


def csv_bytes(table: Table) -> bytes:
    """Header of column keys, one line per row; an empty cell is undefined. Every text is quoted and defused."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([column.key for column in table.flat_columns()])
    for row in table.flat_rows():
        writer.writerow([_shown(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _shown(cell: FlatCell) -> str | int | float:
    if cell is None:
        return ""
    return defused(cell) if isinstance(cell, str) else cell
