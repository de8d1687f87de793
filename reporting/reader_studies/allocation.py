"""Who reads which case in which arm, session and place, from a seed. Pure: the same plan gives the same rows.

Fully crossed: one session per arm. Cases are dealt into as many groups as there are arms, stratum by stratum, and a
Latin square says which group is read in which arm in which session, shifted from reader to reader: so every session
holds every arm, no reader meets a case twice in a session, and half of the readers meet a case aided first.
Split-plot: the same within each group of readers, who share their part of the cases. Sequential: one session, the
aided look right after the unaided one.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reporting.reader_studies.words import Design


@dataclass(frozen=True)
class CaseSlot:
    """``stratum``: what is dealt evenly, e.g. positive and negative cases."""

    key: str
    stratum: str = ""
    is_training: bool = False


@dataclass(frozen=True)
class Plan:
    """``arms`` are those that people read in, the unaided first in a sequential design. ``block_size`` 0: no pauses."""

    design: Design
    readers: tuple[str, ...]
    cases: tuple[CaseSlot, ...]
    arms: tuple[str, ...]
    seed: str
    reader_groups: int = 2  # split-plot only
    block_size: int = 0

    def __post_init__(self) -> None:
        keys = [case.key for case in self.cases]
        for name, values in (("readers", self.readers), ("cases", keys), ("arms", self.arms)):
            if len(set(values)) != len(values) or not values:
                raise ValueError(f"{name} must be given, each once")
        if self.design is Design.SEQUENTIAL and len(self.arms) != 2:
            raise ValueError("a sequential design has two arms")
        if self.design is Design.SPLIT_PLOT and not 2 <= self.reader_groups <= len(self.readers):
            raise ValueError("a split-plot design has two groups of readers or more, none of them empty")

    @property
    def sessions(self) -> int:
        return 1 if self.design is Design.SEQUENTIAL else len(self.arms)


class Placed(NamedTuple):
    """One reading to be done. ``session``, ``block`` and ``position`` count from 1; position within the session."""

    reader: str
    case: str
    arm: str
    session: int
    block: int
    position: int


def allocate(plan: Plan) -> tuple[Placed, ...]:
    """Every reading of the study, by reader, session and position."""
    found: list[Placed] = []
    for readers, cases in _plots(plan):
        groups = _dealt(cases, len(plan.arms), f"{plan.seed}/groups")
        for index, reader in enumerate(readers):
            for session in range(plan.sessions):
                draw = random.Random(f"{plan.seed}/{reader}/{session}")  # noqa: S311  repeatable on purpose
                order = _training(plan, session, draw) + _session_order(plan, groups, session, index, draw)
                found.extend(_placed(plan, reader, session, order))
    return tuple(found)


def _plots(plan: Plan) -> list[tuple[list[str], list[CaseSlot]]]:
    """Readers with the cases they share; readers in an order drawn from the seed, so that nobody chooses the first."""
    readers = sorted(plan.readers)
    random.Random(f"{plan.seed}/readers").shuffle(readers)  # noqa: S311
    cases = [case for case in plan.cases if not case.is_training]
    if plan.design is not Design.SPLIT_PLOT:
        return [(readers, cases)]
    parts = _dealt(cases, plan.reader_groups, f"{plan.seed}/plots")
    return [(readers[number :: plan.reader_groups], part) for number, part in enumerate(parts)]


def _dealt(cases: Sequence[CaseSlot], groups: int, seed: str) -> list[list[CaseSlot]]:
    """Cases in groups whose sizes differ by one at most, in all and within each stratum."""
    draw = random.Random(seed)  # noqa: S311
    strata: dict[str, list[CaseSlot]] = defaultdict(list)
    for case in sorted(cases, key=lambda one: one.key):
        strata[case.stratum].append(case)
    found: list[list[CaseSlot]] = [[] for _ in range(groups)]
    hand = 0
    for stratum in sorted(strata):
        draw.shuffle(strata[stratum])
        for case in strata[stratum]:
            found[hand % groups].append(case)
            hand += 1
    return found


_Order = list[tuple[str, str]]  # case, arm


def _training(plan: Plan, session: int, draw: random.Random) -> _Order:
    """Training cases come first, in the first session, the arms in turn."""
    cases = sorted(case.key for case in plan.cases if case.is_training)
    if session:
        return []
    draw.shuffle(cases)
    if plan.design is Design.SEQUENTIAL:
        return [(case, arm) for case in cases for arm in plan.arms]
    return [(case, plan.arms[number % len(plan.arms)]) for number, case in enumerate(cases)]


def _session_order(
    plan: Plan, groups: Sequence[Sequence[CaseSlot]], session: int, index: int, draw: random.Random
) -> _Order:
    if plan.design is Design.SEQUENTIAL:
        cases = [case.key for group in groups for case in group]
        draw.shuffle(cases)
        return [(case, arm) for case in cases for arm in plan.arms]
    order: _Order = []
    arms = len(plan.arms)
    for step in range(arms):
        # The other order of arms in every second session, and for every second round of readers.
        turn = step if (index // arms + session) % 2 == 0 else arms - 1 - step
        group = (turn - session - index) % arms
        cases = [case.key for case in groups[group]]
        draw.shuffle(cases)
        order.extend((case, plan.arms[turn]) for case in cases)
    return order


def _placed(plan: Plan, reader: str, session: int, order: _Order) -> Iterable[Placed]:
    """Numbers along the order. A block never parts a sequential pair."""
    step = len(plan.arms) if plan.design is Design.SEQUENTIAL else 1
    for number, (case, arm) in enumerate(order):
        block = number // step // plan.block_size + 1 if plan.block_size else 1
        yield Placed(reader, case, arm, session + 1, block, number + 1)


@dataclass(frozen=True)
class Balance:
    """How even an allocation is; differences are largest minus smallest, training left out."""

    readings: int
    per_reader: int  # readings per reader
    arms_within_session: int  # readings per arm, within one reader's session
    arm_first: int  # over cases: readers who met it first in each arm
    strata_within_arm: int  # cases of one stratum per arm, within one reader's session


def balance(plan: Plan, placed: Iterable[Placed]) -> Balance:
    slots = {case.key: case for case in plan.cases}
    counted = [row for row in placed if not slots[row.case].is_training]
    strata = Counter((row.reader, row.session, slots[row.case].stratum, row.arm) for row in counted)
    cells: Counter[tuple[str, int, str]] = Counter()
    per_reader = Counter(dict.fromkeys(plan.readers, 0))
    for (reader, session, _stratum, arm), number in strata.items():
        cells[reader, session, arm] += number
        per_reader[reader] += number
    backwards = sorted(counted, key=lambda row: (row.session, row.position), reverse=True)
    first = {(row.reader, row.case): row.arm for row in backwards}
    firsts = Counter((case, arm) for (_reader, case), arm in first.items())
    sessions = {(reader, session) for reader, session, _arm in cells}
    names = {case.stratum for case in plan.cases if not case.is_training}
    cases = {case for _reader, case in first}
    return Balance(
        readings=len(counted),
        per_reader=_range(per_reader.values()),
        arms_within_session=max((_range(cells[(*one, arm)] for arm in plan.arms) for one in sessions), default=0),
        arm_first=max((_range(firsts[case, arm] for arm in plan.arms) for case in cases), default=0),
        strata_within_arm=max(
            (_range(strata[(*one, name, arm)] for arm in plan.arms) for one in sessions for name in names), default=0
        ),
    )


def _range(values: Iterable[int]) -> int:
    found = list(values)
    return max(found) - min(found)
