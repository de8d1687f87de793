"""How four makers of scanners fill in the headers of a neck study. Written from habit, with no real patient's data."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.vocabulary import SeriesRole


@dataclass(frozen=True)
class Protocol:
    """One pulse sequence as its header tells it; times in ms, angle in degrees."""

    description: str
    contrast: str  # of inference.phantom.contrast
    scanning_sequence: str
    sequence_variant: tuple[str, ...]
    scan_options: tuple[str, ...]
    repetition_time_ms: float
    echo_time_ms: float
    echo_train_length: int
    flip_angle_deg: float
    sequence_name: str = ""


@dataclass(frozen=True)
class Vendor:
    manufacturer: str
    model: str
    station: str
    software: str
    field_strength_t: float
    institution: str
    image_type: tuple[str, ...]
    full_scale: int  # pixel value of a bright tissue
    top_first: bool  # axial slices numbered from the head down
    protocols: dict[SeriesRole, Protocol]


T1, T2 = SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2
AX, FS = SeriesRole.AXIAL_T2, SeriesRole.AXIAL_FS_T2
VENDORS: dict[str, Vendor] = {
    "siemens": Vendor(
        "SIEMENS",
        "MAGNETOM Skyra",
        "PHANTOM01",
        "syngo MR E11",
        3.0,
        "DENS PHANTOM",
        ("ORIGINAL", "PRIMARY", "M", "ND"),
        900,
        True,
        {
            T1: Protocol("t1_tse_sag", "T1", "SE", ("SK", "SP"), (), 640, 9.6, 3, 150, "*tse2d1_3"),
            T2: Protocol("t2_tse_sag", "T2", "SE", ("SK", "SP"), (), 3200, 98, 17, 160, "*tse2d1_17"),
            AX: Protocol("t2_tse_tra", "T2", "SE", ("SK", "SP"), (), 3640, 102, 15, 150, "*tse2d1_15"),
            FS: Protocol("t2_tse_fs_tra", "STIR", "SE", ("SK", "SP"), ("FS",), 3900, 96, 15, 150, "*tse2d1_15"),
        },
    ),
    "ge": Vendor(
        "GE MEDICAL SYSTEMS",
        "DISCOVERY MR750",
        "PHANTOM02",
        "DV25",
        3.0,
        "DENS PHANTOM",
        ("ORIGINAL", "PRIMARY", "OTHER"),
        2600,
        True,
        {
            T1: Protocol("OSag T1 FSE", "T1", "SE", ("SK",), ("FAST_GEMS", "NPW"), 583, 8.1, 3, 111, "fse"),
            T2: Protocol("OSag T2 FRFSE", "T2", "SE", ("SK",), ("FAST_GEMS", "NPW"), 2684, 104, 16, 111, "frfse"),
            AX: Protocol("OAx T2 FRFSE", "T2", "SE", ("SK",), ("FAST_GEMS", "NPW"), 4200, 107, 19, 111, "frfse"),
            FS: Protocol("OAx MERGE", "T2starFS", "GR", ("SS",), ("FAST_GEMS", "FS"), 500, 14.2, 1, 20, "merge"),
        },
    ),
    "philips": Vendor(
        "Philips Medical Systems",
        "Ingenia",
        "PHANTOM03",
        "5.3.1",
        1.5,
        "DENS PHANTOM",
        ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE"),
        1400,
        False,
        {
            T1: Protocol("T1W_TSE_SAG", "T1", "SE", ("SK",), ("OTHER",), 476, 7.5, 4, 90, "TSE"),
            T2: Protocol("T2W_TSE_SAG", "T2", "SE", ("SK",), ("OTHER",), 3000, 120, 24, 90, "TSE"),
            AX: Protocol("T2W_TSE_TRA", "T2", "SE", ("SK",), ("OTHER",), 3886, 110, 21, 90, "TSE"),
            FS: Protocol("T2W_SPAIR_TRA", "STIR", "SE", ("SK",), ("FS",), 4100, 80, 21, 90, "TSE"),
        },
    ),
    "uih": Vendor(
        "UIH",
        "uMR 780",
        "PHANTOM04",
        "R004",
        3.0,
        "DENS PHANTOM",
        ("ORIGINAL", "PRIMARY", "OTHER"),
        1100,
        True,
        {
            T1: Protocol("t1_fse_sag", "T1", "SE", ("SK", "SP"), ("PFP",), 700, 10.2, 4, 140, "fse"),
            T2: Protocol("t2_fse_sag", "T2", "SE", ("SK", "SP"), ("PFP",), 2800, 100.8, 20, 150, "fse"),
            AX: Protocol("t2_fse_tra", "T2", "SE", ("SK", "SP"), ("PFP",), 3500, 103.6, 18, 150, "fse"),
            # The gradient echo of the seed paper's protocol: its short times do not make it T1-weighted.
            FS: Protocol("gre_fs_tra", "T2starFS", "GR", ("SP", "SS"), ("FS",), 220, 6.5, 1, 25, "gre"),
        },
    ),
}
PLANE_OF_ROLE = {T1: "sagittal", T2: "sagittal", AX: "axial", FS: "axial"}


# Axial series that replace the plain T2 when another contrast is asked for; every maker has the like.
_REPLACEMENTS = {
    "T2star": Protocol("t2_gre_tra", "T2star", "GR", ("SP",), (), 620, 17.0, 1, 28, "gre"),
    "T2starFS": Protocol("t2_gre_fs_tra", "T2starFS", "GR", ("SP",), ("FS",), 500, 14.0, 1, 25, "gre"),
    "STIR": Protocol("t2_tse_fs_tra", "STIR", "SE", ("SK", "SP"), ("FS",), 3900, 96, 15, 150, "tse"),
    "T2": Protocol("t2_tse_tra", "T2", "SE", ("SK", "SP"), (), 3600, 100, 15, 150, "tse"),
}


def protocol_of(contrast: str) -> Protocol:
    """The sequence that gives an axial series this contrast.

    Raises:
        ValueError: no axial neck series has it.
    """
    if contrast not in _REPLACEMENTS:
        raise ValueError(f"unknown axial contrast {contrast!r}; one of {', '.join(_REPLACEMENTS)}")
    return _REPLACEMENTS[contrast]
