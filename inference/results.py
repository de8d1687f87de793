"""What the pipeline returns and how it refuses: frozen dataclasses, no behaviour.

Lengths are millimetres; points are patient coordinates in LPS millimetres (DICOM PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reporting.vocabulary import (
    GateStatus,
    LevelKind,
    LevelStatus,
    MachineFinding,
    SeriesRole,
    Side,
    Zone,
)

Point = tuple[float, float, float]
Line = tuple[Point, Point]


def as_point(place: NDArray[np.float64]) -> Point:
    return float(place[0]), float(place[1]), float(place[2])


class PipelineError(Exception):
    """The study cannot be analysed; ``reason`` is a stable code, the message says it in one sentence.

    A refusal, not a fault: it is shown to the reader and never retried.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class SeriesUse:
    """One series of the input and the part it played."""

    uid: str
    role: SeriesRole
    reason: str
    path: str = ""


@dataclass(frozen=True)
class FindingGate:
    """Whether one finding was run, and every reason code when it was not."""

    status: GateStatus
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """``levels``: those of which nothing is stated although their findings run elsewhere, and why."""

    status: GateStatus
    findings: dict[MachineFinding, FindingGate]
    reasons: tuple[str, ...] = ()
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class AlgorithmInfo:
    """Algorithm Identification (PS3.16 TID 4019): name, version, and the digest of the weights used."""

    name: str
    version: str
    weights_sha256: str


@dataclass(frozen=True)
class IndexSlice:
    """The slice that shows a level best, in one series. ``k`` counts along the volume's first axis from 0."""

    series_uid: str
    sop_instance_uid: str
    k: int
    frame_number: int | None = None


@dataclass(frozen=True)
class LevelResult:
    """``line_lps_mm``: a disc from front to back in the midline, where it was seen itself."""

    name: str
    kind: LevelKind
    center_lps_mm: Point
    status: LevelStatus
    sagittal_slice: IndexSlice | None = None
    index_slice: IndexSlice | None = None
    reasons: tuple[str, ...] = ()
    line_lps_mm: Line | None = None


@dataclass(frozen=True)
class LevelPrediction:
    """One machine statement. ``positive`` always means disease; a normal value is ``positive=False``."""

    finding: MachineFinding
    level: str
    side: Side | None
    probability: float
    threshold: float
    positive: bool
    algorithm: AlgorithmInfo
    mm: float | None = None
    mm_from_mask: float | None = None
    grade: str | None = None
    zone: Zone | None = None
    herniation_side: Side | None = None
    direction: str | None = None
    source_slice: IndexSlice | None = None
    series_uid: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """A number taken from the label maps: ``name`` as in docs/analysis_schema.md, unit in UCUM.

    ``line_lps_mm``: the line it was measured along, where there is one.
    """

    name: str
    level: str
    value: float
    unit: str
    side: Side | None = None
    series_uid: str = ""
    line_lps_mm: Line | None = None


@dataclass(frozen=True)
class PipelineResult:
    """All that one run has to say.

    ``masks`` maps series uid → label map ``Volume``, ``images`` the same keys → what was segmented; neither is
    serialised to JSON.
    """

    series: tuple[SeriesUse, ...]
    gate: Gate
    levels: tuple[LevelResult, ...]
    predictions: tuple[LevelPrediction, ...]
    measurements: tuple[Measurement, ...]
    algorithm: AlgorithmInfo
    timings_s: dict[str, float]
    device: str = "cpu"
    quality: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Any] = field(default_factory=dict)
    images: dict[str, Any] = field(default_factory=dict)
