"""Each finding runs or is withheld on its own, with every reason."""

from __future__ import annotations

import pytest

from inference.gate import GateFacts, decide, study_reasons
from inference.gate_reasons import GATE_REASON_TEXT, GateReason
from reporting.vocabulary import GateStatus, MachineFinding

SAGITTAL = {MachineFinding.OSTEOPHYTE, MachineFinding.SLIP}


def test_with_nothing_against_it_everything_runs() -> None:
    gate = decide(GateFacts())
    assert gate.status is GateStatus.RUN
    assert all(not one.reasons for one in gate.findings.values())


@pytest.mark.parametrize(
    ("facts", "withheld", "reason"),
    [
        (GateFacts(t1=("missing_sagittal_t1",)), SAGITTAL, "missing_sagittal_t1"),
        (GateFacts(axial=("missing_axial_t2",)), set(MachineFinding) - SAGITTAL, "missing_axial_t2"),
        (
            GateFacts(axial=("different_frame_of_reference",)),
            set(MachineFinding) - SAGITTAL,
            "different_frame_of_reference",
        ),
    ],
)
def test_a_missing_series_withholds_its_findings_only(
    facts: GateFacts, withheld: set[MachineFinding], reason: str
) -> None:
    gate = decide(facts)
    assert gate.status is GateStatus.PARTIAL
    assert {finding for finding, one in gate.findings.items() if one.status is GateStatus.WITHHELD} == withheld
    assert all(gate.findings[finding].reasons == (reason,) for finding in withheld)


def test_uncertain_levels_withhold_everything_and_say_why() -> None:
    gate = decide(GateFacts(levels=("dens_outside_field",)))
    assert gate.status is GateStatus.WITHHELD
    assert gate.reasons == ("levels_uncertain", "dens_outside_field")
    assert decide(GateFacts(levels=("no_canal",))).reasons[0] == "wrong_region"


def test_a_blocked_level_makes_the_reading_partial_and_is_named_with_its_reason() -> None:
    gate = decide(GateFacts(blocked={"C5": ("signal_void",)}))
    assert gate.status is GateStatus.PARTIAL
    assert all(one.status is GateStatus.RUN for one in gate.findings.values())
    assert (gate.reasons, gate.levels) == (("signal_void",), {"C5": ("signal_void",)})


def test_children_several_studies_and_two_patients_are_refused() -> None:
    assert study_reasons({"1"}, {("A", "")}, 17.9) == ("age_below_18",)
    assert study_reasons({"1", "2"}, {("A", ""), ("B", "")}, 40.0) == ("several_studies",)
    assert study_reasons({"1"}, {("A", ""), ("B", "")}, 40.0) == ("several_patients",)
    assert study_reasons({"1"}, {("A", "")}, None) == ()


def test_every_gate_reason_has_its_sentence() -> None:
    assert set(GATE_REASON_TEXT) == set(GateReason)
    assert all(text.endswith(".") for text in GATE_REASON_TEXT.values())
