"""Answers of the database in its binary form: many numbers, or long bytes, without a Python object for each."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection

_HEADER = 19
"""Bytes before the first row: signature, flags, length of an extension that nobody uses."""
_END = 2
_SIZES = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8"}


def binary(statement: str, params: Sequence[Any] = ()) -> bytes:
    """What COPY says of a query, as one piece."""
    with connection.cursor() as cursor:
        # Put together first: Django's cursor for debugging copies without parameters only.
        whole = cursor.mogrify(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", params)
        with cursor.copy(whole) as copy:
            return b"".join(copy)


def columns(statement: str, params: Sequence[Any], types: dict[str, str]) -> dict[str, np.ndarray]:
    """Columns of numbers, none of them null; ``types``: name → one of int2, int4, int8, float8, in their order."""
    data = binary(statement, params)
    fields: list[tuple[str, str]] = [("", ">i2")]
    for name, kind in types.items():
        fields += [(f"length of {name}", ">i4"), (name, _SIZES[kind])]
    row = np.dtype([(name or "fields", kind) for name, kind in fields])
    count, rest = divmod(len(data) - _HEADER - _END, row.itemsize)
    if rest:
        raise ValueError("a row holds a null, or another type than was said")
    rows = np.frombuffer(data, dtype=row, count=count, offset=_HEADER)
    return {name: rows[name].astype(np.float64 if kind == "float8" else np.int64) for name, kind in types.items()}


def pieces(statement: str, params: Sequence[Any]) -> Iterator[list[bytes]]:
    """Rows of bytes, none of them null; other types come as PostgreSQL sends them."""
    data = binary(statement, params)
    at = _HEADER
    while (fields := struct.unpack_from(">h", data, at)[0]) != -1:
        at += 2
        row = []
        for _field in range(fields):
            (length,) = struct.unpack_from(">i", data, at)
            row.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        yield row
