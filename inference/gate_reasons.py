"""Why something was not run: stable codes, one English sentence each (pages translate by code)."""

from __future__ import annotations

from enum import StrEnum


class GateReason(StrEnum):
    """Codes of ``gate.reasons`` and ``gate.findings.*.reasons``."""

    NOTHING_USABLE = "nothing_usable"
    NOT_MR = "not_mr"
    SEVERAL_STUDIES = "several_studies"
    SEVERAL_PATIENTS = "several_patients"
    AGE_BELOW_18 = "age_below_18"
    MISSING_SAGITTAL = "missing_sagittal"
    MISSING_SAGITTAL_T1 = "missing_sagittal_t1"
    MISSING_AXIAL_T2 = "missing_axial_t2"
    SAGITTAL_UNUSABLE = "sagittal_unusable"
    SAGITTAL_T1_UNUSABLE = "sagittal_t1_unusable"
    AXIAL_T2_UNUSABLE = "axial_t2_unusable"
    DIFFERENT_FRAME_OF_REFERENCE = "different_frame_of_reference"
    AXIAL_DOES_NOT_COVER_DISCS = "axial_does_not_cover_discs"
    SAGITTAL_T1_DOES_NOT_COVER = "sagittal_t1_does_not_cover"
    WRONG_REGION = "wrong_region"
    LEVELS_UNCERTAIN = "levels_uncertain"
    SIGNAL_VOID = "signal_void"
    NOT_SEPARATED = "not_separated"


GATE_REASON_TEXT: dict[GateReason, str] = {
    GateReason.NOTHING_USABLE: "No series of the input can be used.",
    GateReason.NOT_MR: "The images are not magnetic resonance images.",
    GateReason.SEVERAL_STUDIES: "The input holds more than one study.",
    GateReason.SEVERAL_PATIENTS: "The study holds more than one patient.",
    GateReason.AGE_BELOW_18: "The patient was younger than 18; the algorithm is for adults.",
    GateReason.MISSING_SAGITTAL: "There is no sagittal series to tell the levels from.",
    GateReason.MISSING_SAGITTAL_T1: "There is no sagittal T1.",
    GateReason.MISSING_AXIAL_T2: "There is no axial T2.",
    GateReason.SAGITTAL_UNUSABLE: "The sagittal series cannot be used.",
    GateReason.SAGITTAL_T1_UNUSABLE: "The sagittal T1 cannot be used.",
    GateReason.AXIAL_T2_UNUSABLE: "The axial T2 cannot be used.",
    GateReason.DIFFERENT_FRAME_OF_REFERENCE: (
        "The series share no frame of reference; how they lie to each other is not known."
    ),
    GateReason.AXIAL_DOES_NOT_COVER_DISCS: "The axial slices pass through no disc that was found.",
    GateReason.SAGITTAL_T1_DOES_NOT_COVER: "The sagittal T1 does not show the vertebrae that were found.",
    GateReason.WRONG_REGION: "No cervical spine was recognised.",
    GateReason.LEVELS_UNCERTAIN: "The levels could not be named with certainty.",
    GateReason.SIGNAL_VOID: "The signal of some vertebrae is gone, as around metal; nothing is stated of these levels.",
    GateReason.NOT_SEPARATED: "No disc is seen between some vertebrae; nothing is stated of these levels.",
}
