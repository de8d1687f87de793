"""Patients who were read more than once: counts of each of their reads, from which sums over patients are put right.

Cells take every read for a patient of its own. With c the counts of one read, and C those of one patient's reads that a
question asks for, ΣCCᵀ − Σccᵀ over these patients is what is missing, whatever was asked; and as often as a patient is
counted twice among those who have some of something, so many are taken away. All in whole numbers, so exact.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from reporting.department_audit.cells import Member
from reporting.department_audit.kinds import Kind
from reporting.department_audit.rows import Place, Reads
from reporting.statistics.arrays import Floats, Ints, floats

BUCKETS = 256
"""Patients lie in buckets by the first byte of their key; one bucket of a place is written anew as a whole."""
RepeatKey = tuple[str, str, int, int]
"""Kind, truth, number of the place, bucket."""
Repeats = tuple[NDArray[np.uint64], Ints, Ints]
"""Of reads that have some, patient by patient: the patient's number, the group, counts (reads, n)."""


def patient_numbers(reads: Reads) -> NDArray[np.uint64]:
    """Half of the patient's key, as an unsigned number of eight bytes, for each read."""
    return np.array([int(key[:16], 16) for key in reads.patients.tolist()], dtype=np.uint64)[reads.patient]


def of_several(reads: Reads) -> np.ndarray:
    """Whether the read's patient has another one."""
    return np.bincount(reads.patient, minlength=1)[reads.patient] > 1 if len(reads) else np.zeros(0, dtype=bool)


def repeats_of(
    kind: Kind, truth: str, reads: Reads, member: Member, groups: Ints, places: dict[Place, int]
) -> Iterator[tuple[RepeatKey, Repeats]]:
    """What patients with several reads have, by place and bucket. ``reads``: all current ones of their patients."""
    kept = of_several(reads)[member.reads]
    patient, group = patient_numbers(reads)[member.reads], groups[member.reads]
    bucket = (patient >> np.uint64(56)).astype(np.int64)
    for n, place in enumerate(member.places):
        there = np.flatnonzero(kept & member.has[:, n])
        order = there[np.lexsort((there, patient[there]))]
        edges = np.flatnonzero(np.diff(bucket[order], prepend=-1, append=-1)) if len(order) else np.zeros(0, dtype=int)
        for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            rows = order[start:stop]
            key = (kind.name, truth, places[place], int(bucket[rows[0]]))
            yield key, (patient[rows], group[rows], member.counts[rows, n])


def correction(kind: Kind, repeats: Repeats) -> Ints:
    """What to add to the sum of vectors of these reads, so that it is one over patients."""
    patient, _group, counts = repeats
    found = np.zeros(kind.length, dtype=np.int64)
    if not len(patient):
        return found
    starts = np.flatnonzero(np.append(True, patient[1:] != patient[:-1]))
    # Real numbers hold whole ones below 2⁵³ exactly, and multiply a hundred times as fast.
    of_read = floats(counts)
    of_patient = np.add.reduceat(of_read, starts, axis=0)
    n = len(kind.counts)
    products = np.rint(of_patient.T @ of_patient - of_read.T @ of_read).astype(np.int64)
    rows, columns = np.triu_indices(n)
    first = 1 + n + len(rows)
    found[1 + n : first] = products[rows, columns]
    found[first : first + len(kind.masks)] = _holders(kind, of_patient) - _holders(kind, of_read)
    return found


def _holders(kind: Kind, counts: Floats) -> Ints:
    """How many rows have some, for each mask."""
    return np.asarray(np.count_nonzero(kind.mask_matrix @ counts.T > 0, axis=1), dtype=np.int64)
