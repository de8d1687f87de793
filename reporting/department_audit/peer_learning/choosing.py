"""Facts → what colleagues look at today. Pure: the same candidates and the same seed give the same cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reporting.department_audit.peer_models import CaseGroup
from reporting.vocabulary import MachineFinding

SERIOUSNESS: dict[str, float] = {
    MachineFinding.HERNIATION.value: 3.0,
    MachineFinding.SLIP.value: 3.0,
    MachineFinding.PLL.value: 2.0,
    MachineFinding.LF.value: 1.5,
    MachineFinding.OSTEOPHYTE.value: 1.0,
}
MOST_OF_ONE_REPORT = 2
CONTROLS = 0.25
"""Share of a day's cases that are drawn at random from what nobody disagreed about."""
_FURTHER = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place of a signed report. Truth values are three-valued: ``None`` where nothing was said.

    A busy department has half a million of them in a month.
    """

    key: str  # unique and the same every time
    report: str
    finding: str
    final: bool
    machine: bool | None
    probability: float | None
    threshold: float | None
    prepared: bool | None
    blind_first: bool | None

    @property
    def groups(self) -> tuple[CaseGroup, ...]:
        """How it disagrees, the gravest first."""
        pairs = (
            (CaseGroup.BLIND_FINAL, self.blind_first),
            (CaseGroup.MODEL_FINAL, self.machine),
            (CaseGroup.PREPARED_FINAL, self.prepared),
        )
        return tuple(group for group, said in pairs if said is not None and said != self.final)

    @property
    def priority(self) -> float:
        """Serious findings first; among them where the machine was surest of the other answer, or several disagree."""
        weight = SERIOUSNESS.get(self.finding, 1.0)
        return weight * (1 + self._margin + _FURTHER * (len(self.groups) - 1))

    @property
    def _margin(self) -> float:
        """How far beyond its threshold the machine was, 0 to 1, where it is the one that disagrees."""
        if CaseGroup.MODEL_FINAL not in self.groups or self.probability is None or self.threshold is None:
            return 0.0
        room = 1 - self.threshold if self.probability >= self.threshold else self.threshold
        return abs(self.probability - self.threshold) / room if room > 0 else 0.0


@dataclass(frozen=True)
class Chosen:
    candidate: Candidate
    group: CaseGroup


@dataclass(frozen=True)
class Choice:
    """In the order in which they are handed out: controls stand anywhere among the others."""

    chosen: tuple[Chosen, ...]
    disagreements: int
    agreements: int


def choose(candidates: Iterable[Candidate], *, seed: str, most: int) -> Choice:
    """Disagreements by priority, and a random quarter of agreements, half of them positive where there are such."""
    pool = sorted(candidates, key=lambda one: one.key)
    differing = [one for one in pool if one.groups]
    agreeing = [one for one in pool if not one.groups]
    draw = random.Random(seed)  # noqa: S311  repeatable on purpose
    controls = _controls(agreeing, draw, round(most * CONTROLS))
    first = _spread(sorted(differing, key=lambda one: (-one.priority, one.key)), most - len(controls))
    order = [Chosen(one, one.groups[0]) for one in first]
    for control in controls:
        order.insert(draw.randint(0, len(order)), Chosen(control, CaseGroup.CONTROL))
    return Choice(tuple(order), len(differing), len(agreeing))


def _controls(agreeing: Sequence[Candidate], draw: random.Random, number: int) -> list[Candidate]:
    """Normal places are the rule: without positives among them a positive would tell that somebody disagreed."""
    positive = [one for one in agreeing if one.final]
    found = draw.sample(positive, min(len(positive), (number + 1) // 2))
    rest = [one for one in agreeing if one not in found]
    return found + draw.sample(rest, min(len(rest), number - len(found)))


def _spread(ordered: Sequence[Candidate], number: int) -> list[Candidate]:
    of_report: Counter[str] = Counter()
    found: list[Candidate] = []
    for one in ordered:
        if len(found) < number and of_report[one.report] < MOST_OF_ONE_REPORT:
            found.append(one)
            of_report[one.report] += 1
    return found
