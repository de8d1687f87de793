"""Crops of exported studies, cut by the code that cuts them in service, with what people signed as targets."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.grading_stage import Crops, Place, axial_places, sagittal_places
from inference.intake import InputSeries, collect
from inference.matching import match_levels
from inference.networks import CROPS, FINDING_PLANE
from inference.one_position import Pack, fused, told
from inference.results import LevelResult
from inference.segmentation import segment
from inference.training.crop_cache import ZONES, as_bytes
from inference.training.dataset import PLANE_OF
from inference.training.exported import ExportedStudy, labels_of, number_at
from inference.training.exported_marks import middles
from reporting.vocabulary import MACHINE_FINDINGS, LevelKind, LevelStatus, MachineFinding, SeriesRole

_SIZES = {MachineFinding.SLIP: ("slip_mm",), MachineFinding.PLL: ("pll_mm",), MachineFinding.LF: ("lf_mm",)}
Target = dict[str, Any]


def cut_study(root: Path, study: ExportedStudy) -> None:
    """Write the study's crops of every finding beside those of others, as ``crop_cache.load_crops`` reads them.

    Raises:
        PipelineError: a series cannot be read as a volume.
    """
    path = root / f"{study.patient}_{study.folder.name}"
    if path.exists():
        return
    found = list(_crops(study))
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.mkdir(parents=True)
    for finding in MachineFinding:
        mine = [(crop, target) for kind, crop, target in found if kind is finding]
        geometry = CROPS[finding]
        none = np.empty((0, geometry.channels, *geometry.shape), np.uint8)
        np.save(beside / f"{finding.value}.npy", np.stack([as_bytes(crop) for crop, _ in mine]) if mine else none)
        (beside / f"{finding.value}.json").write_text(json.dumps([target for _, target in mine]))
    try:
        beside.rename(path)
    except OSError:  # another process was faster
        shutil.rmtree(beside)


def _crops(study: ExportedStudy) -> Iterator[tuple[MachineFinding, Any, Target]]:
    levels = _levels(study)
    packs = _told({role: _segmented(series) for role, series in series_of(study).items()})
    axial = packs.get(SeriesRole.AXIAL_T2, [])
    matches = match_levels(levels, [volume for volume, _ in axial]) if axial and levels else {}
    cut: Crops = {}
    for finding in MachineFinding:
        if FINDING_PLANE[finding] == "axial":
            places = axial_places(finding, levels, matches, axial, cut)
        else:
            needed = packs.get(MACHINE_FINDINGS[finding].needs, [])
            places = [
                place
                for volume, one in needed[:1]
                for place in sagittal_places(finding, levels, volume, one.image, one.probabilities)
            ]
        yield from _labelled(study, finding, places)


def _told(packs: Mapping[SeriesRole, list[Pack]]) -> dict[SeriesRole, list[Pack]]:
    """As in service: T1 and T2 share one map, and an axial series is told the discs' edges."""
    found = dict(packs)
    t1, t2 = found.get(SeriesRole.SAGITTAL_T1, []), found.get(SeriesRole.SAGITTAL_T2, [])
    if _one_space(t1, t2):
        found[SeriesRole.SAGITTAL_T2], found[SeriesRole.SAGITTAL_T1] = fused(t2, t1)
    sagittal = found.get(SeriesRole.SAGITTAL_T2) or found.get(SeriesRole.SAGITTAL_T1, [])
    axial = found.get(SeriesRole.AXIAL_T2, [])
    if _one_space(axial, sagittal):
        found[SeriesRole.AXIAL_T2] = told(axial, sagittal)
    return found


def _one_space(first: Sequence[Pack], second: Sequence[Pack]) -> bool:
    """Whether both are there and in one frame of reference; exported files are DICOM, which names it."""
    return bool(first and second) and first[0][0].shares_frame_with(second[0][0])


def _labelled(
    study: ExportedStudy, finding: MachineFinding, places: list[Place]
) -> Iterator[tuple[MachineFinding, Any, Target]]:
    labels = labels_of(study, finding.value)
    for place in places:
        side = place.side.value if place.side else ""
        label = labels.get((place.level, side))
        if label is not None:
            yield finding, place.crop, _target(study, finding, place.level, side, bool(label["positive"]))


def _target(study: ExportedStudy, finding: MachineFinding, level: str, side: str, positive: bool) -> Target:
    """Unknown sizes are NaN: they teach nothing (``train_grading.loss_of``)."""
    size = number_at(study, _SIZES.get(finding, ()), level, side)
    target: Target = {"level": level, "positive": float(positive), "mm": None if size is None else size}
    if finding is MachineFinding.HERNIATION:
        zones = {zone.value: place for place, zone in enumerate(ZONES)}
        said = [
            zones[label["value"]]
            for label in study.content["labels"]
            if label["field"] == "hern_zone" and label["level"] == level and label["value"] in zones
        ]
        target |= {"offset": None, "zone": float(said[0]) if said else None}
    return target


def _levels(study: ExportedStudy) -> list[LevelResult]:
    """Where the machine found each level; a vertebra that people pointed at lies where they did."""
    pointed_at = middles(study.content["marks"])
    return [
        LevelResult(
            name=level["name"],
            kind=LevelKind(level["kind"]),
            center_lps_mm=pointed_at.get(level["name"], tuple(level["center_lps_mm"])),
            status=LevelStatus.NAMED,
        )
        for level in study.content["levels"]
    ]


def series_of(study: ExportedStudy) -> dict[SeriesRole, InputSeries]:
    """The first series of each role; the export says the roles, because descriptions do not leave."""
    roles = {one["series_instance_uid"]: SeriesRole(one["role"]) for one in study.content["series"]}
    found: dict[SeriesRole, InputSeries] = {}
    for series in collect(_folders(study), roles).series:
        if series.uid in roles:
            found.setdefault(roles[series.uid], series)
    return found


def _folders(study: ExportedStudy) -> list[Path]:
    return sorted({(study.folder / one["files"][0]["path"]).parent for one in study.content["series"]})


def _segmented(series: InputSeries) -> list[Pack]:
    plane = PLANE_OF[series.decision.role]
    return [(volume, segment(volume, plane)) for volume in series.read()]
