"""A table as Parquet: typed columns, codes instead of labels, what it means in the file's own metadata."""

from __future__ import annotations

import io
from collections.abc import Sequence

from arro3.core import Array, DataType, Field, Schema
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet

from reporting.charts.tables import Column, FlatCell, Kind, Table

_TYPES = {
    Kind.TEXT: DataType.utf8(),
    Kind.COUNT: DataType.int64(),
    Kind.SHARE: DataType.float64(),
    Kind.NUMBER: DataType.float64(),
}


def parquet_bytes(table: Table, about: Sequence[tuple[str, str]]) -> bytes:
    """``about`` goes into the schema's metadata. Undefined is null."""
    columns, rows = table.flat_columns(), table.flat_rows()
    fields = [Field(column.key, _TYPES[column.kind], nullable=True) for column in columns]
    schema = Schema(fields, metadata=dict(about))
    arrays = [
        Array([_typed(row[place], column) for row in rows], _TYPES[column.kind]) for place, column in enumerate(columns)
    ]
    out = io.BytesIO()
    write_parquet(ArrowTable.from_arrays(arrays, schema=schema), out, key_value_metadata=dict(about))
    return out.getvalue()


def _typed(cell: FlatCell, column: Column) -> FlatCell:
    if cell is None or column.kind is Kind.TEXT:
        return None if cell is None else str(cell)
    return int(cell) if column.kind is Kind.COUNT else float(cell)
