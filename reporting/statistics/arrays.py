"""Columns of numbers: their types, and which rows are complete."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def bools(values: ArrayLike) -> Bools:
    return np.asarray(values, dtype=np.bool_)


def same_length(**columns: NDArray[Any]) -> None:
    """Raises ValueError naming the columns when they differ in length."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("columns differ in length: " + ", ".join(f"{name} {n}" for name, n in lengths.items()))


def numbered(labels: ArrayLike) -> tuple[Ints, int]:
    """Labels as numbers from 0 in sorted order, and how many different ones there are."""
    names, index = np.unique(np.asarray(labels), return_inverse=True)
    return index.astype(np.int64).reshape(-1), len(names)


def sums_by(index: Ints, size: int, values: NDArray[Any] | None = None) -> Floats:
    """Sum of ``values`` (or the number of rows) per group."""
    return np.bincount(index, weights=values, minlength=size).astype(np.float64)
