"""Named levels + segmented series → one prediction per finding, level and side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.crops import axial_crop, canal_of_disc, sagittal_crop
from inference.grading import Grade, grade, slip_grade
from inference.level_frames import slip_frames, vertebra_frames
from inference.level_signal import blocked_levels, slip_is_blocked
from inference.levels import slice_through
from inference.matching import SliceMatch, index_slice
from inference.networks import CROPS, CropGeometry
from inference.results import AlgorithmInfo, IndexSlice, LevelPrediction, LevelResult, Measurement, Point
from inference.segmentation import ProbabilityMap, Segmentation
from inference.volumes import Volume
from reporting.vocabulary import MACHINE_FINDINGS, MODELLED_DISCS, REPORTED_VERTEBRAE, LevelKind, MachineFinding, Side

DISAGREEMENT_MM = 1.0
"""Between the network's millimetres and the mask's; more is flagged to the reader."""

_MARGIN_MM = 3.0
# Measurements that a network's millimetres are held against.
_MASK_MEASUREMENT = {MachineFinding.SLIP: "slip", MachineFinding.PLL: "pll", MachineFinding.LF: "lf"}


Crops = dict[tuple[str, CropGeometry, bool], NDArray[np.float32]]
"""Axial crops by disc, what they show, and whether they are mirrored."""


@dataclass(frozen=True)
class Place:
    """Where a finding is looked for, and what the network is shown of it."""

    finding: MachineFinding
    level: str
    side: Side | None
    crop: NDArray[np.float32]
    source: IndexSlice | None


def grade_sagittal(
    finding: MachineFinding,
    levels: Sequence[LevelResult],
    series: Volume,
    image: Volume,
    probabilities: ProbabilityMap,
) -> list[tuple[Place, Grade]]:
    """Osteophyte or slip, graded at ``sagittal_places``."""
    return _graded(finding, sagittal_places(finding, levels, series, image, probabilities))


def sagittal_places(
    finding: MachineFinding,
    levels: Sequence[LevelResult],
    series: Volume,
    image: Volume,
    probabilities: ProbabilityMap,
) -> list[Place]:
    """Every reported vertebra that lies inside the series and is not blocked."""
    blocked = blocked_levels(levels)
    vertebrae, discs = _centers(levels, LevelKind.VERTEBRA), _centers(levels, LevelKind.DISC)
    frames = (slip_frames if finding is MachineFinding.SLIP else vertebra_frames)(vertebrae, discs)
    places = []
    for vertebra in REPORTED_VERTEBRAE:
        frame = frames.get(vertebra.value)
        if vertebra.value in blocked or (finding is MachineFinding.SLIP and slip_is_blocked(vertebra, blocked)):
            continue
        if frame is not None and _inside(image, frame.center_lps_mm):
            crop = sagittal_crop(CROPS[finding], image, probabilities, frame)
            places.append(
                Place(finding, vertebra.value, None, crop, slice_through(series, np.array(vertebrae[vertebra.value])))
            )
    return places


def grade_axial(
    finding: MachineFinding,
    levels: Sequence[LevelResult],
    matches: Mapping[str, SliceMatch],
    packs: Sequence[tuple[Volume, Segmentation]],
    cut: Crops,
) -> list[tuple[Place, Grade]]:
    """Herniation, PLL or LF, graded at ``axial_places``."""
    return _graded(finding, axial_places(finding, levels, matches, packs, cut))


def axial_places(
    finding: MachineFinding,
    levels: Sequence[LevelResult],
    matches: Mapping[str, SliceMatch],
    packs: Sequence[tuple[Volume, Segmentation]],
    cut: Crops,
) -> list[Place]:
    """Every modelled disc that an axial slice passes through and that is not blocked.

    ``cut`` keeps crops from one finding to the next: most findings of a disc are shown the same one.
    """
    discs = _centers(levels, LevelKind.DISC)
    blocked = blocked_levels(levels)
    places = []
    for disc in MODELLED_DISCS:
        match = matches.get(disc.value)
        if match is None or disc.value not in discs or disc.value in blocked:
            continue
        series, segmentation = packs[match.pack]
        center = np.array(discs[disc.value])
        image = segmentation.image
        k = _canonical_slice(series, image, match.k)
        middle = canal_of_disc(image, segmentation.probabilities, k, center)
        for side in MACHINE_FINDINGS[finding].sides:
            key = disc.value, CROPS[finding], side is Side.RIGHT
            if key not in cut:
                cut[key] = axial_crop(CROPS[finding], image, segmentation.probabilities, k, middle, side)
            places.append(Place(finding, disc.value, side, cut[key], index_slice(series, match.k)))
    return places


def predictions(
    graded: Sequence[tuple[Place, Grade]], measured: Sequence[Measurement], algorithm: AlgorithmInfo
) -> Iterator[LevelPrediction]:
    """Join grades with what the masks say of the same place."""
    masks = {(one.name, one.level, one.side): one.value for one in measured}
    for place, found in graded:
        name = _MASK_MEASUREMENT.get(place.finding)
        from_mask = None if name is None else masks.get((name, place.level, place.side))
        size = None if from_mask is None else abs(from_mask)
        yield LevelPrediction(
            finding=place.finding,
            level=place.level,
            side=place.side,
            probability=found.probability,
            threshold=found.threshold,
            positive=found.positive,
            algorithm=algorithm,
            mm=found.mm,
            mm_from_mask=size,
            grade=_slip_grade(place, found, masks),
            zone=found.zone,
            herniation_side=found.side,
            direction=found.direction,
            source_slice=place.source,
            series_uid=place.source.series_uid if place.source else "",
            flags=("mask_disagrees",) if size is not None and abs(size - found.mm) > DISAGREEMENT_MM else (),
        )


def _graded(finding: MachineFinding, places: list[Place]) -> list[tuple[Place, Grade]]:
    return list(zip(places, grade(finding, [place.crop for place in places]), strict=True))


def _slip_grade(place: Place, found: Grade, masks: Mapping[tuple[str, str, Side | None], float]) -> str | None:
    depth = masks.get(("lower_endplate", place.level, None))
    if place.finding is not MachineFinding.SLIP or not found.positive or not depth:
        return None
    return slip_grade(found.mm, depth)


def _centers(levels: Sequence[LevelResult], kind: LevelKind) -> dict[str, Point]:
    return {level.name: level.center_lps_mm for level in levels if level.kind is kind}


def _inside(image: Volume, point_lps_mm: NDArray[np.float64]) -> bool:
    """Whether a point lies in the image, not within a few millimetres of its in-plane border."""
    index, spacing = image.to_index_kji(point_lps_mm), image.spacing_kji_mm
    margin = np.array([-0.5, _MARGIN_MM / spacing[1], _MARGIN_MM / spacing[2]])
    return bool(np.all(index >= margin) and np.all(index <= np.array(image.array.shape) - 1 - margin))


def _canonical_slice(series: Volume, image: Volume, k: int) -> int:
    """Slice ``k`` of a series as a slice of its canonical image (perhaps counted from the other end)."""
    middle = np.array([k, series.array.shape[1] / 2, series.array.shape[2] / 2])
    return round(float(image.to_index_kji(series.to_lps_mm(middle))[0]))
