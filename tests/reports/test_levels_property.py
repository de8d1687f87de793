"""Whatever is relabelled and undone in whatever order: no value changes its side or structure, and none is lost.

What must happen to each value is worked out here from the acts alone, without the program's own map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reporting.accounts.models import User
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.models import Prediction
from reporting.reports import services
from reporting.reports.models import Report
from tests.reports.factories import change, make_draft

pytestmark = pytest.mark.django_db

DISCS = ["C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C7/T1"]
Where = dict[float, tuple[str, str]]  # a value, unlike any other → its level and side; hidden ones are not there

disc = st.sampled_from(DISCS)
acts = st.one_of(
    st.tuples(st.just("write"), disc, st.sampled_from(["left", "right"])),
    st.tuples(st.just("shift"), st.sampled_from([-2, -1, 1, 2])),
    st.tuples(st.just("insert"), disc),
    st.tuples(st.just("remove"), disc),
    st.tuples(st.just("move"), disc, disc),
    st.tuples(st.just("undo")),
)


@dataclass
class Reader:
    """Plays the acts on a report and says after each where every value must stand."""

    report: Report
    by: User
    written: float = 0.0
    sides: dict[float, str] = field(default_factory=dict)
    before: list[Where] = field(default_factory=list)  # what was where before each act that may still be undone

    def where(self) -> Where:
        rows = self.report.findings.filter(field="lf_mm", value__isnull=False)
        return {row.value: (row.level, row.side) for row in rows if not row.level.startswith("-")}

    def play(self, act: tuple[Any, ...]) -> None:
        seen: dict[str, Any] = {"by": self.by, "expected_version": self.report.version}
        start, (name, *how) = self.where(), act
        try:
            with transaction.atomic():
                if name == "write":
                    self.write(*how)
                elif name == "undo":
                    services.undo_relabel(self.report, **seen)
                else:
                    getattr(services, f"{name}_level{'s' if name == 'shift' else ''}")(self.report, *how, **seen)
        except (InvalidInput, WrongState):
            assert self.where() == start
            return
        self.judge(name, how, start)

    def write(self, level: str, side: str) -> None:
        self.written = round(self.written + 0.1, 1)
        change(self.report, f"lf_mm@{level}:{side}", self.written, self.by)
        self.sides[self.written] = side

    def judge(self, name: str, how: list[Any], start: Where) -> None:
        now = self.where()
        if name == "write":
            assert now[self.written] == tuple(how)
            replaced = {value for value in start if value not in now}
            assert all(start[value] == tuple(how) for value in replaced)
            for value in replaced:
                del self.sides[value]
        elif name == "undo":
            known = self.before.pop()
            for value in self.sides:
                if value in known:
                    assert now.get(value) == known[value]
        else:
            self.before.append(start)
            for value, (level, side) in start.items():
                assert now.get(value) == (None if (to := _after(name, how, level)) is None else (to, side))


def _after(name: str, how: list[Any], level: str) -> str | None:
    at = DISCS.index(level)
    if name == "shift":
        at += how[0]
    elif name == "insert":
        at += at >= DISCS.index(how[0])
    elif name == "remove":
        if level == how[0]:
            return None
        at -= at > DISCS.index(how[0])
    elif name == "move":
        low, high = sorted(DISCS.index(one) for one in how)
        if level == how[0]:
            at = DISCS.index(how[1])
        elif low <= at <= high:
            return None
    return DISCS[at] if 0 <= at < len(DISCS) else None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("shift", 1), ("undo",), ("write", "C7/T1", "left"), ("shift", 1), ("undo",), ("remove", "C7/T1")])
@example([("shift", -2), ("shift", -1), ("undo",), ("write", "C7/T1", "left"), ("remove", "C7/T1"), ("shift", -1)])
@given(st.lists(acts, min_size=3, max_size=14))
def test_no_value_is_lost_or_stands_at_a_wrong_level_or_side(junior: User, played: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        reader = Reader(make_draft(), junior)
        predictions = set(Prediction.objects.values_list("id", "level", "side"))
        for act in played:
            reader.play(act)
            _nothing_is_mixed_up(reader)
        while services.can_undo_relabel(reader.report):
            reader.play(("undo",))
            _nothing_is_mixed_up(reader)
        assert services.current_level_map(reader.report).is_as_found
        assert set(Prediction.objects.values_list("id", "level", "side")) == predictions
        transaction.set_rollback(True)


def _nothing_is_mixed_up(reader: Reader) -> None:
    rows = list(reader.report.findings.select_related("prediction"))
    mapping = services.current_level_map(reader.report).mapping
    for row in rows:
        if row.prediction is not None:
            assert (row.structure, row.side) == (row.prediction.level, row.prediction.side)
        if row.structure in mapping:
            assert row.level == (mapping[row.structure] or f"-{row.structure}")
    assert {row.value: row.side for row in rows if row.field == "lf_mm" and row.value is not None} == reader.sides
    assert all(row.set_by_id == reader.by.pk for row in rows if row.field == "lf_mm" and row.value is not None)
    places = [row.place for row in rows]
    assert len(places) == len(set(places))
