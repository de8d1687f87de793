"""Subjects that were graded alike by all readers, counted as one kind: ten million subjects are a few hundred kinds."""

from __future__ import annotations

import numpy as np

from reporting.statistics.arrays import Ints

_SMALL = 1 << 22  # kinds that fit a table


def kinds_of(grades: Ints, categories: int) -> tuple[Ints, Ints]:
    """``grades``: (subjects, readers), −1 missing. The different rows, and the number of the row of each subject."""
    base, readers = categories + 1, grades.shape[1]
    if base**readers > 1 << 62:
        rows, index = np.unique(grades, axis=0, return_inverse=True)
        return rows.astype(np.int64), index.reshape(-1).astype(np.int64)
    weights = base ** np.arange(readers, dtype=np.int64)
    code = (grades + 1) @ weights
    if base**readers <= _SMALL:
        found = np.flatnonzero(np.bincount(code, minlength=1))
        place = np.zeros(base**readers, dtype=np.int64)
        place[found] = np.arange(len(found))
        index = place[code]
    else:
        found, index = np.unique(code, return_inverse=True)
    return (found[:, None] // weights % base - 1).astype(np.int64), index.reshape(-1).astype(np.int64)
