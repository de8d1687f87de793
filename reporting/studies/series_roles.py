"""Which series is the sagittal T1, the axial T2 …: geometry and timing first, text last, unknown rather than guessed.

Pure: no Django. Ordering fields lie (a header may say CSPINE on a skull base), so body part and requested procedure
are not looked at; description text can only exclude (contrast given, localiser) or fill in for timing that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from reporting.studies.headers import InstanceHeader, SeriesHeader
from reporting.vocabulary import SeriesRole


class RoleReason(StrEnum):
    """Why a series has its role, or has none; ``ROLE_REASON_TEXT`` says each in one sentence."""

    TIMING = "timing"
    TEXT = "text_without_timing"
    GIVEN = "given_by_user"
    SIDE_CAR = "side_car"
    FILE_NAME = "file_name"
    BRIGHT_CSF = "csf_brighter_than_cord"
    NOT_MR = "not_mr"
    LABEL_MAP = "label_map"
    NO_PIXELS = "no_pixels"
    NO_GEOMETRY = "no_geometry"
    MIXED_ORIENTATION = "mixed_orientation"
    CORONAL = "coronal_plane"
    OBLIQUE = "oblique_plane"
    LOCALISER = "localiser"
    MOSAIC = "mosaic"
    DIFFUSION = "diffusion"
    ECHO_PLANAR = "echo_planar"
    DERIVED = "derived_map"
    PHASE = "phase_image"
    CONTRAST = "contrast_enhanced"
    MULTI_ECHO = "several_echo_times"
    GRADIENT_ECHO = "gradient_echo"
    FLUID_ATTENUATED = "fluid_attenuated"
    PROTON_DENSITY = "proton_density"
    T1_FAT_SUPPRESSED = "t1_fat_suppressed"
    AXIAL_T1 = "axial_t1"
    COARSE = "coarse_resolution"
    TIME_SERIES = "time_series"
    NO_TIMING = "no_timing"
    TIMING_UNRECOGNISED = "timing_unrecognised"
    CONTRAST_UNKNOWN = "contrast_unknown"


def gettext_noop(text: str) -> str:
    """Mark for the translators; whoever shows the text translates it. (Django's own would need Django.)"""
    return text


ROLE_REASON_TEXT: dict[RoleReason, str] = {
    RoleReason.TIMING: gettext_noop("Orientation and pulse sequence timing identify it."),
    RoleReason.TEXT: gettext_noop("The header gives no timing; its text and the orientation identify it."),
    RoleReason.GIVEN: gettext_noop("The role was given by the user."),
    RoleReason.SIDE_CAR: gettext_noop("The side-car file's timing identifies it."),
    RoleReason.FILE_NAME: gettext_noop("The file name's contrast suffix identifies it."),
    RoleReason.BRIGHT_CSF: gettext_noop("Cerebrospinal fluid is brighter than the cord."),
    RoleReason.NOT_MR: gettext_noop("It is not a magnetic resonance image."),
    RoleReason.LABEL_MAP: gettext_noop("It is a segmentation, not an image."),
    RoleReason.NO_PIXELS: gettext_noop("It holds no image."),
    RoleReason.NO_GEOMETRY: gettext_noop("Its position or orientation in the patient is missing."),
    RoleReason.MIXED_ORIENTATION: gettext_noop("Its slices have different orientations."),
    RoleReason.CORONAL: gettext_noop("It is coronal."),
    RoleReason.OBLIQUE: gettext_noop("It is neither sagittal nor axial."),
    RoleReason.LOCALISER: gettext_noop("It is a localiser."),
    RoleReason.MOSAIC: gettext_noop("It stores many slices tiled in one image."),
    RoleReason.DIFFUSION: gettext_noop("It is diffusion weighted."),
    RoleReason.ECHO_PLANAR: gettext_noop("It is an echo-planar series."),
    RoleReason.DERIVED: gettext_noop("It is a computed map, projection or reformat."),
    RoleReason.PHASE: gettext_noop("It is not a magnitude image."),
    RoleReason.CONTRAST: gettext_noop("Contrast agent was given."),
    RoleReason.MULTI_ECHO: gettext_noop("It mixes several echo or repetition times."),
    RoleReason.GRADIENT_ECHO: gettext_noop("It is a gradient echo whose contrast is not one of those used."),
    RoleReason.FLUID_ATTENUATED: gettext_noop("It is fluid attenuated."),
    RoleReason.PROTON_DENSITY: gettext_noop("It is proton-density weighted."),
    RoleReason.T1_FAT_SUPPRESSED: gettext_noop("It is a fat-suppressed T1."),
    RoleReason.AXIAL_T1: gettext_noop("It is an axial T1, which is not used."),
    RoleReason.COARSE: gettext_noop("Its pixels are too large for the spine."),
    RoleReason.TIME_SERIES: gettext_noop("It repeats the same slices over time."),
    RoleReason.NO_TIMING: gettext_noop("Its header gives no repetition or echo time, and no text says the contrast."),
    RoleReason.TIMING_UNRECOGNISED: gettext_noop("Its timing fits none of the weightings used."),
    RoleReason.CONTRAST_UNKNOWN: gettext_noop("Nothing says its contrast."),
}


@dataclass(frozen=True)
class RoleDecision:
    role: SeriesRole
    reason: RoleReason


class Plane(StrEnum):
    SAGITTAL = "sagittal"
    AXIAL = "axial"
    CORONAL = "coronal"
    OBLIQUE = "oblique"


SAGITTAL_COSINE = 0.82  # slice normal within 35° of left–right
AXIAL_COSINE = 0.70  # within 45° of head–foot: disc-parallel packs of a lordotic neck tilt up to 40°
T1_TR_MS = (250.0, 1300.0)
T1_MAX_TE_MS = 35.0
T2_MIN_TR_MS = 1400.0  # 3-D fast spin echo with variable flip angle runs at 1500
T2_MIN_TE_MS = 60.0
SPIN_ECHO_MIN_TR_MS = 250.0  # no spin echo of the spine repeats faster: a header that says so means gradient echo
T2STAR_TR_MS = (150.0, 1300.0)
T2STAR_MIN_TE_MS = 6.0
T2STAR_MAX_FLIP_DEG = 40.0
MAX_PIXEL_MM = 1.6
STIR_TI_MS = (80.0, 300.0)
T1_FLAIR_TI_MS = (400.0, 1300.0)

_DERIVED_TYPES = frozenset(
    [
        "ADC",
        "EADC",
        "FA",
        "TENSOR",
        "TRACE",
        "TRACEW",
        "COLFA",
        "PROJECTION",
        "MIP",
        "MINIP",
        "MPR",
        "REFORMATTED",
        "SUB",
        "SUBTRACTION",
        "CBF",
        "CBV",
        "MTT",
        "TTP",
        "T1MAP",
        "T2MAP",
        "R2MAP",
        "R2STAR",
        "T1_MAP",
        "T2_MAP",
        "T2_STAR_MAP",
        "FAT",
        "FAT_FRACTION",
        "FF",
        "SCREEN",
        "OVERLAY",
    ]
)
_PHASE_TYPES = frozenset(
    {
        "P",
        "PHASE",
        "PHASE MAP",
        "PHASE_MAP",
        "REAL",
        "IMAGINARY",
        "R",
        "I",
        "M_IR_PHASE",
    }
)
_CONTRAST_TEXT = re.compile(
    r"(?:^|[\s_\-+.])(?:\+\s*c|c\s*\+|\+gd|gd|gado\w*|post[\s_-]?(?:con\w*|gd)|ce|km)(?:$|[\s_\-+.])|增强",
    re.IGNORECASE,
)
_LOCALISER_TEXT = re.compile(r"locali[sz]er|\bscout\b|survey|定位", re.IGNORECASE)


def assign_role(headers: Sequence[InstanceHeader]) -> RoleDecision:
    """The role of one series from the headers of its instances (any order, at least one)."""
    if not headers:
        raise ValueError("a series has at least one instance")
    series = headers[0].series
    if any(header.series.modality != "MR" for header in headers):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.NOT_MR)
    if not any(header.has_pixels for header in headers):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.NO_PIXELS)
    excluded = exclusion(series)
    if excluded is not None:
        return RoleDecision(SeriesRole.UNKNOWN, excluded)
    frames = [frame for header in headers for frame in header.frames]
    if any((frame.b_value or 0) > 0 for frame in frames):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.DIFFUSION)
    normals = [slice_normal(frame.orientation) for frame in frames]
    known = [normal for normal in normals if normal is not None]
    if not known or any(frame.position_mm is None for frame in frames):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.NO_GEOMETRY)
    planes = {plane_of(normal) for normal in known}
    if len(planes) > 1:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.MIXED_ORIENTATION)
    if _spread(frame.echo_time_ms for frame in frames) or _spread(frame.repetition_time_ms for frame in frames):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.MULTI_ECHO)
    if any((frame.temporal_position or 0) > 1 for frame in frames):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.TIME_SERIES)
    return role_in_plane(series, planes.pop())


def exclusion(series: SeriesHeader) -> RoleReason | None:
    """The reason a series can have no role whatever its timing, or ``None``."""
    types = {kind for entry in series.image_type for kind in (entry, *re.split(r"[\s/]", entry))}
    text = f"{series.description} {series.protocol_name}"
    if any("LOCALI" in kind or kind == "SCOUT" for kind in types) or _LOCALISER_TEXT.search(text):
        return RoleReason.LOCALISER
    if types & {"MOSAIC", "VFRAME"}:
        return RoleReason.MOSAIC
    if any("DIFFUSION" in kind for kind in types) or series.acquisition_contrast == "DIFFUSION":
        return RoleReason.DIFFUSION
    if (series.b_value or 0) > 0:
        return RoleReason.DIFFUSION
    if "EP" in series.scanning_sequence or "EPI" in types:
        return RoleReason.ECHO_PLANAR
    if types & _PHASE_TYPES:
        return RoleReason.PHASE
    if types & _DERIVED_TYPES:
        return RoleReason.DERIVED
    if series.contrast_agent or _CONTRAST_TEXT.search(text):
        return RoleReason.CONTRAST
    return None


def role_in_plane(series: SeriesHeader, plane: Plane, timing_reason: RoleReason = RoleReason.TIMING) -> RoleDecision:
    """The role from plane and pulse sequence, for a series that ``exclusion`` let through."""
    if plane is Plane.CORONAL:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.CORONAL)
    if plane is Plane.OBLIQUE:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.OBLIQUE)
    if series.pixel_spacing_mm is not None and max(series.pixel_spacing_mm) > MAX_PIXEL_MM:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.COARSE)
    if series.repetition_time_ms is None or series.echo_time_ms is None:
        return _role_from_text(series, plane)
    outcome = _weighting(series, series.repetition_time_ms, series.echo_time_ms)
    if isinstance(outcome, RoleReason):
        return RoleDecision(SeriesRole.UNKNOWN, outcome)
    return _decide(outcome, plane, timing_reason)


class _Weighting(StrEnum):
    T1 = "t1"
    T2 = "t2"
    FAT_SUPPRESSED_T2 = "fs_t2"
    GRADIENT_T2 = "t2_star"


def _weighting(series: SeriesHeader, tr_ms: float, te_ms: float) -> _Weighting | RoleReason:
    codes = set(series.scanning_sequence)
    if "GR" in codes or tr_ms < SPIN_ECHO_MIN_TR_MS:
        low_flip = series.flip_angle_deg is None or series.flip_angle_deg <= T2STAR_MAX_FLIP_DEG
        timed = T2STAR_TR_MS[0] <= tr_ms <= T2STAR_TR_MS[1] and te_ms >= T2STAR_MIN_TE_MS
        t2_star = timed and (low_flip or bool(series.fat_suppressed))
        return _Weighting.GRADIENT_T2 if t2_star else RoleReason.GRADIENT_ECHO
    inversion_ms = series.inversion_time_ms
    if "IR" in codes and inversion_ms is not None and inversion_ms > T1_FLAIR_TI_MS[1]:
        return RoleReason.FLUID_ATTENUATED
    if inversion_ms is not None and STIR_TI_MS[0] <= inversion_ms <= STIR_TI_MS[1] and tr_ms >= T2_MIN_TR_MS:
        return _Weighting.FAT_SUPPRESSED_T2
    t1_flair = "IR" in codes and inversion_ms is not None and inversion_ms >= T1_FLAIR_TI_MS[0]
    if (T1_TR_MS[0] <= tr_ms <= T1_TR_MS[1] or t1_flair) and te_ms <= T1_MAX_TE_MS:
        return RoleReason.T1_FAT_SUPPRESSED if series.fat_suppressed else _Weighting.T1
    if tr_ms >= T2_MIN_TR_MS and te_ms >= T2_MIN_TE_MS:
        return _Weighting.FAT_SUPPRESSED_T2 if series.fat_suppressed else _Weighting.T2
    if tr_ms >= T2_MIN_TR_MS:
        return RoleReason.PROTON_DENSITY
    return RoleReason.TIMING_UNRECOGNISED


def _decide(weighting: _Weighting, plane: Plane, reason: RoleReason) -> RoleDecision:
    if plane is Plane.SAGITTAL:
        if weighting is _Weighting.GRADIENT_T2:
            return RoleDecision(SeriesRole.UNKNOWN, RoleReason.GRADIENT_ECHO)
        roles = {
            _Weighting.T1: SeriesRole.SAGITTAL_T1,
            _Weighting.T2: SeriesRole.SAGITTAL_T2,
            _Weighting.FAT_SUPPRESSED_T2: SeriesRole.SAGITTAL_STIR,
        }
        return RoleDecision(roles[weighting], reason)
    if weighting is _Weighting.T1:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.AXIAL_T1)
    return RoleDecision(
        SeriesRole.AXIAL_T2 if weighting is _Weighting.T2 else SeriesRole.AXIAL_FS_T2,
        reason,
    )


def _role_from_text(series: SeriesHeader, plane: Plane) -> RoleDecision:
    """Last resort, for a series without timing; gradient echo and anything ambiguous stays unknown."""
    if "GR" in series.scanning_sequence:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.GRADIENT_ECHO)
    text = f"{series.acquisition_contrast} {series.description} {series.protocol_name}".lower()
    words = set(re.split(r"[^a-z0-9]+", text))
    t1 = any(re.fullmatch(r"t1(w|wi)?", word) for word in words)
    t2 = any(re.fullmatch(r"t2(w|wi)?", word) for word in words)
    fat = bool(words & {"fs", "fatsat", "stir", "spair", "spir", "tirm"}) or bool(series.fat_suppressed)
    if t1 == t2 and not words & {"stir", "tirm"}:
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.NO_TIMING)
    if t1:
        if fat:
            return RoleDecision(SeriesRole.UNKNOWN, RoleReason.T1_FAT_SUPPRESSED)
        return _decide(_Weighting.T1, plane, RoleReason.TEXT)
    return _decide(_Weighting.FAT_SUPPRESSED_T2 if fat else _Weighting.T2, plane, RoleReason.TEXT)


def slice_normal(orientation: Sequence[float] | None) -> NDArray[np.float64] | None:
    """Unit normal (row × column cosines, LPS), or ``None`` where they are absent, not finite or parallel."""
    if orientation is None or len(orientation) != 6 or not np.all(np.isfinite(orientation)):
        return None
    normal = np.cross(np.asarray(orientation[:3], float), np.asarray(orientation[3:], float))
    length = float(np.linalg.norm(normal))
    return normal / length if length > 1e-3 else None


def plane_of(normal_lps: NDArray[np.float64]) -> Plane:
    """The anatomical plane of slices with this unit normal."""
    x, y, z = np.abs(normal_lps)
    if x >= SAGITTAL_COSINE:
        return Plane.SAGITTAL
    if z >= AXIAL_COSINE:
        return Plane.AXIAL
    return Plane.CORONAL if y >= SAGITTAL_COSINE else Plane.OBLIQUE


def _spread(values: Iterable[float | None]) -> bool:
    """Whether these times differ by more than a tenth: several contrasts in one series."""
    known = [value for value in values if value is not None]
    return bool(known) and max(known) > 1.1 * min(known) + 1.0
