"""Counts row by row → one vector a group, with patients as clusters: exact, and as long as there are rows.

Summaries answer what pages ask; this is what they are held to.
"""

from __future__ import annotations

import numpy as np

from reporting.department_audit.filters import PLACE_DIMENSIONS, Dimension, Filter, month_text
from reporting.department_audit.kinds import Kind
from reporting.department_audit.measures import Measured, measured
from reporting.department_audit.rows import Reads, load_for, month_of
from reporting.statistics.arrays import Ints


def count_rows(kind: Kind, chosen: Filter, by: Dimension | None, truth: str) -> dict[str, Ints]:
    """Value of ``by`` ("" without a breakdown) → vector, from the facts themselves. Empty groups are left out."""
    reads, facts = load_for(chosen)
    rows = measured(kind, reads, facts, truth)
    values = values_of(rows, reads, by)
    if by in PLACE_DIMENSIONS:  # a ligament without sides is no group of a breakdown by side
        somewhere = values != ""
        rows, values = rows.chosen(somewhere), values[somewhere]
    return grouped(rows, reads, values)


def values_of(rows: Measured, reads: Reads, by: Dimension | None) -> np.ndarray:
    """The group of each row."""
    if by is None:
        return np.full(len(rows.read), "", dtype=str)
    if by in PLACE_DIMENSIONS:
        names = np.array([place[PLACE_DIMENSIONS.index(by)] for place in rows.places], dtype=str)
        return names[rows.place] if len(rows.place) else np.zeros(0, dtype=str)
    if by is Dimension.MONTH:
        return np.array([month_text(month_of(int(month))) for month in reads.month[rows.read]], dtype=str)
    return reads.dimensions[by.value][rows.read]


def grouped(rows: Measured, reads: Reads, values: np.ndarray) -> dict[str, Ints]:
    """One vector a value: counts summed per patient first, so that products are those of patients."""
    kind = rows.kind
    names, group = np.unique(values, return_inverse=True)
    patients = int(reads.patient.max()) + 1 if len(reads) else 1
    pairs, of_pair = np.unique(group * patients + reads.patient[rows.read], return_inverse=True)
    counts = np.zeros((len(pairs), len(kind.counts)), dtype=np.int64)
    np.add.at(counts, of_pair, rows.counts)
    vectors = kind.vectors(counts, np.zeros(len(pairs), dtype=np.int64), np.zeros((len(pairs), kind.extras), np.int64))
    totals = np.zeros((len(names), kind.length), dtype=np.int64)
    np.add.at(totals, pairs // patients, vectors)
    if kind.extras:
        np.add.at(totals[:, kind.length - kind.extras :], group, rows.extras.toarray())
    signed = np.unique(group * max(1, len(reads)) + rows.read) // max(1, len(reads))
    totals[:, 0] = np.bincount(signed, minlength=len(names))
    return {str(name): totals[place] for place, name in enumerate(names)}
