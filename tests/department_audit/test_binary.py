"""Columns of numbers as the database sends them: each of its type, none of them null."""

from __future__ import annotations

import math

import pytest

from reporting.department_audit.binary import columns

pytestmark = pytest.mark.django_db
TYPES = {"small": "int2", "middle": "int4", "large": "int8", "real": "float8"}


def test_columns_keep_their_order_and_width() -> None:
    rows = "(1, -70000, 5000000000, 0.1), (-2, 3, -4, 'NaN')"
    typed = f"SELECT a::int2, b::int4, c::int8, d::float8 FROM (VALUES {rows}) v (a, b, c, d)"
    found = columns(typed, [], TYPES)
    assert [found[name].tolist() for name in ("small", "middle", "large")] == [[1, -2], [-70000, 3], [5000000000, -4]]
    assert found["real"][0] == 0.1
    assert math.isnan(found["real"][1])
    few = columns("SELECT n::int4 FROM generate_series(1, 100000) n WHERE mod(n, %s) = 0", [25000], {"n": "int4"})
    assert few["n"].tolist() == [25000, 50000, 75000, 100000]


def test_nothing_is_no_rows() -> None:
    found = columns(f"SELECT * FROM (VALUES (1::int2, 2::int4, 3::int8, 4::float8)) v WHERE {False}", [], TYPES)
    assert {name: len(column) for name, column in found.items()} == dict.fromkeys(TYPES, 0)


@pytest.mark.parametrize("rows", ["VALUES (1::int2), (NULL)", "VALUES (NULL::int2)"])
def test_a_null_is_refused(rows: str) -> None:
    with pytest.raises(ValueError, match="holds a null"):
        columns(f"SELECT a, 1::int2 FROM ({rows}) v (a)", [], {"a": "int2", "b": "int2"})
