"""Where a training lies, who is trained on, how long it may take, how many processes it may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from inference import weights
from inference.phantom.thresholds import PHANTOM_VERSION
from inference.training.dataset import CachedStudy, render_studies
from inference.training.loop import Recipe, Report
from inference.training.presets import DEFAULT, Preset
from inference.training.splits import Split
from inference.weights import SEGMENTATION_NAMES


def tell(line: str) -> None:
    """Say something at once, also from a process of its own and into a pipe."""
    print(line, flush=True)


@dataclass(frozen=True)
class Plan:
    """``minutes`` and ``steps`` shorten every network's recipe; ``jobs`` is the number of processes at work.

    ``segmentation_directory`` holds the segmentation networks that crops are cut with.
    """

    root: Path
    split: Split
    preset: Preset = DEFAULT
    weights_directory: Path = weights.DIRECTORY
    segmentation_directory: Path = weights.DIRECTORY
    crop_variants: int = 2
    jobs: int = 1
    minutes: float | None = None
    steps: int | None = None
    patience: int | None = None
    seed: int = 0
    report: Report = tell

    def recipe(self, name: str, items: int) -> Recipe:
        """The recipe of a network for so many training items.

        On a GPU the other processes make batches; a core that trains makes its own.
        """
        recipe = self.preset.recipe(name, items)
        return replace(
            recipe,
            steps=recipe.steps if self.steps is None else self.steps,
            minutes=self.minutes,
            patience=self.patience,
            seed=self.seed,
            workers=max(1, self.jobs - 1) if torch.cuda.is_available() else 0,
        )

    def studies(self, seeds: tuple[int, ...]) -> list[CachedStudy]:
        return render_studies(self.root / f"phantoms-{PHANTOM_VERSION}", seeds, self.report, processes=self.jobs)

    def checkpoint(self, name: str) -> Path:
        return self.root / f"checkpoints-{self.preset.name}" / f"{name}.safetensors"

    def reporter(self, name: str) -> Callable[[str], None]:
        """``report`` with the network's name before every line."""
        return lambda line: self.report(f"{name}: {line}")

    @property
    def crop_directory(self) -> Path:
        """One folder per preset and pair of segmentation networks: crops of others would be stale."""
        manifest = weights.read_manifest(self.segmentation_directory)
        digests = [manifest[f"{name}.safetensors"][:8] for name in SEGMENTATION_NAMES.values()]
        return self.root / "-".join(["crops", self.preset.name, *digests])
