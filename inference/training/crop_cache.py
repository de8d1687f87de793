"""Crops for the grading networks, cut once from simulated series with *predicted* segmentations, kept as uint8.

A network that was trained on true masks would meet in service masks it has never seen. The centres are jittered as
badly as the level finder may place them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference import weights
from inference.crops import axial_crop, canal_of_disc, sagittal_crop
from inference.cross_view import with_disc_edges
from inference.level_frames import LevelFrame, disc_edge, frame_along, slip_frames, vertebra_frames
from inference.networks import FINDING_PLANE, PLANES, SPACING_MM, CropGeometry, Plane
from inference.phantom.contrast import image_from_codes
from inference.segmentation import ProbabilityMap, fuse, normalise, predict, run_network, to_network_spacing
from inference.training.contrasts import sequence_of
from inference.training.dataset import CachedStudy
from inference.training.images import simulated_image
from inference.training.loop import has_fast_bfloat16, training_device
from inference.volumes import Volume
from reporting.vocabulary import DiscLevel, LevelKind, MachineFinding, SeriesRole, Side, Zone

ZONES = (Zone.CENTRAL, Zone.PARACENTRAL, Zone.FORAMINAL)
_SCALE = 170.0  # greys up to 1.5 fit a byte
_CENTER_JITTER_MM = 1.5
_AXIS_JITTER_DEG = 4.0
_CANAL_JITTER_MM = 1.5
_FUSED_SHARE = 0.75
_TOLD_SHARE = 0.85  # of training scans whose axial masks know a sagittal series
_WINDOW_MM = 60.0


@dataclass(frozen=True)
class CropSet:
    """Crops of one finding from many patients: memory-mapped files and one row of targets per crop."""

    files: tuple[NDArray[np.uint8], ...]
    place: NDArray[np.int64]  # (n, 2): which file, which row of it
    seeds: NDArray[np.int64]
    levels: tuple[str, ...]
    targets: dict[str, NDArray[np.float32]]

    def __len__(self) -> int:
        return len(self.place)

    def crop(self, index: int) -> NDArray[np.float32]:
        """One crop (channels, …) as the network wants it."""
        return as_floats(self.bytes_of(index))

    def bytes_of(self, index: int) -> NDArray[np.uint8]:
        """One crop as it lies on disk."""
        file, row = self.place[index]
        crop: NDArray[np.uint8] = self.files[file][row]
        return crop


def as_bytes(crop: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Greys and probabilities, 0…1.5, quantised."""
    quantised: NDArray[np.uint8] = np.clip(np.rint(crop * _SCALE), 0, 255).astype(np.uint8)
    return quantised


@overload
def as_floats(crop: NDArray[np.uint8]) -> NDArray[np.float32]: ...
@overload
def as_floats(crop: Tensor) -> Tensor: ...
def as_floats(crop: NDArray[np.uint8] | Tensor) -> NDArray[np.float32] | Tensor:
    """The inverse of ``as_bytes``."""
    if isinstance(crop, Tensor):
        return crop.float() / _SCALE
    return crop.astype(np.float32) / np.float32(_SCALE)


Crops = Mapping[MachineFinding, CropGeometry]


@dataclass(frozen=True)
class CropJob:
    """Where crops go, what they look like, and the folder of the segmentation networks."""

    root: Path
    crops: Crops
    weights_directory: Path


def cut_crops(job: CropJob, work: tuple[CachedStudy, int, bool]) -> None:
    """Simulate, segment and cut one study unless its crops of this variant exist; safe to run in many processes.

    ``work``: the study, the variant (a contrast, a place and a mask of its own), and whether places are jittered.
    """
    study, variant, jitter = work
    path = job.root / f"{study.seed}_{variant}"
    if path.exists():
        return
    rng = np.random.default_rng([study.seed, 100 + variant])
    networks = {plane: _network(plane, job.weights_directory) for plane in PLANES}
    device = training_device()
    with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)):
        image, sagittal = _sagittal_map(study, networks["sagittal"], rng, jitter)
        found = [*_sagittal_crops(study, job.crops, image, sagittal, rng, jitter)]
        told = sagittal if not jitter or rng.random() < _TOLD_SHARE else None
        found += _axial_crops(study, job.crops, networks["axial"], told, rng, jitter)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.mkdir(parents=True)
    for finding in MachineFinding:
        mine = [(crop, target) for kind, crop, target in found if kind is finding]
        crops = np.stack([as_bytes(crop) for crop, _ in mine]) if mine else np.empty((0,), np.uint8)
        np.save(beside / f"{finding.value}.npy", crops)
        (beside / f"{finding.value}.json").write_text(json.dumps([target for _, target in mine]))
    try:
        beside.rename(path)
    except OSError:  # another process was faster
        shutil.rmtree(beside)


def _network(plane: Plane, weights_directory: Path) -> nn.Module:
    return weights.load(weights.SEGMENTATION_NAMES[plane], weights_directory)[0].to(training_device())


def load_crops(root: Path, finding: MachineFinding, seeds: Sequence[int]) -> CropSet:
    """All crops of a finding from these patients, every variant there is."""
    files: list[NDArray[np.uint8]] = []
    place: list[tuple[int, int]] = []
    rows: list[dict[str, Any]] = []
    wanted = set(seeds)
    for path in sorted(root.glob("*_*")):
        seed = int(path.name.split("_")[0])
        if seed not in wanted or path.suffix == ".part":
            continue
        records = json.loads((path / f"{finding.value}.json").read_text())
        place += [(len(files), row) for row in range(len(records))]
        rows += [{"seed": seed, **record} for record in records]
        files.append(np.load(path / f"{finding.value}.npy", mmap_mode="r"))
    names = [name for name in rows[0] if name not in {"seed", "level"}]
    return CropSet(
        tuple(files),
        np.array(place, dtype=np.int64),
        np.array([row["seed"] for row in rows], dtype=np.int64),
        tuple(str(row["level"]) for row in rows),
        {name: np.array([row[name] for row in rows], dtype=np.float32) for name in names},
    )


Found = tuple[MachineFinding, NDArray[np.float32], dict[str, Any]]


def _sagittal_map(
    study: CachedStudy, network: nn.Module, rng: np.random.Generator, jitter: bool
) -> tuple[Volume, ProbabilityMap]:
    first = simulated_image(study, SeriesRole.SAGITTAL_T1, rng)
    probabilities = predict(network, first, "sagittal")
    if rng.random() < _FUSED_SHARE or not jitter:
        second = simulated_image(study, SeriesRole.SAGITTAL_T2, rng, sequence_of(SeriesRole.SAGITTAL_T2, rng))
        probabilities = fuse(probabilities, predict(network, second, "sagittal"))
    return first, probabilities


def _sagittal_crops(
    study: CachedStudy,
    crops: Crops,
    image: Volume,
    probabilities: ProbabilityMap,
    rng: np.random.Generator,
    jitter: bool,
) -> Iterator[Found]:
    centers = _centers(study, LevelKind.VERTEBRA), _centers(study, LevelKind.DISC)
    for finding, frames in (
        (MachineFinding.OSTEOPHYTE, vertebra_frames(*centers)),
        (MachineFinding.SLIP, slip_frames(*centers)),
    ):
        for record in _records(study, finding):
            frame = frames[record["level"]]
            if not _inside(image, frame.center_lps_mm):
                continue
            frame = _jittered(frame, rng) if jitter else frame
            yield finding, sagittal_crop(crops[finding], image, probabilities, frame), _target(record)


def _axial_crops(
    study: CachedStudy,
    crops: Crops,
    network: nn.Module,
    sagittal: ProbabilityMap | None,
    rng: np.random.Generator,
    jitter: bool,
) -> Iterator[Found]:
    """Only the slices around the discs are simulated and segmented: the network sees no more than three anyway.

    ``sagittal``: the map that tells the discs' edges, where the study has one of the same position.
    """
    role = SeriesRole.AXIAL_T2
    codes, affine = study.codes(role), study.affine_lps_mm(role)
    whole = Volume(codes, affine)
    wanted: dict[str, tuple[int, NDArray[np.float64]]] = {}
    discs = _centers(study, LevelKind.DISC)
    centers = {**_centers(study, LevelKind.VERTEBRA), **discs}
    for level, center in discs.items():
        point = np.array(center)
        index = whole.to_index_kji(disc_edge(DiscLevel(level), centers))
        k = round(float(index[0] + jitter * rng.normal(0, 0.35)))
        if 1 <= k < len(codes) - 1 and (index[1:] > 0).all() and (index[1:] < codes.shape[2:]).all():
            wanted[level] = (k, point + rng.normal(0, 1.0, 3) * jitter)
    slices = sorted({k + step for k, _ in wanted.values() for step in (-1, 0, 1)})
    usual = not jitter or rng.random() < 0.5
    greys = normalise(image_from_codes(codes[slices], "T2" if usual else sequence_of(role, rng), rng))
    for level, (k, point) in wanted.items():
        place = slices.index(k)
        triplet = Volume(greys[place - 1 : place + 2], _shifted(affine, k - 1))
        probabilities = _middle_slice(network, triplet, point)
        if sagittal is not None:
            probabilities = with_disc_edges(probabilities, sagittal)
        middle = canal_of_disc(triplet, probabilities, 1, point)
        middle = middle + rng.normal(0, _CANAL_JITTER_MM, 3) * jitter
        for finding in MachineFinding:
            if FINDING_PLANE[finding] == "axial":
                for record in _records(study, finding, level):
                    side = Side(record["side"]) if record["side"] else None
                    yield finding, axial_crop(crops[finding], triplet, probabilities, 1, middle, side), _target(record)


def _middle_slice(network: nn.Module, triplet: Volume, center_lps_mm: NDArray[np.float64]) -> ProbabilityMap:
    """Probabilities of the middle of three axial slices, within ``_WINDOW_MM`` of a point."""
    stack, affine = to_network_spacing(triplet, SPACING_MM["axial"])
    _, row, column = Volume(stack, affine).to_index_kji(center_lps_mm)
    reach = _WINDOW_MM / SPACING_MM["axial"]
    low, left = max(0, int(row - reach)), max(0, int(column - reach))
    window = stack[:, low : int(row + reach), left : int(column + reach)]
    shifted = affine.copy()
    shifted[:3, 3] += affine[:3, :3] @ np.array([1, low, left])
    return ProbabilityMap("axial", run_network(network, window, [1]), shifted)


def _shifted(affine_lps_mm: NDArray[np.float64], slices: int) -> NDArray[np.float64]:
    moved = affine_lps_mm.copy()
    moved[:3, 3] += slices * affine_lps_mm[:3, 0]
    return moved


def _centers(study: CachedStudy, kind: LevelKind) -> dict[str, tuple[float, float, float]]:
    return {
        str(level["name"]): (level["center_lps_mm"][0], level["center_lps_mm"][1], level["center_lps_mm"][2])
        for level in study.truth["levels"]
        if level["kind"] == kind.value
    }


def _records(study: CachedStudy, finding: MachineFinding, level: str | None = None) -> list[dict[str, Any]]:
    return [
        record
        for record in study.truth["findings"]
        if record["finding"] == finding.value and level in (None, record["level"])
    ]


def _target(record: dict[str, Any]) -> dict[str, Any]:
    target = {
        "level": record["level"],
        "positive": float(record["positive"]),
        "mm": float(record.get("signed_mm", record["mm"])),
    }
    if record["finding"] == MachineFinding.HERNIATION.value:
        target["offset"] = float(record["fraction"] or 0.0)
        target["zone"] = float(ZONES.index(Zone(record["zone"]))) if record["zone"] in ZONES else 0.0
    return target


def _jittered(frame: LevelFrame, rng: np.random.Generator) -> LevelFrame:
    lean = np.tan(np.deg2rad(rng.normal(0, _AXIS_JITTER_DEG, 2)))
    center = frame.center_lps_mm + rng.normal(0, _CENTER_JITTER_MM, 3)
    return frame_along(center, frame.inferior + lean[0] * frame.left + lean[1] * frame.posterior)


def _inside(image: Volume, point_lps_mm: NDArray[np.float64]) -> bool:
    index = image.to_index_kji(point_lps_mm)
    return bool((index > -0.5).all() and (index < np.array(image.array.shape) - 0.5).all())
