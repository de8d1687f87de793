"""The field's words as enums, with their codes.

Pure Python: no Django, no DICOM toolkit. Everything else imports this module; it imports nothing of ours.
Codes are those that the report template (docs/vocabulary.md) marks as verified; a concept without a verified code
has none here, and asking for one raises ``KeyError`` instead of inventing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Code(NamedTuple):
    """One coded concept: scheme designator (``SCT``, ``DCM``, ``LN``, ``RADLEX``), value, meaning."""

    scheme: str
    value: str
    meaning: str


class Vertebra(StrEnum):
    """Vertebrae a report may speak of, from the skull down."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    T1 = "T1"

    @property
    def below(self) -> Vertebra | None:
        """The next vertebra down, or ``None`` for T1."""
        order = list(Vertebra)
        position = order.index(self) + 1
        return order[position] if position < len(order) else None


class DiscLevel(StrEnum):
    """Motion segments, named by both bounding vertebrae; stored and shown as ``C5/6``."""

    C2_3 = "C2/3"
    C3_4 = "C3/4"
    C4_5 = "C4/5"
    C5_6 = "C5/6"
    C6_7 = "C6/7"
    C7_T1 = "C7/T1"

    @property
    def upper_vertebra(self) -> Vertebra:
        return Vertebra(self.value.split("/")[0])

    @property
    def lower_vertebra(self) -> Vertebra:
        lower = self.upper_vertebra.below
        assert lower is not None
        return lower

    @property
    def nerve_root(self) -> str:
        """The root that leaves through this level's foramen (C5/6 → C6, C7/T1 → C8)."""
        return "C8" if self is DiscLevel.C7_T1 else self.lower_vertebra.value


REPORTED_VERTEBRAE = (Vertebra.C2, Vertebra.C3, Vertebra.C4, Vertebra.C5, Vertebra.C6, Vertebra.C7)
MODELLED_DISCS = (DiscLevel.C2_3, DiscLevel.C3_4, DiscLevel.C4_5, DiscLevel.C5_6, DiscLevel.C6_7)


class Side(StrEnum):
    """The patient's side, never the screen's."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class Zone(StrEnum):
    """Where across the disc a herniation lies, by fraction of half the canal width."""

    CENTRAL = "central"
    PARACENTRAL = "paracentral"
    FORAMINAL = "foraminal"
    EXTRAFORAMINAL = "extraforaminal"


class LevelKind(StrEnum):
    VERTEBRA = "vertebra"
    DISC = "disc"


class SeriesRole(StrEnum):
    """What a series is for. ``UNKNOWN`` is an answer: it is shown, never guessed away."""

    SAGITTAL_T1 = "sagittal_t1"
    SAGITTAL_T2 = "sagittal_t2"
    SAGITTAL_STIR = "sagittal_stir"
    AXIAL_T2 = "axial_t2"
    AXIAL_FS_T2 = "axial_fs_t2"
    UNKNOWN = "unknown"


class MachineFinding(StrEnum):
    """The five classifiers of the seed paper. Disease is the positive class in every one."""

    OSTEOPHYTE = "osteophyte"
    SLIP = "slip"
    HERNIATION = "herniation"
    PLL = "pll"
    LF = "lf"


@dataclass(frozen=True)
class MachineFindingInfo:
    """Where a machine finding lives: kind of level, sides it is given for, and the series it needs."""

    kind: LevelKind
    sides: tuple[Side | None, ...]
    needs: SeriesRole


MACHINE_FINDINGS: dict[MachineFinding, MachineFindingInfo] = {
    MachineFinding.OSTEOPHYTE: MachineFindingInfo(LevelKind.VERTEBRA, (None,), SeriesRole.SAGITTAL_T1),
    MachineFinding.SLIP: MachineFindingInfo(LevelKind.VERTEBRA, (None,), SeriesRole.SAGITTAL_T1),
    MachineFinding.HERNIATION: MachineFindingInfo(LevelKind.DISC, (None,), SeriesRole.AXIAL_T2),
    MachineFinding.PLL: MachineFindingInfo(LevelKind.DISC, (None,), SeriesRole.AXIAL_T2),
    MachineFinding.LF: MachineFindingInfo(LevelKind.DISC, (Side.LEFT, Side.RIGHT), SeriesRole.AXIAL_T2),
}


class Structure(StrEnum):
    """Names of segmented structures, as in ``labels.json``."""

    BODY = "body"
    DISC = "disc"
    SAC = "sac"
    CORD = "cord"
    PLL = "pll"
    LF = "lf"


# One label_value per structure, the same in every label map we write (0 is background).
LABEL_VALUES: dict[Structure, int] = {
    Structure.BODY: 1,
    Structure.DISC: 2,
    Structure.SAC: 3,
    Structure.CORD: 4,
    Structure.PLL: 5,
    Structure.LF: 6,
}


class GateStatus(StrEnum):
    RUN = "run"
    PARTIAL = "partial"
    WITHHELD = "withheld"


class LevelStatus(StrEnum):
    """How sure the numbering of one level is."""

    NAMED = "named"
    UNCERTAIN = "level_uncertain"


VERTEBRA_CODES: dict[Vertebra, Code] = {
    Vertebra.C1: Code("SCT", "14806007", "C1 vertebra"),
    Vertebra.C2: Code("SCT", "39976000", "C2 vertebra"),
    Vertebra.C3: Code("SCT", "113205007", "C3 vertebra"),
    Vertebra.C4: Code("SCT", "5329002", "C4 vertebra"),
    Vertebra.C5: Code("SCT", "36978003", "C5 vertebra"),
    Vertebra.C6: Code("SCT", "36054005", "C6 vertebra"),
    Vertebra.C7: Code("SCT", "87391001", "C7 vertebra"),
    Vertebra.T1: Code("SCT", "64864005", "T1 vertebra"),
}

DISC_CODES: dict[DiscLevel, Code] = {
    DiscLevel.C2_3: Code("SCT", "1078209008", "C2/3 intervertebral disc"),
    DiscLevel.C3_4: Code("SCT", "58820006", "C3/4 intervertebral disc"),
    DiscLevel.C4_5: Code("SCT", "49400002", "C4/5 intervertebral disc"),
    DiscLevel.C5_6: Code("SCT", "73959003", "C5/6 intervertebral disc"),
    DiscLevel.C6_7: Code("SCT", "75095006", "C6/7 intervertebral disc"),
    DiscLevel.C7_T1: Code("SCT", "37414007", "C7/T1 intervertebral disc"),
}


def level_code(level: str) -> Code:
    """Of a vertebra or a disc, as levels are written: ``C5``, ``C5/6``. Raises ``ValueError`` for no level."""
    return DISC_CODES[DiscLevel(level)] if "/" in level else VERTEBRA_CODES[Vertebra(level)]


# "Level of disc", for what lies at a disc without being the disc: ligament, canal, cord, foramen.
DISC_LEVEL_CODES: dict[DiscLevel, Code] = {
    DiscLevel.C2_3: Code("SCT", "243902007", "Level of C2/C3 intervertebral disc"),
    DiscLevel.C3_4: Code("SCT", "243903002", "Level of C3/C4 intervertebral disc"),
    DiscLevel.C4_5: Code("SCT", "243904008", "Level of C4/C5 intervertebral disc"),
    DiscLevel.C5_6: Code("SCT", "243905009", "Level of C5/C6 intervertebral disc"),
    DiscLevel.C6_7: Code("SCT", "243906005", "Level of C6/C7 intervertebral disc"),
    DiscLevel.C7_T1: Code("SCT", "243925008", "Level of C7/T1 intervertebral disc"),
}

# Both sides together have a code, though no field stores them as one.
SIDE_CODES: dict[str, Code] = {
    Side.LEFT: Code("SCT", "7771000", "Left"),
    Side.RIGHT: Code("SCT", "24028007", "Right"),
    "both": Code("SCT", "51440002", "Right and left"),
}

# RadLex, as the Open Imaging finding models use it; DICOM has another SNOMED code for "absent" (CID 240).
PRESENCE_CODES: dict[str, Code] = {
    "absent": Code("RADLEX", "RID28473", "absent"),
    "present": Code("RADLEX", "RID28472", "present"),
    "indeterminate": Code("RADLEX", "RID39110", "indeterminate"),
    "unknown": Code("RADLEX", "RID5655", "unknown"),
}

SEVERITY_CODES: dict[str, Code] = {
    "mild": Code("SCT", "255604002", "Mild"),
    "moderate": Code("SCT", "6736007", "Moderate"),
    "severe": Code("SCT", "24484000", "Severe"),
}

NORMALITY_CODES: dict[str, Code] = {
    "normal": Code("SCT", "17621005", "Normal"),
    "abnormal": Code("SCT", "263654008", "Abnormal"),
}

# "Progressed" and "improved" have no verified code: "increased" and "decreased" say something of size.
CHANGE_CODES: dict[str, Code] = {
    "new": Code("RADLEX", "RID5720", "new"),
    "unchanged": Code("RADLEX", "RID39268", "unchanged"),
    "stable": Code("RADLEX", "RID5734", "stable"),
    "increased": Code("RADLEX", "RID36043", "increased"),
    "decreased": Code("RADLEX", "RID36044", "decreased"),
    "larger": Code("RADLEX", "RID5791", "larger"),
    "smaller": Code("RADLEX", "RID38669", "smaller"),
}

SECTION_CODES: dict[str, Code] = {
    "order": Code("LN", "30667-0", "MR cervical spine without contrast"),
    "document": Code("LN", "18748-4", "Diagnostic imaging study"),
    "history": Code("LN", "11329-0", "History"),
    "technique": Code("LN", "55111-9", "Procedure description"),
    "comparison": Code("LN", "55114-3", "Prior procedure descriptions"),
    "previous_findings": Code("LN", "18834-2", "Previous findings"),
    "findings": Code("LN", "59776-5", "Findings"),
    "impression": Code("LN", "19005-8", "Impression"),
    "recommendations": Code("LN", "18783-1", "Recommendations"),
    "conclusions": Code("LN", "55110-1", "Conclusions"),
    "critical_results": Code("LN", "73568-8", "Communication of critical results"),
}

# By category: within minutes, hours, days.
ACTIONABLE_CODES: dict[int, Code] = {
    1: Code("RADLEX", "RID49480", "Actionable finding category 1"),
    2: Code("RADLEX", "RID49481", "Actionable finding category 2"),
    3: Code("RADLEX", "RID49482", "Actionable finding category 3"),
}
