"""Who reads what, when: for any plan every reader reads every case as the design says, evenly, never twice at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.reader_studies.allocation import CaseSlot, Placed, Plan, allocate, balance
from reporting.reader_studies.words import Design


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    design = draw(st.sampled_from(list(Design)))
    readers = tuple(f"R{n:02}" for n in range(draw(st.integers(2, 7))))
    strata = draw(st.lists(st.sampled_from(["", "negative", "positive"]), min_size=2, max_size=25))
    training = draw(st.integers(0, 3))
    cases = [CaseSlot(f"{n:04}", stratum) for n, stratum in enumerate(strata)]
    cases += [CaseSlot(f"T{n}", is_training=True) for n in range(training)]
    arms = ("unaided", "aided", "third")[: 2 if design is Design.SEQUENTIAL else draw(st.integers(1, 3))]
    return Plan(
        design,
        readers,
        tuple(draw(st.permutations(cases))),
        arms,
        seed=draw(st.text("0123456789abcdef", min_size=32, max_size=32)),
        reader_groups=draw(st.integers(2, len(readers))),
        block_size=draw(st.integers(0, 5)),
    )


def _counted(plan: Plan) -> list[Placed]:
    training = {case.key for case in plan.cases if case.is_training}
    return [row for row in allocate(plan) if row.case not in training]


@given(plans())
def test_the_same_plan_gives_the_same_rows_whatever_order_cases_and_readers_came_in(plan: Plan) -> None:
    turned = replace(plan, readers=plan.readers[::-1], cases=plan.cases[::-1])
    assert set(allocate(turned)) == set(allocate(plan))


@given(plans())
def test_no_reader_reads_a_case_twice_in_one_arm_or_at_one_place(plan: Plan) -> None:
    placed = allocate(plan)
    assert max(Counter((row.reader, row.case, row.arm) for row in placed).values()) == 1
    places: dict[tuple[str, int], list[int]] = {}
    for row in placed:
        places.setdefault((row.reader, row.session), []).append(row.position)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in places.values())


@given(plans())
def test_every_reader_reads_their_cases_in_every_arm(plan: Plan) -> None:
    by_reader: dict[str, Counter[str]] = {reader: Counter() for reader in plan.readers}
    for row in _counted(plan):
        by_reader[row.reader][row.case] += 1
    assert all(set(counts.values()) <= {len(plan.arms)} for counts in by_reader.values())
    cases = {case.key for case in plan.cases if not case.is_training}
    if plan.design is Design.SPLIT_PLOT:
        parts = {frozenset(counts) for counts in by_reader.values()}
        assert sum(len(part) for part in parts) == len(cases)  # disjoint, and together all of them
        assert frozenset().union(*parts) == cases
    else:
        assert all(set(counts) == cases for counts in by_reader.values())


@given(plans())
def test_between_two_readings_of_a_case_lies_a_session_unless_the_design_is_sequential(plan: Plan) -> None:
    met = Counter((row.reader, row.case, row.session) for row in _counted(plan))
    assert set(met.values()) <= {2 if plan.design is Design.SEQUENTIAL else 1}


@given(plans())
def test_a_sequential_pair_is_unaided_then_aided_at_once_in_one_block(plan: Plan) -> None:
    plan = replace(plan, design=Design.SEQUENTIAL, arms=("unaided", "aided"))
    rows = {(row.reader, row.case, row.arm): row for row in allocate(plan)}
    for (reader, case, arm), row in rows.items():
        if arm == "unaided":
            after = rows[reader, case, "aided"]
            assert (after.position, after.block) == (row.position + 1, row.block)


@given(plans())
def test_every_session_holds_the_arms_and_the_strata_evenly(plan: Plan) -> None:
    found = balance(plan, allocate(plan))
    assert found.readings == len(_counted(plan))
    assert found.arms_within_session <= 1
    assert found.strata_within_arm <= 1
    if plan.design is not Design.SPLIT_PLOT:
        assert found.per_reader == 0
    if plan.design is Design.FULLY_CROSSED:
        assert found.arm_first <= 1  # a case is met first in each arm by as many readers


@given(plans())
def test_training_comes_first_and_only_once(plan: Plan) -> None:
    training = {case.key for case in plan.cases if case.is_training}
    for row in allocate(plan):
        pairs = 2 if plan.design is Design.SEQUENTIAL else 1
        is_early = row.session == 1 and row.position <= len(training) * pairs
        assert (row.case in training) == is_early


@given(plans())
@settings(max_examples=30)
def test_a_block_holds_no_more_cases_than_was_said(plan: Plan) -> None:
    for (_reader, _session, _block), cases in _blocks(plan).items():
        assert len(cases) <= (plan.block_size or len(plan.cases))


def _blocks(plan: Plan) -> dict[tuple[str, int, int], set[str]]:
    found: dict[tuple[str, int, int], set[str]] = {}
    for row in allocate(plan):
        found.setdefault((row.reader, row.session, row.block), set()).add(row.case)
    return found


def test_another_seed_gives_another_order() -> None:
    plan = Plan(Design.FULLY_CROSSED, ("R01", "R02"), tuple(CaseSlot(f"{n:04}") for n in range(20)), ("a", "b"), "0")
    assert allocate(plan) != allocate(replace(plan, seed="1"))


def test_readers_do_not_share_an_order() -> None:
    cases = tuple(CaseSlot(f"{n:04}") for n in range(20))
    placed = allocate(Plan(Design.FULLY_CROSSED, ("R01", "R02"), cases, ("a",), "0"))
    orders = {reader: [row.case for row in placed if row.reader == reader] for reader in ("R01", "R02")}
    assert orders["R01"] != orders["R02"]


def test_an_uneven_allocation_is_measured_as_uneven() -> None:
    plan = Plan(Design.FULLY_CROSSED, ("R01", "R02"), tuple(CaseSlot(f"{n:04}") for n in range(4)), ("a", "b"), "0")
    placed = [
        Placed(reader, case.key, arm, 1 + (arm == "b"), 1, 1)
        for reader in plan.readers
        for case in plan.cases
        for arm in plan.arms
    ]
    found = balance(plan, placed)
    assert (found.arms_within_session, found.arm_first) == (4, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"readers": ()},
        {"readers": ("R01", "R01")},
        {"cases": ()},
        {"arms": ()},
        {"design": Design.SEQUENTIAL, "arms": ("a", "b", "c")},
        {"design": Design.SPLIT_PLOT, "reader_groups": 3},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    plan = Plan(Design.FULLY_CROSSED, ("R01", "R02"), (CaseSlot("1"), CaseSlot("2")), ("a", "b"), "0")
    with pytest.raises(ValueError, match=r"must|has"):
        replace(plan, **change)  # type: ignore[arg-type]
