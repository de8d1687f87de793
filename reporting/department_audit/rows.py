"""Facts as columns of numbers, with what their reads share: the form in which everything is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.binary import columns
from reporting.department_audit.filters import READ_DIMENSIONS, Filter
from reporting.department_audit.words import Comparison, Outcome, Truth
from reporting.statistics.arrays import Bools, Floats, Ints
from reporting.vocabulary import DiscLevel, MachineFinding, Side, Vertebra

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
_NUMBERS = ("machine_probability", "number", "machine_number")
_USUAL: dict[str, list[str]] = {
    "comparison": Comparison.values,
    "outcome": Outcome.values,
    "finding": [f.value for f in MachineFinding],
    "level": ["", *(d.value for d in DiscLevel), *(v.value for v in Vertebra)],
    "side": ["", *(s.value for s in Side)],
}
"""Words of text columns, fetched as their place in these lists. A report may name levels that nobody foresaw."""
_TYPES = (
    {"read": "int4"}
    | dict.fromkeys(_USUAL, "int2")
    | {"machine_counts": "int2"}
    | dict.fromkeys(_TRI, "int2")
    | dict.fromkeys(_NUMBERS, "float8")
)
FACT_COLUMNS = tuple(f"f.{name}" for name in (*_USUAL, "machine_counts", *_TRI, *_NUMBERS))
"""What is fetched of a fact."""
Place = tuple[str, str, str]
"""Finding, level, side."""


@dataclass(frozen=True)
class Reads:
    """One entry a signed version, patients together and in order of signing. ``month``: 12 · year + month − 1.

    ``patient``: place in ``patients``, which are hexadecimal keys in order.
    """

    versions: list[Any]
    patient: Ints
    patients: np.ndarray
    month: Ints
    dimensions: dict[str, np.ndarray]
    received_s: Floats  # NaN: not known
    shown_s: Floats

    def __len__(self) -> int:
        return len(self.versions)


@dataclass(frozen=True)
class Facts:
    """One entry a fact; ``read`` is the place of its read, ``place`` one of ``places``.

    Three-valued columns hold −1 for "not said".
    """

    read: Ints
    comparison: np.ndarray
    outcome: np.ndarray
    place: Ints
    places: tuple[Place, ...]
    counts: Bools
    probability: Floats
    number: Floats
    machine_number: Floats
    tri: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.read)

    def chosen(self, keep: Bools | Ints) -> Facts:
        whole = ("tri", "places")
        return Facts(
            **{n: getattr(self, n)[keep] for n in self.__dataclass_fields__ if n not in whole},
            places=self.places,
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
    reads, _ = reads_from("department_audit_signedread", f"r.standing = 'current' AND {where}", params, "NULL")
    # Read by read through the index (OFFSET 0 keeps it so): a planner that expects many would walk through all facts.
    source = (
        "unnest(%s::uuid[]) WITH ORDINALITY v (id, n), LATERAL"
        f" (SELECT f.* FROM department_audit_fact f WHERE f.read_id = v.id{facts_where} OFFSET 0) f"
    )
    return reads, facts_from(source, [reads.versions, *facts_params], reads.versions)


def reads_from(table: str, where: str, params: Sequence[Any], also: str) -> tuple[Reads, list[Any]]:
    """Reads of the table ``r`` for which the condition holds, and the value of the expression ``also`` for each."""
    statement = (  # column names are ours, values are parameters
        f"SELECT r.version_id, r.patient, r.month, {_READ_COLUMNS}, r.received_to_signed_s, r.shown_to_signed_s, {also}"
        f" FROM {table} r WHERE {where} ORDER BY r.patient, r.signed_at, r.version_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = cursor.fetchall()
    return _reads([row[:-1] for row in rows]), [row[-1] for row in rows]


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
    fetched = list(zip(*rows, strict=True)) if rows else [()] * (5 + len(READ_DIMENSIONS))
    patients, patient = np.unique(np.array([p.hex for p in fetched[1]], dtype=str), return_inverse=True)
    dimensions = {
        d.value: np.array(column, dtype=str) for d, column in zip(READ_DIMENSIONS, fetched[3:-2], strict=True)
    }
    return Reads(
        versions=list(fetched[0]),
        patient=patient.astype(np.int64),
        patients=patients,
        month=np.array([month_number(m) for m in fetched[2]], dtype=np.int64),
        dimensions=dimensions,
        received_s=np.array(fetched[-2], dtype=np.float64),
        shown_s=np.array(fetched[-1], dtype=np.float64),
    )


def facts_from(source: str, params: Sequence[Any], versions: Sequence[Any]) -> Facts:
    """Facts of the ``source`` in SQL, which calls them ``f`` and the place of their read (from 1 on) ``v.n``."""
    words = {name: list(usual) for name, usual in _USUAL.items()}
    found = _fetched(source, params, words)
    if any((found[name] < 0).any() for name in words):
        _learn_words(versions, words)
        found = _fetched(source, params, words)
    size = [len(words[name]) for name in ("finding", "level", "side")]
    joined = (found["finding"] * size[1] + found["level"]) * size[2] + found["side"]
    exact, place = np.unique(joined, return_inverse=True)
    places = tuple(
        (
            words["finding"][one // size[2] // size[1]],
            words["level"][one // size[2] % size[1]],
            words["side"][one % size[2]],
        )
        for one in exact.tolist()
    )
    return Facts(
        read=found["read"],
        comparison=np.array(words["comparison"])[found["comparison"]],
        outcome=np.array(words["outcome"])[found["outcome"]],
        place=place.astype(np.int64).reshape(-1),
        places=places,
        counts=found["machine_counts"] == 1,
        probability=found["machine_probability"],
        number=found["number"],
        machine_number=found["machine_number"],
        tri={name: found[name] for name in _TRI},
    )


def _fetched(source: str, params: Sequence[Any], words: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Text columns as places in ``words``; −1 for a word that is not there."""
    coded = ", ".join(f"(COALESCE(array_position(%s::text[], f.{name}), 0) - 1)::int2" for name in words)
    tri = ", ".join(f"COALESCE(f.{name}::int, -1)::int2" for name in _TRI)
    numbers = ", ".join(f"COALESCE(f.{name}, 'NaN'::float8)" for name in _NUMBERS)
    statement = f"SELECT (v.n - 1)::int4, {coded}, f.machine_counts::int::int2, {tri}, {numbers} FROM {source}"
    return columns(statement, [*words.values(), *params], _TYPES)


def _learn_words(versions: Sequence[Any], words: dict[str, list[str]]) -> None:
    with connection.cursor() as cursor:
        for name, known in words.items():
            cursor.execute(
                f"SELECT DISTINCT {name} FROM department_audit_fact WHERE read_id = ANY(%s) AND {name} <> ALL(%s)",
                [list(versions), known],
            )
            known += sorted(word for (word,) in cursor.fetchall())
