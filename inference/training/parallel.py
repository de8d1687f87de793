"""One function over many items in many processes, each with one thread of arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(function: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """Results in the order of ``items``; with one process nothing is started.

    Processes begin anew instead of forking: a fork inherits torch's thread pool in a state in which it never answers.
    """
    if processes <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    with ProcessPoolExecutor(min(processes, len(items)), get_context("spawn"), initializer=_one_thread) as pool:
        yield from pool.map(function, items)


def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
