"""Codes of series, jobs and gate in the words of the page. An unknown code is shown as it is, never hidden."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ROLES = {
    "sagittal_t1": _("Sag T1"),
    "sagittal_t2": _("Sag T2"),
    "sagittal_stir": _("Sag STIR"),
    "axial_t2": _("Ax T2"),
    "axial_fs_t2": _("Ax FS T2"),
    "unknown": _("not recognised"),
}
STAGES = {
    "": _("starting"),
    "series": _("reading the series"),
    "volumes": _("reading the series"),
    "preprocess": _("preparing the images"),
    "segmentation": _("outlining structures"),
    "levels": _("naming the levels"),
    "matching": _("matching axial slices"),
    "measurements": _("measuring"),
    "grading": _("grading each level"),
}
REASONS = {
    # Why something was not run (codes of the gate).
    "nothing_usable": _("no series can be used"),
    "several_studies": _("more than one study"),
    "several_patients": _("more than one patient"),
    "age_below_18": _("patient younger than 18"),
    "missing_sagittal": _("no sagittal series"),
    "missing_sagittal_t1": _("no sagittal T1"),
    "missing_axial_t2": _("no axial T2"),
    "sagittal_unusable": _("the sagittal series cannot be used"),
    "sagittal_t1_unusable": _("the sagittal T1 cannot be used"),
    "axial_t2_unusable": _("the axial T2 cannot be used"),
    "different_frame_of_reference": _("the series do not share a frame of reference"),
    "axial_does_not_cover_discs": _("the axial slices pass through no disc"),
    "sagittal_t1_does_not_cover": _("the sagittal T1 does not show these vertebrae"),
    "wrong_region": _("no cervical spine recognised"),
    "levels_uncertain": _("the levels could not be named with certainty"),
    # Why a machine statement is no suggestion.
    "level_uncertain": _("Level uncertain: no suggestion"),
    "not_herniated": _("Not herniated, says the machine; normal or bulge is yours to decide"),
    "withheld": _("Withheld by the input gate"),
    "flagged": _("Flagged: no suggestion"),
    "mask_disagrees": _("network and outline disagree"),
}
APPLICABILITY = {
    "trained on synthetic images; not for clinical use": _("trained on synthetic images; not for clinical use"),
}


def applicability_text(applicability: str) -> str:
    return str(APPLICABILITY.get(applicability, applicability))


def role_text(role: str) -> str:
    return str(ROLES.get(role, role))


def stage_text(stage: str) -> str:
    return str(STAGES.get(stage, stage))


def reason_text(reason: str) -> str:
    return str(REASONS.get(reason, reason))
