"""Codes of series, jobs and gate in the words of the page. An unknown code is shown as it is, never hidden."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reporting.studies.series_roles import ROLE_REASON_TEXT, RoleReason
from reporting.vocabulary import SeriesRole

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
    "signal_void": _("signal of some vertebrae is lost, as around metal: nothing is stated of these levels"),
    "not_separated": _("no disc seen between some vertebrae: nothing is stated of these levels"),
    "not_mr": _("not magnetic resonance images"),
    # Why the levels have no name.
    "no_canal": _("no spinal canal recognised"),
    "no_column": _("no column of vertebrae recognised"),
    "two_tall_bodies": _("two vertebrae look like C2"),
    "dens_outside_field": _("the dens lies outside the field of view"),
    "c2_not_recognised": _("C2 was not recognised"),
    "hint_not_at_disc": _("the point given as C2/3 lies at no disc"),
    "implausible_heights": _("vertebrae of implausible heights"),
    "implausible_spacing": _("levels at implausible distances"),
    "column_broken": _("vertebrae or discs are missing in the column"),
    # Why a series cannot be used.
    "missing_slice": _("slices are missing"),
    "uneven_slices": _("unevenly spaced slices"),
    "duplicate_slices": _("two slices at one position"),
    "single_slice": _("a single slice"),
    "mixed_spacing": _("slices of different pixel spacings"),
    "mixed_orientation": _("slices of different orientations"),
    "mixed_matrix": _("slices of different size"),
    "mixed_frame_of_reference": _("slices of different frames of reference"),
    "missing_geometry": _("position, orientation or spacing is missing"),
    "invalid_orientation": _("the orientation makes no sense"),
    "invalid_spacing": _("the spacing makes no sense"),
    "not_orthogonal": _("slices shifted against each other"),
    "pixels_unreadable": _("pixel data cut off or damaged"),
    "pixel_size_disagrees": _("an image of another size than its header says"),
    "not_greyscale": _("not a greyscale image"),
    "no_pixels": _("no image inside"),
    "image_too_large": _("larger than any MR series accepted"),
    "deflated": _("a compression that is not accepted"),
    "conflicting_copies": _("two different files with one identifier"),
    "two_series": _("more than one series"),
    "empty_series": _("no files"),
    "damaged": _("a damaged file"),
    "not_dicom": _("not a DICOM file"),
    "not_nifti": _("not a readable NIfTI file"),
    "four_dimensional": _("more than three dimensions"),
    "not_finite": _("voxels that are not numbers"),
    "constant_image": _("an image without content"),
    "noise_only": _("noise without structure"),
    "small_field": _("the field of view is too small"),
    "slices_too_far_apart": _("the slices are too far apart"),
    # Why a machine statement is no suggestion.
    "level_uncertain": _("Level uncertain: no suggestion"),
    "withheld_by_reader": _("Withheld: a reader set the machine's values aside"),
    "operated_level": _("Withheld: operated level"),
    "reader_post_operative": _("post-operative, says the reader"),
    "reader_fracture": _("fracture, says the reader"),
    "reader_deformity": _("deformity, says the reader"),
    "reader_infection_or_tumour": _("infection or tumour suspected, says the reader"),
    "reader_poor_quality": _("poor quality, says the reader"),
    "reader_levels": _("level check failed, says the reader"),
    "slice_moved": _("Judged on another slice than the one chosen: no suggestion"),
    "not_herniated": _("Not herniated, says the machine; normal or bulge is yours to decide"),
    "other_size": _("Judged by 2 mm, says the machine; the department goes by another size here: no suggestion"),
    "withheld": _("Withheld by the input gate"),
    "flagged": _("Flagged: no suggestion"),
    "mask_disagrees": _("network and outline disagree"),
}
FINDINGS = {
    "osteophyte": _("Osteophytes"),
    "slip": _("Slip"),
    "herniation": _("Disc herniation"),
    "pll": _("Thick posterior longitudinal ligament"),
    "lf": _("Thick ligamentum flavum"),
}
# What a paragraph speaks of (prose.lexicon), as the checks name it.
CONCEPTS = {
    "herniation": _("disc herniation"),
    "bulge": _("disc bulge"),
    "pll": _("thick posterior longitudinal ligament"),
    "ossification": _("ossification of the PLL"),
    "lf": _("thick ligamentum flavum"),
    "canal": _("canal narrowing"),
    "signal": _("cord signal change"),
    "foramen": _("foraminal narrowing"),
    "root": _("nerve root"),
    "discitis": _("discitis"),
    "slip": _("slip"),
    "osteophyte": _("osteophytes"),
    "fracture": _("fracture"),
    "dislocation": _("dislocation"),
    "height": _("height loss"),
    "marrow": _("marrow"),
    "endplate": _("endplate change"),
    "facet": _("facet degeneration"),
    "scoliosis": _("scoliosis"),
    "lordosis": _("lordosis"),
    "tonsils": _("cerebellar tonsils"),
    "artery": _("vertebral artery"),
    "prevertebral": _("prevertebral soft tissues"),
    "extramedullary": _("extramedullary lesion"),
}
APPLICABILITY = {
    "trained on synthetic images; not for clinical use": _("trained on synthetic images; not for clinical use"),
    "imported bundle, not validated here; not for clinical use": _(
        "imported bundle, not validated here; not for clinical use"
    ),
    "site's own algorithm, not validated here; not for clinical use": _(
        "site's own algorithm, not validated here; not for clinical use"
    ),
}


def applicability_text(applicability: str) -> str:
    return str(APPLICABILITY.get(applicability, applicability))


def role_text(role: str) -> str:
    return str(ROLES.get(role, role))


def series_label(role: SeriesRole, reason: str) -> str:
    """What a series is; of one that no model can use, why not."""
    if role is not SeriesRole.UNKNOWN:
        return role_text(role)
    return " · ".join(part for part in (role_text(role), reason_text(reason) if reason else "") if part)


def stage_text(stage: str) -> str:
    return str(STAGES.get(stage, stage))


def reason_text(reason: str) -> str:
    """In the active language; reasons of the gate may also be those by which a series got its role."""
    if reason in REASONS:
        return str(REASONS[reason])
    return gettext(ROLE_REASON_TEXT[RoleReason(reason)]) if reason in set(RoleReason) else reason


def concept_text(concept: str) -> str:
    return str(CONCEPTS.get(concept, concept))


def finding_text(finding: str) -> str:
    return str(FINDINGS.get(finding, finding))
