"""Each check before signing: it speaks up when it should, and is silent on a sound report."""

from __future__ import annotations

import pytest

from reporting.reports.consistency import Severity, find_problems, is_settled, slip_grade_of
from reporting.reports.critical import SHIPPED, criticals, urgency_is_unknown
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet, Statement, Value
from reporting.reports.states import FindingState
from reporting.reports.template import CURRENT
from tests.reports.sheets import FACTS, WORKED_EXAMPLE, normal_sheet_with, normal_values, normal_values_with, sheet_of

HERNIATION: dict[str, Value] = {
    "disc_class@C5/6": "herniation",
    "hern_zone@C5/6": "foraminal",
    "hern_side@C5/6": "left",
    "foramen@C5/6:left": "1",
}
SIGNAL: dict[str, Value] = {
    "cord_signal": "intense_t2",
    "signal_level_from": "C5/6",
    "cord_lesion_kind": "compressive_myelopathy",
    "canal_grade@C5/6": "3",
    "onset": "chronic",
    "indication": "neck pain",
}


def found(changes: dict[str, Value], remove: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    values = {k: v for k, v in normal_values_with(changes).items() if k not in remove}
    return {(p.code, p.severity.value) for p in find_problems(sheet_of(values), SHIPPED)}


def test_a_normal_report_has_no_problem() -> None:
    assert found({}) == set()


def test_the_worked_example_asks_only_how_urgent_it_is() -> None:
    changes = {**WORKED_EXAMPLE, "cord_lesion_kind": "compressive_myelopathy"}
    assert found(changes) == {("critical.urgency_unknown", "ask")}
    assert found({**changes, "onset": "chronic", "indication_tags": ["neck_pain"]}) == set()


@pytest.mark.parametrize(
    ("changes", "remove", "code", "severity"),
    [
        ({}, ("level_status",), "levels_not_confirmed", "block"),
        (HERNIATION, ("hern_zone@C5/6",), "herniation_without_zone", "block"),
        (HERNIATION, ("hern_side@C5/6",), "herniation_without_side", "block"),
        ({"slip@C4": "present", "slip_grade@C4": "I"}, (), "slip_without_direction", "block"),
        ({"slip@C4": "present", "slip_direction@C4": "anterior"}, (), "slip_without_grade", "block"),
        ({"fracture@C5": "present"}, (), "detail_missing", "block"),
        ({"cvj": "pannus"}, (), "detail_missing", "block"),
        ({"incidental#2": "thyroid", "incidental_text#2": "nodule"}, (), "detail_missing", "block"),
        ({"canal_grade@C5/6": "3"}, (), "canal_3_without_signal", "block"),
        ({**SIGNAL, "signal_level_from": "C3/4", "canal_grade@C3/4": "3"}, (), "canal_3_without_signal", "block"),
        ({**SIGNAL, "canal_grade@C5/6": "2"}, (), "signal_without_canal_3", "block"),
        ({"canal_grade@C5/6": "2", "thecal_sac@C5/6": "normal"}, (), "deformed_cord_in_a_normal_sac", "ask"),
        ({**SIGNAL, "canal_grade@C5/6": "0"}, (), "signal_without_canal_3", "block"),
        ({**SIGNAL, "signal_level_to": "C3/4"}, (), "signal_levels_reversed", "block"),
        ({"pll_mm@C5/6": 2.1}, (), "number_and_value_disagree", "ask"),
        ({"pll@C5/6": "thickened", "pll_mm@C5/6": 2.0}, (), "number_and_value_disagree", "ask"),
        ({"lf_mm@C5/6:left": 2.6}, (), "number_and_value_disagree", "ask"),
        ({"disc_class@C5/6": "bulge", "bulge_mm@C5/6": 5.0}, (), "bulge_is_large", "ask"),
        ({**HERNIATION, "foramen@C5/6:left": "0"}, (), "foraminal_but_patent", "ask"),
        ({"comment_disc@C5/6": "worse than C4/5"}, (), "comment_names_other_level", "ask"),
        ({**HERNIATION, "comment_disc@C5/6": "touches the right root"}, (), "comment_side_differs", "ask"),
        ({**HERNIATION, "comment_disc@C5/6": "右侧神经根受压"}, (), "comment_side_differs", "ask"),
        ({**HERNIATION, "hern_side@C5/6": "midline"}, (), "zone_and_side_disagree", "block"),
        ({**HERNIATION, "hern_zone@C5/6": "central"}, (), "zone_and_side_disagree", "block"),
        ({"indication_tags": ["trauma"]}, ("fracture@C4",), "unset_with_trauma", "ask"),
        ({"indication_tags": ["fever"]}, ("discitis@C5/6",), "unset_with_fever", "ask"),
        ({"indication_tags": ["known_tumour"]}, ("marrow@C4",), "unset_with_known_tumour", "ask"),
        ({}, ("canal_grade@C4/5",), "required_unset", "ask"),
        ({}, ("lordosis",), "required_unset", "ask"),
        ({**SIGNAL, "onset": "acute"}, (), "critical.compression_urgent", "ask"),
        (SIGNAL, ("onset",), "critical.urgency_unknown", "ask"),
    ],
)
def test_a_flaw_is_named(changes: dict[str, Value], remove: tuple[str, ...], code: str, severity: str) -> None:
    values = {k: v for k, v in {**changes}.items() if k not in remove}
    assert (code, severity) in found(values, remove)


@pytest.mark.parametrize(
    "changes",
    [
        HERNIATION,
        {"disc_class@C5/6": "herniation", "hern_zone@C5/6": "central"},
        {"disc_class@C5/6": "herniation", "hern_zone@C5/6": "central", "hern_side@C5/6": "midline"},
        {"indication_tags": ["trauma", "fever", "known_tumour"]},
        {**HERNIATION, "foramen@C5/6:left": "1", "foramen@C5/6:right": "0"},
        SIGNAL,
        {**SIGNAL, "signal_level_from": "C4/5", "signal_level_to": "C6/7"},
        {**SIGNAL, "canal_grade@C5/6": "0", "cord_lesion_kind": "demyelination_like"},
        {"pll_mm@C5/6": 2.0},
        {**HERNIATION, "comment_disc@C5/6": "C5/6: left root touched; 左侧"},
        {"comment_disc@C5/6": "left facet effusion"},
        {"disc_class@C5/6": "bulge", "bulge_mm@C5/6": 4.9},
        {"slip@C4": "present", "slip_grade@C4": "I", "slip_direction@C4": "anterior", "slip_mm@C4": 2.0},
    ],
)
def test_what_is_sound_is_not_questioned(changes: dict[str, Value]) -> None:
    assert found(changes) == set()


def test_after_trauma_machine_values_count_only_when_the_reader_says_so() -> None:
    statements = {**sheet_of({**normal_values(), "indication_tags": ["trauma"]}).statements}
    statements[Place("slip", "C4")] = Statement(FindingState.HUMAN_CONFIRMED, "none", "none", False)
    assert [p.code for p in find_problems(Sheet(CURRENT, statements, FACTS), SHIPPED)] == ["machine_with_trauma"]
    withheld = {**statements, Place("ai_withheld"): Statement(FindingState.HUMAN_CONFIRMED, ["fracture"])}
    assert find_problems(Sheet(CURRENT, withheld, FACTS), SHIPPED) == []


def test_slip_numbers_are_compared_with_the_grade() -> None:
    slip: dict[str, Value] = {"slip@C4": "present", "slip_direction@C4": "anterior", "slip_mm@C4": 5.0}
    slip |= {"lower_endplate_mm@C4": 16.0}
    assert found({**slip, "slip_grade@C4": "II"}) == set()
    assert found({**slip, "slip_grade@C4": "I"}) == {("number_and_value_disagree", "ask")}
    assert found({**slip, "slip_grade@C4": "I", "slip_mm@C4": 1.0}) == {("slip_is_small", "ask")}


@pytest.mark.parametrize(
    ("mm", "grade"), [(3.9, "I"), (4.0, "II"), (7.9, "II"), (8.0, "III"), (12.0, "IV"), (16.0, "IV"), (16.1, "V")]
)
def test_slip_grades_are_quarters_of_the_lower_endplate(mm: float, grade: str) -> None:
    assert slip_grade_of(mm, 16.0) == grade


def test_undecided_suggestions_block_where_they_have_meaning() -> None:
    suggested = Statement(FindingState.AI_SUGGESTED, "present", "present", True)
    statements = {**sheet_of(normal_values()).statements, Place("slip", "C4"): suggested}
    statements[Place("hern_zone", "C5/6")] = Statement(FindingState.AI_SUGGESTED, "central", "central", True)
    problems = find_problems(Sheet(CURRENT, statements, FACTS), SHIPPED)
    assert [(p.code, [str(x) for x in p.places]) for p in problems if p.severity is Severity.BLOCK] == [
        ("suggestion_undecided", ["slip@C4"])
    ]


def test_machine_values_accepted_at_an_operated_level_are_questioned() -> None:
    statements = {**sheet_of({**normal_values(), "postop@C5": ["fusion_hardware"]}).statements}
    statements[Place("disc_class", "C5/6")] = Statement(FindingState.HUMAN_CONFIRMED, "herniation", "herniation", True)
    statements[Place("hern_zone", "C5/6")] = Statement(FindingState.HUMAN_CONFIRMED, "central")
    problems = find_problems(Sheet(CURRENT, statements, FACTS), SHIPPED)
    assert [p.code for p in problems] == ["postoperative_machine_values"]


def test_an_answer_settles_its_question_only() -> None:
    (problem,) = find_problems(normal_sheet_with({"pll_mm@C5/6": 2.6}), SHIPPED)
    assert is_settled(problem, {(problem.code, problem.fingerprint): "accepted"})
    assert not is_settled(problem, {(problem.code, "0" * 64): "accepted"})
    (other,) = find_problems(normal_sheet_with({"pll_mm@C5/6": 2.7}), SHIPPED)
    assert other.fingerprint != problem.fingerprint


FRACTURE: dict[str, Value] = {"fracture@C5": "present", "fracture_canal@C5": "yes"}
ABSCESS: dict[str, Value] = {
    "extramedullary": "epidural",
    "extramedullary_kind": "abscess",
    "extramedullary_cord_contact": "yes",
}
SLIP: dict[str, Value] = {"slip@C4": "present", "slip_grade@C4": "II"}
EXTRUSION: dict[str, Value] = {
    "disc_class@C5/6": "herniation",
    "hern_zone@C5/6": "central",
    "hern_form@C5/6": "extrusion",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({**SIGNAL, "onset": "progressive"}, ["compression_urgent"]),
        ({**SIGNAL, "indication_tags": ["gait_change"]}, ["compression_urgent"]),
        (SIGNAL, ["compression"]),
        ({"cord_lesion_kind": "haemorrhage"}, ["cord_injury"]),
        (FRACTURE, ["cord_injury"]),
        ({**FRACTURE, "fracture@C5": "none"}, []),
        (ABSCESS, ["epidural_collection"]),
        ({**ABSCESS, "extramedullary_cord_contact": "no"}, []),
        ({**ABSCESS, "extramedullary_kind": "tumour", "escc": "2"}, ["tumour_compression"]),
        ({**ABSCESS, "extramedullary_kind": "tumour", "escc": "1c"}, []),
        ({"discitis@C5/6": "suspected"}, ["discitis"]),
        ({"discitis@C5/6": "suspected", "canal_grade@C5/6": "2"}, ["epidural_collection", "deformed_cord"]),
        ({"discitis@C5/6": "suspected", "canal_grade@C3/4": "2"}, ["discitis", "deformed_cord"]),
        ({"cvj": "os_odontoideum", "cvj_cord_contact": "yes"}, ["atlantoaxial"]),
        ({**EXTRUSION, "canal_grade@C5/6": "2"}, ["extrusion", "deformed_cord"]),
        ({**EXTRUSION, "canal_grade@C5/6": "1"}, []),
        (SLIP, ["slip"]),
        ({**SLIP, "slip_grade@C4": "I"}, []),
        ({"vertebral_arteries": "absent_left", "indication_tags": ["trauma"]}, ["vertebral_artery"]),
        ({"vertebral_arteries": "absent_left"}, []),
        ({"marrow@C4": "focal_suspicious"}, ["marrow"]),
        ({"pll_ossification@C4/5": "mixed", "canal_grade@C4/5": "1"}, ["ossification"]),
        ({"pll_ossification@C4/5": "mixed"}, []),
        ({"incidental": "thyroid", "incidental_action": "yes"}, ["incidental"]),
    ],
)
def test_critical_triggers_fire_as_listed(changes: dict[str, Value], expected: list[str]) -> None:
    assert [c.trigger.code for c in criticals(normal_sheet_with(changes), SHIPPED)] == expected


def test_a_machine_value_alone_is_never_critical() -> None:
    suggested = {Place("canal_grade", "C5/6"): Statement(FindingState.AI_SUGGESTED, "3", "3", True)}
    assert criticals(Sheet(CURRENT, {**sheet_of(normal_values()).statements, **suggested}, FACTS), SHIPPED) == []


def test_unset_history_never_means_not_critical() -> None:
    assert urgency_is_unknown(normal_sheet_with({**SIGNAL})) == []
    without = {k: v for k, v in SIGNAL.items() if k != "onset"}
    assert urgency_is_unknown(normal_sheet_with(without))


def test_every_trigger_can_be_shown() -> None:
    assert all(str(t.when) and t.en and t.zh and t.category in (1, 2, 3) for t in SHIPPED.triggers)
