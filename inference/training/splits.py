"""Who is trained on, who chooses thresholds, who is only measured: split by patient, never by slice or level."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

# Far from the small seeds people type, so that a demo or an evaluation never meets a training patient.
TRAIN_FROM, VALIDATION_FROM, TEST_FROM = 1_000_000, 2_000_000, 3_000_000


class SplitError(ValueError):
    """A patient stands on two sides of a split."""


@dataclass(frozen=True)
class Split:
    """Patients of each side; for phantoms a patient is a seed.

    Raises:
        SplitError: a patient is on two sides, or twice on one.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]

    def __post_init__(self) -> None:
        sides: dict[str, Sequence[int]] = vars(self)
        for name, patients in sides.items():
            if len(set(patients)) != len(patients):
                raise SplitError(f"a patient appears twice in {name}")
        for (first, left), (second, right) in combinations(sides.items(), 2):
            if both := sorted(set(left) & set(right)):
                raise SplitError(f"patient {both[0]} is in {first} and in {second}")

    @classmethod
    def of_phantoms(cls, train: int, validation: int, test: int) -> Split:
        """The first so many seeds of each side."""
        return cls(
            tuple(range(TRAIN_FROM, TRAIN_FROM + train)),
            tuple(range(VALIDATION_FROM, VALIDATION_FROM + validation)),
            tuple(range(TEST_FROM, TEST_FROM + test)),
        )

    @classmethod
    def read(cls, path: Path) -> Split:
        """A split written as JSON: ``{"train": [seeds], "validation": [seeds], "test": [seeds]}``.

        Raises:
            SplitError: not readable as such, or a patient on two sides; the message names the file.
        """
        try:
            sides = json.loads(path.read_text(encoding="utf-8"))
            named = {name: tuple(int(seed) for seed in sides.pop(name)) for name in ("train", "validation", "test")}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SplitError(f"{path.name}: no split of train, validation and test patients ({error})") from error
        if sides or not all(named.values()):
            raise SplitError(f"{path.name}: train, validation and test need patients, and nothing else is a side")
        try:
            return cls(**named)
        except SplitError as error:
            raise SplitError(f"{path.name}: {error}") from error

    def described(self) -> dict[str, str]:
        """First to last seed of each side, for the weights' card."""
        sides: dict[str, Sequence[int]] = vars(self)
        return {name: f"{min(seeds)}..{max(seeds)} ({len(seeds)})" for name, seeds in sides.items() if seeds}
