"""Facts as columns of numbers, with what their reads share: the form in which everything is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.filters import READ_DIMENSIONS, Filter
from reporting.department_audit.words import Truth
from reporting.statistics.arrays import Bools, Floats, Ints

POSITIVES = {
    Truth.FINAL.value: "positive",
    Truth.BLIND.value: "blind_first_positive",
    Truth.ADJUDICATED.value: "adjudicated_positive",
    Truth.FOLLOW_UP.value: "follow_up_positive",
    Truth.SURGERY.value: "surgery_positive",
}
"""Which column says whether a place is positive, for each truth."""
_TRI = (*POSITIVES.values(), "prepared_positive", "machine_positive")
_READ_COLUMNS = ", ".join(f"r.{d.value}" for d in READ_DIMENSIONS)
_FACT_COLUMNS = ", ".join(f"COALESCE(f.{name}::int, -1)" for name in _TRI)


@dataclass(frozen=True)
class Reads:
    """One entry a signed version, patients together and in order of signing. ``month``: 12 · year + month − 1."""

    versions: list[Any]
    patient: Ints
    month: Ints
    dimensions: dict[str, np.ndarray]
    received_s: Floats  # NaN: not known
    shown_s: Floats

    def __len__(self) -> int:
        return len(self.versions)


@dataclass(frozen=True)
class Facts:
    """One entry a fact; ``read`` is the place of its read. Three-valued columns hold −1 for "not said"."""

    read: Ints
    comparison: np.ndarray
    finding: np.ndarray
    level: np.ndarray
    side: np.ndarray
    outcome: np.ndarray
    counts: Bools
    probability: Floats
    number: Floats
    machine_number: Floats
    tri: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.read)

    def chosen(self, keep: Bools | Ints) -> Facts:
        return Facts(
            **{n: getattr(self, n)[keep] for n in self.__dataclass_fields__ if n != "tri"},
            tri={name: column[keep] for name, column in self.tri.items()},
        )


def month_number(month: date) -> int:
    return 12 * month.year + month.month - 1


def month_of(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def load(
    where: str, params: Sequence[Any], *, facts_where: str = "", facts_params: Sequence[Any] = ()
) -> tuple[Reads, Facts]:
    """Current reads for which the condition on ``r`` holds, and their facts for which that on ``f`` holds."""
    reads_sql = (  # column names are ours, values are parameters
        f"SELECT r.version_id, r.patient, r.month, {_READ_COLUMNS}, r.received_to_signed_s, r.shown_to_signed_s"
        f" FROM department_audit_signedread r WHERE r.standing = 'current' AND {where}"
        " ORDER BY r.patient, r.signed_at, r.version_id"
    )
    # By key, not by a join: facts of a read lie together, and a planner that expects many would walk through all.
    facts_sql = (
        "SELECT f.read_id, f.comparison, f.finding, f.level, f.side, f.outcome, f.machine_counts,"
        f" f.machine_probability, f.number, f.machine_number, {_FACT_COLUMNS}"
        f" FROM department_audit_fact f WHERE f.read_id = ANY(%s){facts_where}"
    )
    with connection.cursor() as cursor:
        cursor.execute(reads_sql, params)
        reads = _reads(cursor.fetchall())
        cursor.execute(facts_sql, [reads.versions, *facts_params])
        return reads, _facts(cursor.fetchall(), {version: n for n, version in enumerate(reads.versions)})


def load_for(chosen: Filter) -> tuple[Reads, Facts]:
    """The reads and facts that a filter asks for, but for its outcome and truth."""
    where, params = reads_condition(chosen)
    places = {"f.finding": chosen.finding, "f.level": chosen.level, "f.side": chosen.side}
    given = {column: value for column, value in places.items() if value}
    facts_where = "".join(f" AND {column} = %s" for column in given)
    return load(where, params, facts_where=facts_where, facts_params=list(given.values()))


def reads_condition(chosen: Filter) -> tuple[str, list[Any]]:
    """SQL over ``r`` and its parameters; column names are ours, values are parameters."""
    conditions: list[str] = ["true"]
    params: list[Any] = []
    for dimension, value in chosen.conditions().items():
        conditions.append(f"r.{dimension.value} = %s")
        params.append(value)
    for bound, month in ((">=", chosen.month_from), ("<=", chosen.month_to)):
        if month is not None:
            conditions.append(f"r.month {bound} %s")
            params.append(month)
    return " AND ".join(conditions), params


def _reads(rows: list[tuple[Any, ...]]) -> Reads:
    columns = list(zip(*rows, strict=True)) if rows else [()] * (5 + len(READ_DIMENSIONS))
    _names, patient = np.unique(np.array([str(p) for p in columns[1]], dtype=str), return_inverse=True)
    dimensions = {
        d.value: np.array(column, dtype=str) for d, column in zip(READ_DIMENSIONS, columns[3:-2], strict=True)
    }
    return Reads(
        versions=list(columns[0]),
        patient=patient.astype(np.int64),
        month=np.array([month_number(m) for m in columns[2]], dtype=np.int64),
        dimensions=dimensions,
        received_s=np.array(columns[-2], dtype=np.float64),
        shown_s=np.array(columns[-1], dtype=np.float64),
    )


def _facts(rows: list[tuple[Any, ...]], place: dict[Any, int]) -> Facts:
    columns = list(zip(*rows, strict=True)) if rows else [()] * (10 + len(_TRI))
    return Facts(
        read=np.array([place[version] for version in columns[0]], dtype=np.int64),
        comparison=np.array(columns[1], dtype=str),
        finding=np.array(columns[2], dtype=str),
        level=np.array(columns[3], dtype=str),
        side=np.array(columns[4], dtype=str),
        outcome=np.array(columns[5], dtype=str),
        counts=np.array(columns[6], dtype=bool),
        probability=np.array(columns[7], dtype=np.float64),
        number=np.array(columns[8], dtype=np.float64),
        machine_number=np.array(columns[9], dtype=np.float64),
        tri={name: np.array(column, dtype=np.int64) for name, column in zip(_TRI, columns[10:], strict=True)},
    )
