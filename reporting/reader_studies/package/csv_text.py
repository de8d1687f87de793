"""Lines of CSV (RFC 4180, UTF-8): empty is undefined, 1 and 0 are yes and no, and no text is a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reporting.charts.files.formulas import defused

ROWS_A_CHUNK = 2000


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A few thousand lines at a time."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(cell) for cell in row])
        if number % ROWS_A_CHUNK == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def line_chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines that are written as they are, a few thousand at a time."""
    held: list[str] = []
    for line in lines:
        held.append(f"{line}\r\n")
        if len(held) == ROWS_A_CHUNK:
            yield "".join(held).encode()
            held.clear()
    yield "".join(held).encode()


def _cell(cell: Any) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, dt.datetime):
        return cell.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    if isinstance(cell, int | float):
        return cell
    return defused(str(cell))
