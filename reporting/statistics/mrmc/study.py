"""The readings of a reader study, as an array: modality × reader × case, with NaN where a case was not read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Bools, Floats, Ints, bools, floats, numbered, same_length


@dataclass(frozen=True)
class ReaderStudy:
    """``scores``: (modalities, readers, cases). ``patient`` numbers whose case it is where a patient has several."""

    scores: Floats
    truth: Bools
    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    patient: Ints | None = None

    @classmethod
    def of_rows(
        cls,
        *,
        modality: ArrayLike,
        reader: ArrayLike,
        case: ArrayLike,
        positive: ArrayLike,
        score: ArrayLike,
        patient: ArrayLike | None = None,
    ) -> ReaderStudy:
        """One row per reading. Raises ValueError: a case read twice alike, or with two truths, or of two patients."""
        columns = {name: np.asarray(one) for name, one in (("modality", modality), ("reader", reader), ("case", case))}
        truth, scores = bools(positive), floats(score)
        same_length(**columns, positive=truth, score=scores)
        (modalities, m), (readers, r), (cases, c) = (np.unique(one, return_inverse=True) for one in columns.values())
        place = (m.reshape(-1) * len(readers) + r.reshape(-1)) * len(cases) + c.reshape(-1)
        again = np.flatnonzero(np.bincount(place, minlength=1) > 1)
        if len(again):
            rest, k = divmod(int(again[0]), len(cases))
            i, j = divmod(rest, len(readers))
            raise ValueError(f"case {cases[k]} was read twice by {readers[j]} in {modalities[i]}")
        table = np.full(len(modalities) * len(readers) * len(cases), np.nan)
        table[place] = scores
        owner = None
        if patient is not None:
            same_length(patient=np.asarray(patient), score=scores)
            owner = _one_per_case(c.reshape(-1), numbered(patient)[0], cases, "patients")
        return cls(
            table.reshape(len(modalities), len(readers), len(cases)),
            _one_per_case(c.reshape(-1), truth.astype(np.int64), cases, "truths").astype(np.bool_),
            tuple(map(str, modalities)),
            tuple(map(str, readers)),
            owner,
        )

    def complete(self) -> tuple[ReaderStudy, int]:
        """Without the cases that lack a reading, and how many those are."""
        kept = ~np.isnan(self.scores).any(axis=(0, 1))
        patient = None if self.patient is None else numbered(self.patient[kept])[0]
        study = ReaderStudy(self.scores[:, :, kept], self.truth[kept], self.modalities, self.readers, patient)
        return study, int(np.count_nonzero(~kept))

    def counts(self) -> dict[str, int]:
        found = {
            "modalities": len(self.modalities),
            "readers": len(self.readers),
            "positives": int(self.truth.sum()),
            "negatives": int((~self.truth).sum()),
            "readings": int(np.count_nonzero(~np.isnan(self.scores))),
        }
        return found | ({} if self.patient is None else {"patients": len(np.unique(self.patient))})


def _one_per_case(case: Ints, value: Ints, names: Floats, what: str) -> Ints:
    found = np.zeros(len(names), dtype=np.int64)
    found[case] = value
    wrong = np.flatnonzero(found[case] != value)
    if len(wrong):
        raise ValueError(f"case {names[case[wrong[0]]]} has two {what}")
    return found
