"""What is kept of one analysed phantom: truth beside what was said, place by place. Plain data, one JSON file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

RECORD_VERSION = 3
OUTCOMES = ("right", "wrong", "uncertain", "missing")
"""Of a level. Wrong: named with confidence, but it is another level."""


@dataclass(frozen=True)
class Place:
    """One finding at one level and side. What was said is ``None`` where it was not assessed; ``why_not`` says why."""

    finding: str
    level: str
    side: str | None
    true_positive: bool
    true_mm: float
    true_zone: str | None = None
    true_side: str | None = None
    true_direction: str | None = None
    probability: float | None = None
    threshold: float | None = None
    said_positive: bool | None = None
    mm: float | None = None
    mm_from_mask: float | None = None
    zone: str | None = None
    herniation_side: str | None = None
    direction: str | None = None
    why_not: str = ""

    @property
    def assessed(self) -> bool:
        return self.probability is not None

    @property
    def wrong(self) -> bool:
        return self.assessed and self.said_positive != self.true_positive


@dataclass(frozen=True)
class LevelOutcome:
    """``outcome``: one of ``OUTCOMES``."""

    level: str
    kind: str
    outcome: str
    distance_mm: float | None = None


@dataclass(frozen=True)
class SliceOutcome:
    """How many slices the chosen axial slice lies from the true one; ``None``: none was chosen.

    ``shows``: its plane passes the disc's posterior edge as near as the true one's, or within a millimetre of that.
    """

    disc: str
    offset: int | None
    shows: bool = False


@dataclass(frozen=True)
class Overlap:
    """Dice of one structure. ``where``: ``central`` (sagittal), ``C2/3 to C7/T1`` or ``index slices`` (axial)."""

    series: str
    structure: str
    where: str
    dice: float


@dataclass(frozen=True)
class Measured:
    """The same measurement on the predicted and on the true label maps; ``unit`` in UCUM."""

    name: str
    level: str
    side: str | None
    true: float
    found: float
    unit: str


@dataclass(frozen=True)
class Picture:
    """A JPEG beside the record. ``score``: how bad it is, more is worse."""

    file: str
    kind: str
    what: str
    caption: str
    score: float


@dataclass(frozen=True)
class StudyRecord:
    """``key`` is all that the figures depend on: a record with another key is made again. ``error`` of a failed study:
    reason code and sentence; its places are then unassessed."""

    key: Mapping[str, Any]
    seed: int
    condition: str
    vendor: str
    error: str = ""
    gate: str = ""
    gate_reasons: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    levels: tuple[LevelOutcome, ...] = ()
    slices: tuple[SliceOutcome, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    measured: tuple[Measured, ...] = ()
    reflection_mm: float | None = None
    pictures: tuple[Picture, ...] = ()
    timings_s: Mapping[str, float] = field(default_factory=dict)
    peak_rss_mb: float | None = None
    device: str = ""
    commit: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StudyRecord:
        """The inverse of ``as_json``.

        Raises:
            TypeError, KeyError: the data has another shape.
        """
        parts: dict[str, Any] = {
            "gate_reasons": tuple(data["gate_reasons"]),
            "places": tuple(Place(**one) for one in data["places"]),
            "levels": tuple(LevelOutcome(**one) for one in data["levels"]),
            "slices": tuple(SliceOutcome(**one) for one in data["slices"]),
            "overlaps": tuple(Overlap(**one) for one in data["overlaps"]),
            "measured": tuple(Measured(**one) for one in data["measured"]),
            "pictures": tuple(Picture(**one) for one in data["pictures"]),
        }
        return cls(**{**data, **parts})
