"""Which phantoms may be evaluated: none that trained a network, chose its threshold or was reported before."""

from __future__ import annotations

import re
from collections.abc import Iterable

from inference.weights import WeightsCard

_RANGE = re.compile(r"^(\d+)\.\.(\d+)")
MAX_SEEDS = 10_000


class SeedError(ValueError):
    """The seeds cannot be used; the message says which and why."""


def parse(text: str) -> range:
    """``A:B`` → A, A + 1, … B − 1.

    Raises:
        SeedError: not two whole numbers with A < B, or more than ``MAX_SEEDS``.
    """
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal()):
        raise SeedError(f"seeds {text!r}: expected A:B with whole numbers, for example 7000:7040")
    seeds = range(int(first), int(last))
    if not 0 < len(seeds) <= MAX_SEEDS:
        raise SeedError(f"seeds {text!r}: B must be greater than A, by at most {MAX_SEEDS}")
    return seeds


def used(card: WeightsCard) -> dict[str, range]:
    """The sides of the split that a card names (``train``, ``validation``, ``test``) and their seeds.

    Raises:
        SeedError: the network was trained on phantoms and its card does not say on which.
    """
    matches = {side: _RANGE.match(str(described)) for side, described in card.seeds.items()}
    sides = {side: range(int(match[1]), int(match[2]) + 1) for side, match in matches.items() if match}
    if card.phantom_version and "train" not in sides:
        raise SeedError(f"the card of {card.name} does not say which phantoms it was trained on")
    return sides


def refuse_seen(seeds: range, cards: Iterable[WeightsCard]) -> None:
    """Raises:
    SeedError: a seed is on a card, as training, validation or test patient.
    """
    for card in cards:
        for side, taken in used(card).items():
            first, last = max(seeds.start, taken.start), min(seeds.stop, taken.stop)
            if first < last:
                raise SeedError(
                    f"seed {first} was a {side} patient of {card.name} ({taken.start}..{taken.stop - 1}); "
                    "evaluate on seeds that no network has met"
                )
