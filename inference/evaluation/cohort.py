"""The records of one condition, and places as arrays with their patients numbered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.patients import Floats
from inference.evaluation.records import Place, StudyRecord

PlaceId = tuple[int, str, str, str | None]


@dataclass(frozen=True)
class Row:
    """One place of one patient; ``patient`` counts from 0."""

    patient: int
    seed: int
    vendor: str
    place: Place

    @property
    def name(self) -> PlaceId:
        return self.seed, self.place.finding, self.place.level, self.place.side


@dataclass(frozen=True)
class Answers:
    """Assessed places of one finding as arrays of one length."""

    positive: NDArray[np.bool_]
    said: NDArray[np.bool_]
    probability: Floats
    patient: NDArray[np.int64]
    patients: int

    @classmethod
    def of(cls, rows: Sequence[Row], patients: int) -> Answers:
        """Rows that were assessed; the others are left out."""
        kept = [row for row in rows if row.place.assessed]
        return cls(
            np.array([row.place.true_positive for row in kept], dtype=bool),
            np.array([bool(row.place.said_positive) for row in kept], dtype=bool),
            np.array([row.place.probability for row in kept], dtype=np.float64),
            np.array([row.patient for row in kept], dtype=np.int64),
            patients,
        )


@dataclass(frozen=True)
class Cohort:
    """Records of one condition in the order of their seeds: patient number n is the nth record."""

    records: tuple[StudyRecord, ...]

    @property
    def patients(self) -> int:
        return len(self.records)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(number, record.seed, record.vendor, place)
            for number, record in enumerate(self.records)
            for place in record.places
        )

    def of(self, finding: str, keep: Callable[[Row], bool] = lambda _: True) -> list[Row]:
        """Rows of one finding."""
        return [row for row in self.rows if row.place.finding == finding and keep(row)]

    def numbered(self) -> Iterator[tuple[int, StudyRecord]]:
        """Every record with its patient's number."""
        return iter(enumerate(self.records))
