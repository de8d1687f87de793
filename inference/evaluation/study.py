"""One phantom: written as DICOM, analysed like any study, compared with its truth."""

from __future__ import annotations

import logging
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference import weights
from inference.evaluation import compare, true_maps
from inference.evaluation.conditions import Condition, Settings, vendor_of
from inference.evaluation.failures import Views, write_pictures
from inference.evaluation.overlap import central_slices, dice, slices_between
from inference.evaluation.records import RECORD_VERSION, Measured, Overlap, StudyRecord
from inference.evaluation.reflect_dicom import reflect
from inference.phantom import PHANTOM_VERSION, StudyPlan, write_plan
from inference.phantom.truth import PLANE_STRUCTURES, truth_record
from inference.phantom.vendors import PLANE_OF_ROLE
from inference.pipeline import run
from inference.preprocess import canonical
from inference.results import PipelineError, PipelineResult
from inference.volumes import Volume
from reporting.studies.series_roles import Plane
from reporting.vocabulary import MODELLED_DISCS, SeriesRole

log = logging.getLogger(__name__)

_SAGITTAL = (SeriesRole.SAGITTAL_T2, SeriesRole.SAGITTAL_T1)


@dataclass(frozen=True)
class Task:
    """One phantom under one condition. ``pictures``: the folder for pictures of what went wrong."""

    seed: int
    condition: Condition
    settings: Settings
    pictures: Path
    device: str | None = None
    commit: str = ""

    @property
    def name(self) -> str:
        return f"{self.condition.name}/{self.seed}"

    def key(self) -> dict[str, Any]:
        """Everything that a record's figures depend on, but the program itself (its commit is kept beside)."""
        return {
            "record": RECORD_VERSION,
            "phantom": PHANTOM_VERSION,
            "weights": weights.algorithm_info().weights_sha256,
            "settings": asdict(self.settings),
            "scan": dict(self.condition.scan),
            "stronger": dict(self.condition.stronger),
            "axial_role_given": self.condition.axial_role_given,
            "reflected": self.condition.reflected,
            "device": (self.device or ("cuda" if torch.cuda.is_available() else "cpu")).split(":")[0],
        }


def evaluate(task: Task) -> StudyRecord:
    """Write, analyse and compare one phantom. A study that fails is a result: its record says why."""
    with tempfile.TemporaryDirectory(prefix="dens-evaluation-") as folder:
        try:
            return _evaluated(task, Path(folder))
        except PipelineError as refusal:
            error = f"{refusal.reason}: {refusal.message}"
        except Exception as fault:  # whatever it is: counted, listed, and the others go on
            log.exception("seed %s, %s failed", task.seed, task.condition.name)
            error = f"{type(fault).__name__}: {fault}"
    return failed(task, error.replace(folder, "study").replace(str(weights.DIRECTORY.parents[1]), "program"))


def failed(task: Task, error: str) -> StudyRecord:
    """The record of a study without a result: nothing is assessed. Places are empty where even the truth is unknown."""
    try:
        truth = truth_record(task.settings.plan(task.seed, task.condition).spec)
        places = tuple(compare.places(compare.reflect_truth(truth) if task.condition.reflected else truth, None))
    except Exception:  # the phantom itself cannot be drawn
        places = ()
    return StudyRecord(
        key=task.key(),
        seed=task.seed,
        condition=task.condition.name,
        vendor=vendor_of(task.seed),
        error=error,
        places=places,
        commit=task.commit,
    )


def _evaluated(task: Task, folder: Path) -> StudyRecord:
    plan = task.settings.plan(task.seed, task.condition)
    began = time.perf_counter()
    truth = write_plan(folder, plan, through_plane_samples=task.settings.samples, artefacts=task.condition.artefacts)
    written_s = time.perf_counter() - began
    files = sorted(folder.glob("*/*"))
    if task.condition.reflected:
        reflect(files)
        truth = compare.reflect_truth(truth)
    result = run(files, roles=_roles(task, truth), device=task.device)
    return _record(task, plan, truth, result, written_s)


def _roles(task: Task, truth: Mapping[str, Any]) -> dict[str, SeriesRole]:
    if not task.condition.axial_role_given:
        return {}
    return {one["uid"]: SeriesRole.AXIAL_T2 for one in truth["series"] if one["role"] == SeriesRole.AXIAL_T2.value}


def _record(
    task: Task, plan: StudyPlan, truth: Mapping[str, Any], result: PipelineResult, written_s: float
) -> StudyRecord:
    maps = _true_maps(task, plan, truth, result)
    places = tuple(compare.places(truth, result))
    levels = compare.level_outcomes(truth, result.levels)
    overlaps = _overlaps(truth, result, maps)
    stem = f"{task.seed}_{task.condition.name}"
    pictures = write_pictures(Views(result, truth, maps), places, levels, overlaps, task.pictures, stem)
    return StudyRecord(
        key=task.key(),
        seed=task.seed,
        condition=task.condition.name,
        vendor=plan.vendor_name,
        gate=result.gate.status.value,
        gate_reasons=result.gate.reasons,
        places=places,
        levels=tuple(levels),
        slices=tuple(compare.slice_outcomes(truth, result.levels)),
        overlaps=tuple(overlaps),
        measured=tuple(_measured(truth, result, maps)),
        reflection_mm=_reflection_mm(truth, result) if task.condition.reflected else None,
        pictures=tuple(pictures),
        timings_s={"write": round(written_s, 2), **result.timings_s},
        peak_rss_mb=_peak_rss_mb(),
        device=result.device,
        commit=task.commit,
    )


def _true_maps(task: Task, plan: StudyPlan, truth: Mapping[str, Any], result: PipelineResult) -> dict[str, Volume]:
    roles = {one["uid"]: SeriesRole(one["role"]) for one in truth["series"]}
    return {
        key: true_maps.true_map(
            plan, roles[key.split("#")[0]], labelled, task.settings.truth_samples, reflected=task.condition.reflected
        )
        for key, labelled in result.masks.items()
    }


def _of_role(truth: Mapping[str, Any], maps: Mapping[str, Volume], role: SeriesRole) -> list[str]:
    uid = next((one["uid"] for one in truth["series"] if one["role"] == role.value), None)
    return [key for key in maps if key.split("#")[0] == uid]


def _overlaps(truth: Mapping[str, Any], result: PipelineResult, maps: Mapping[str, Volume]) -> list[Overlap]:
    overlaps = []
    for role in _SAGITTAL:
        for key in _of_role(truth, maps, role):
            true = canonical(maps[key], Plane.SAGITTAL)
            found = canonical(result.masks[key], Plane.SAGITTAL)
            keep = central_slices(true.array.astype(np.uint8), float(true.spacing_kji_mm[0]))
            overlaps += _dice(role, "central", [true.array[keep]], [found.array[keep]])
    centers = {one["name"]: np.array(one["center_lps_mm"]) for one in truth["levels"]}
    index_slices = {
        one["index_slice"]["sop_instance_uid"] for one in truth["levels"] if one["name"] in set(MODELLED_DISCS)
    }
    keys = _of_role(truth, maps, SeriesRole.AXIAL_T2)
    for where in ("C2/3 to C7/T1", "index slices"):
        true_parts, found_parts = [], []
        for key in keys:
            volume = maps[key]
            if where == "index slices":
                keep = np.array([uid in index_slices for uid in volume.sop_instance_uids], dtype=bool)
            else:
                keep = slices_between(volume, centers["C2/3"], centers["C7/T1"])
            true_parts.append(volume.array[keep])
            found_parts.append(result.masks[key].array[keep])
        overlaps += _dice(SeriesRole.AXIAL_T2, where, true_parts, found_parts)
    return overlaps


def _dice(
    role: SeriesRole, where: str, true: Sequence[np.ndarray[Any, Any]], found: Sequence[np.ndarray[Any, Any]]
) -> list[Overlap]:
    if not true:
        return []
    flat_true, flat_found = (np.concatenate([part.ravel() for part in parts]) for parts in (true, found))
    scores = dice(flat_true, flat_found, PLANE_STRUCTURES[PLANE_OF_ROLE[role]])
    return [Overlap(role.value, structure.value, where, round(score, 4)) for structure, score in scores.items()]


def _measured(truth: Mapping[str, Any], result: PipelineResult, maps: Mapping[str, Volume]) -> list[Measured]:
    """The pipeline's measurements beside the same ones on the true label maps."""
    sagittal, axial = (_of_role(truth, maps, role) for role in (SeriesRole.SAGITTAL_T2, SeriesRole.AXIAL_T2))
    true = true_maps.measurements(maps[sagittal[0]] if sagittal else None, [maps[key] for key in axial])
    found = true_maps.by_key(result.measurements)
    units = {one.name: one.unit for one in result.measurements}
    return [Measured(*key, true[key], value, units[key[0]]) for key, value in found.items() if key in true]


def _reflection_mm(truth: Mapping[str, Any], result: PipelineResult) -> float:
    """The largest change of any measurement when the label maps that were found are reflected."""
    sagittal, axial = (_of_role(truth, result.masks, role) for role in (SeriesRole.SAGITTAL_T2, SeriesRole.AXIAL_T2))
    volumes = [result.masks[key] for key in (*sagittal[:1], *axial)]
    before, after = (
        true_maps.measurements(parts[0] if sagittal else None, parts[len(sagittal[:1]) :])
        for parts in (volumes, [true_maps.reflected(volume) for volume in volumes])
    )
    return true_maps.reflection_difference(before, after)


def _peak_rss_mb() -> float:
    """Of this process so far; Linux counts KiB, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024), 1)
