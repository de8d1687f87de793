"""Answers of the database in its binary form: many numbers, or long bytes, without a Python object for each."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection

_HEADER = 19
"""Bytes before the first row: signature, flags, length of an extension that nobody uses."""
_SIZES = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8"}


def binary(statement: str, params: Sequence[Any] = ()) -> bytes:
    """What COPY says of a query, as one piece."""
    with connection.cursor() as cursor:
        # Put together first: Django's cursor for debugging copies without parameters only.
        whole = cursor.mogrify(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", params)
        with cursor.copy(whole) as copy:
            return b"".join(copy)


def columns(statement: str, params: Sequence[Any], types: dict[str, str]) -> dict[str, np.ndarray]:
    """Columns of numbers, none of them null; ``types``: name → one of int2, int4, int8, float8, in their order.

    The database puts each column together: a row at a time costs twice as long, most of it here. Up to 1 GB a column.
    """
    names = [f"c{number}" for number in range(len(types))]
    wholes = (f"string_agg({kind}send({name}), '')" for name, kind in zip(names, types.values(), strict=True))
    whole = f"SELECT {', '.join(wholes)} FROM ({statement}) t ({', '.join(names)}) HAVING count(*) > 0"
    found = next(pieces(whole, params), [b""] * len(types))
    arrays = [np.frombuffer(data, dtype=_SIZES[kind]) for data, kind in zip(found, types.values(), strict=True)]
    if len({len(array) for array in arrays}) > 1:
        raise ValueError("a row holds a null")
    wide = (np.float64 if kind == "float8" else np.int64 for kind in types.values())
    return {name: array.astype(to) for name, array, to in zip(types, arrays, wide, strict=True)}


def pieces(statement: str, params: Sequence[Any]) -> Iterator[list[bytes]]:
    """Rows of bytes, none of them null; other types come as PostgreSQL sends them."""
    data = binary(statement, params)
    at = _HEADER
    while (fields := struct.unpack_from(">h", data, at)[0]) != -1:
        at += 2
        row = []
        for _field in range(fields):
            (length,) = struct.unpack_from(">i", data, at)
            if length < 0:
                raise ValueError("a row holds a null")
            row.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        yield row
