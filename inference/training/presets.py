"""Named recipes: how each network is trained when nothing else is asked for."""

from __future__ import annotations

from inference.training.loop import Recipe
from inference.weights import SEGMENTATION_NAMES
from reporting.vocabulary import MachineFinding

# Twelve thousand steps of sixteen patches: on a GPU minutes, on one core an afternoon (docs/training.md).
_SEGMENTATION = Recipe(steps=9_000, batch=16, learning_rate=2e-3, ema_decay=0.998, warm_up_steps=200)
_GRADING = Recipe(steps=6_000, batch=32, learning_rate=1e-3, ema_decay=0.998, warm_up_steps=200, validate_every=250)

DEFAULT: dict[str, Recipe] = {
    **dict.fromkeys(SEGMENTATION_NAMES.values(), _SEGMENTATION),
    **{finding.value: _GRADING for finding in MachineFinding},
}
