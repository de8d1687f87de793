"""Batches made ahead of the network, by as many processes as the machine can spare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch = tuple[Tensor, dict[str, Tensor]]
_AHEAD = 4


class BatchSource(Protocol):
    """Where batches come from. Equal generators give equal batches."""

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Images (size, …) and named targets (size, …)."""
        ...


@dataclass(frozen=True)
class _Steps(Dataset[Batch]):
    """The batch of every training step, from a generator seeded by (seed, step): whoever makes it, it is the same."""

    source: BatchSource
    size: int
    seed: int

    def __getitem__(self, step: int) -> Batch:
        torch.manual_seed(self.seed * 1_000_003 + step)
        return self.source.batch(np.random.default_rng([self.seed, step]), self.size)


def batches_from(
    source: BatchSource, size: int, seed: int, first_step: int, workers: int, *, pinned: bool
) -> Iterator[Batch]:
    """Endless batches from ``first_step`` on. ``workers`` 0: made in this process. ``pinned``: ready for a GPU copy."""
    loader = DataLoader(
        _Steps(source, size, seed),
        batch_size=None,
        sampler=count(first_step),
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        pin_memory=pinned,
        worker_init_fn=_quick if workers else None,
    )
    return iter(loader)


def _quick(_: int) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
