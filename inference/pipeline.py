"""The stages in order: volumes → preprocess → segmentation → levels → matching → grading → measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference import weights
from inference.contrast_role import role_from_contrast
from inference.gate import GateFacts, decide, study_reasons
from inference.gate_reasons import GateReason
from inference.grading_stage import Crops, grade_axial, grade_sagittal, predictions
from inference.intake import InputSeries, Intake, UnreadableFile, collect
from inference.level_signal import blocked_levels, with_signal_voids
from inference.levels import Levels, name_levels
from inference.matching import SliceMatch, match_levels, with_index_slices
from inference.measurements.study import measure
from inference.one_position import fused, told
from inference.results import Gate, LevelPrediction, LevelResult, Measurement, PipelineError, PipelineResult, Point
from inference.segmentation import Segmentation, cord_in_lps_mm, segment
from inference.selection import Loaded, LoadedSeries, load, uses
from inference.serving_form import served
from inference.volumes import Volume
from reporting.studies.series_roles import Plane, RoleDecision, RoleReason
from reporting.vocabulary import MACHINE_FINDINGS, GateStatus, MachineFinding, SeriesRole

OnStage = Callable[[str], None]
STAGES = ("volumes", "preprocess", "segmentation", "levels", "matching", "measurements", "grading")


def run(
    paths: Sequence[Path],
    *,
    roles: Mapping[str, SeriesRole] | None = None,
    device: str | None = None,
    on_stage: OnStage | None = None,
    c2_3_hint_lps_mm: Point | None = None,
) -> PipelineResult:
    """Analyse the files of one study.

    ``roles`` overrides series roles (by file path, file name or Series Instance UID). ``device``: a torch device, by
    default CUDA when present. ``on_stage`` is called with the name of each stage as it begins. ``c2_3_hint_lps_mm``
    is a point marked as C2/3, for a study whose dens is outside the field of view.

    Raises:
        PipelineError: ``nothing_readable``: no file could be read at all. Everything less is a gate decision.
        WeightsError: the networks' weights are missing or changed.
    """
    clock = _Clock(on_stage or (lambda _: None))
    used = _place_networks(device)
    with clock.stage("volumes"):
        intake = collect(paths, roles)
        if not intake.series:
            raise PipelineError("nothing_readable", _nothing_readable(intake.unreadable))
        sources, objections = _one_study(intake.series)
        loaded = load(sources)
    with clock.stage("preprocess"):
        chosen = _choose(loaded)
    with clock.stage("segmentation"):
        segmented = _segment(chosen)
    with clock.stage("levels"):
        levels = _levels(segmented, c2_3_hint_lps_mm)
    with clock.stage("matching"):
        gate, results, matches = _match(sources, loaded, segmented, levels, objections)
    with clock.stage("measurements"):
        measured = _measure(segmented, levels, results, matches)
    with clock.stage("grading"):
        stated = _grade(gate, segmented, results, matches, measured)
    return PipelineResult(
        series=uses(intake.series, loaded, segmented.learned),
        gate=gate,
        levels=results,
        predictions=stated,
        measurements=measured,
        algorithm=weights.algorithm_info(),
        timings_s=clock.timings_s(),
        device=used,
        quality=_quality(intake, sources, loaded),
        masks=segmented.masks(),
        images=segmented.images(),
    )


class _Clock:
    """Seconds per stage, and a word to whoever waits."""

    def __init__(self, on_stage: OnStage) -> None:
        self._on_stage = on_stage
        self._seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._on_stage(name)
        began = time.perf_counter()
        yield
        self._seconds[name] = round(time.perf_counter() - began, 3)

    def timings_s(self) -> dict[str, float]:
        return {**self._seconds, "total": round(time.perf_counter() - self._began, 3)}


@dataclass(frozen=True)
class _Chosen:
    sagittal: LoadedSeries | None
    t1: LoadedSeries | None
    axial: LoadedSeries | None


@dataclass
class _Segmented:
    """Every segmented series. ``learned``: roles told from the image itself, for files without header."""

    chosen: _Chosen
    packs: dict[str, list[tuple[Volume, Segmentation]]] = field(default_factory=dict)
    learned: dict[str, RoleDecision] = field(default_factory=dict)

    def of(self, series: LoadedSeries | None) -> list[tuple[Volume, Segmentation]]:
        return [] if series is None else self.packs.get(series.source.uid, [])

    def images(self) -> dict[str, Volume]:
        """What was segmented, by series uid; further packs of a series as ``uid#2`` …"""
        return {key: volume for key, (volume, _) in self._by_key()}

    def masks(self) -> dict[str, Volume]:
        """Label maps under the keys of ``images``."""
        return {key: segmentation.label_map for key, (_, segmentation) in self._by_key()}

    def _by_key(self) -> Iterator[tuple[str, tuple[Volume, Segmentation]]]:
        for uid, packs in self.packs.items():
            for number, pack in enumerate(packs, start=1):
                yield uid if number == 1 else f"{uid}#{number}", pack

    def role_of(self, series: LoadedSeries | None) -> SeriesRole | None:
        if series is None:
            return None
        return self.learned.get(series.source.uid, series.decision).role


def _nothing_readable(files: Sequence[UnreadableFile]) -> str:
    named = [f"{file.path}: {file.reason}" for file in files[:3]]
    if len(files) > len(named):
        named.append(f"and {len(files) - len(named)} more")
    return f"No image could be read ({'; '.join(named) or 'no files'})."


def _place_networks(device: str | None) -> str:
    """Move every network, loaded once per process, to the device; returns its name."""
    wanted = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    for name in weights.NAMES:
        served(weights.load(name)[0], wanted)
    return f"cuda {torch.cuda.get_device_name(wanted)}" if wanted.type == "cuda" else wanted.type


def _one_study(series: Sequence[InputSeries]) -> tuple[list[InputSeries], tuple[str, ...]]:
    """The series to work on, and objections to the study. Objects of other studies that are no images do not count."""
    relevant = [one for one in series if one.decision.role is not SeriesRole.UNKNOWN] or list(series)
    studies = {one.study.study_instance_uid for one in relevant if one.study}
    patients = {(one.patient.patient_id, one.patient.issuer) for one in relevant if one.patient}
    ages = [one.study.age_at_examination for one in relevant if one.study and one.study.age_at_examination is not None]
    objections = study_reasons(studies, patients, min(ages, default=None))
    if len(studies) > 1:
        return [], objections
    return [one for one in series if one.study is None or one.study.study_instance_uid in studies], objections


def _choose(loaded: Loaded) -> _Chosen:
    """Levels come from the sagittal T2, else T1, else STIR, else any sagittal; axial masks from the T2, else others."""
    t1 = loaded.best(SeriesRole.SAGITTAL_T1)
    sagittal = loaded.best(SeriesRole.SAGITTAL_T2) or t1 or loaded.best(SeriesRole.SAGITTAL_STIR)
    axial = loaded.best(SeriesRole.AXIAL_T2) or loaded.best(SeriesRole.AXIAL_FS_T2)
    return _Chosen(sagittal or loaded.fallback(Plane.SAGITTAL), t1, axial or loaded.fallback(Plane.AXIAL))


def _segment(chosen: _Chosen) -> _Segmented:
    segmented = _Segmented(chosen)
    first: LoadedSeries | None = None
    cord: NDArray[np.float64] | None = None  # as the first series shows it
    for series, plane in ((chosen.sagittal, "sagittal"), (chosen.t1, "sagittal"), (chosen.axial, "axial")):
        if series is None or series.source.uid in segmented.packs:
            continue
        known = cord if first is not None and series.shares_space_with(first) else None
        packs = [
            (volume, segment(volume, "axial" if plane == "axial" else "sagittal", known)) for volume in series.volumes
        ]
        segmented.packs[series.source.uid] = packs
        if first is None:
            first, cord = series, np.concatenate([cord_in_lps_mm(one.probabilities) for _, one in packs])
    _tell_each_other(segmented)
    for series in (chosen.sagittal, chosen.t1, chosen.axial):
        if series is not None and series.decision.reason is RoleReason.CONTRAST_UNKNOWN:
            volume, segmentation = segmented.of(series)[0]
            segmented.learned[series.source.uid] = role_from_contrast(volume, segmentation.label_map, series.plane)
    return segmented


def _tell_each_other(segmented: _Segmented) -> None:
    """Series of one position share what they see."""
    sagittal, t1, axial = segmented.chosen.sagittal, segmented.chosen.t1, segmented.chosen.axial
    if sagittal is None:
        return
    packs = segmented.packs
    if t1 is not None and t1 is not sagittal and sagittal.shares_space_with(t1):
        packs[sagittal.source.uid], packs[t1.source.uid] = fused(segmented.of(sagittal), segmented.of(t1))
    if axial is not None and axial.shares_space_with(sagittal):
        packs[axial.source.uid] = told(segmented.of(axial), segmented.of(sagittal))


def _levels(segmented: _Segmented, hint: Point | None) -> Levels:
    packs = segmented.of(segmented.chosen.sagittal)
    if not packs:
        return Levels((), False, (GateReason.MISSING_SAGITTAL.value,))
    volume, segmentation = packs[0]
    named = replace(
        segmentation.label_map, sop_instance_uids=volume.sop_instance_uids, frame_numbers=volume.frame_numbers
    )
    return name_levels(named, c2_3_hint_lps_mm=hint)


def _match(
    sources: Sequence[InputSeries],
    loaded: Loaded,
    segmented: _Segmented,
    levels: Levels,
    objections: tuple[str, ...],
) -> tuple[Gate, tuple[LevelResult, ...], dict[str, SliceMatch]]:
    chosen = segmented.chosen
    packs = [volume for volume, _ in segmented.of(chosen.axial)]
    shared = (
        chosen.axial is not None and chosen.sagittal is not None and chosen.axial.shares_space_with(chosen.sagittal)
    )
    matches = match_levels(levels.levels, packs) if shared else {}
    results = _seen(segmented, with_index_slices(levels.levels, packs, matches))
    if objections or not segmented.packs:  # nothing was looked at: what else is missing is beside the point
        return decide(GateFacts(study=objections or _nothing_usable(sources, loaded))), results, matches
    facts = GateFacts(
        t1=_t1_reasons(sources, loaded, segmented),
        axial=_axial_reasons(sources, loaded, segmented, shared=shared, covered=bool(matches) or not levels.certain),
        levels=_refused_sagittal(sources, loaded) if chosen.sagittal is None else levels.reasons,
        blocked=blocked_levels(results),
    )
    return decide(facts), results, matches


def _seen(segmented: _Segmented, results: tuple[LevelResult, ...]) -> tuple[LevelResult, ...]:
    """Levels with what the images that findings are read from do not show of them."""
    for series in {id(one): one for one in (segmented.chosen.sagittal, segmented.chosen.t1)}.values():
        if segmented.role_of(series) in (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2):
            results = with_signal_voids(results, segmented.of(series)[0][0])
    return results


def _nothing_usable(sources: Sequence[InputSeries], loaded: Loaded) -> tuple[str, ...]:
    """Why no series at all can be looked at: the series' own reasons, in words of the gate where it has them."""
    reasons = dict.fromkeys(loaded.refused.get(one.uid, one.decision.reason.value) for one in sources)
    if set(reasons) == {RoleReason.NOT_MR.value}:
        return (GateReason.NOT_MR.value,)
    return (GateReason.NOTHING_USABLE.value, *reasons)


def _refused_sagittal(sources: Sequence[InputSeries], loaded: Loaded) -> tuple[str, ...]:
    refused = (
        *loaded.refusals_of(SeriesRole.SAGITTAL_T2, sources),
        *loaded.refusals_of(SeriesRole.SAGITTAL_T1, sources),
    )
    return (GateReason.SAGITTAL_UNUSABLE.value, *refused) if refused else (GateReason.MISSING_SAGITTAL.value,)


def _t1_reasons(sources: Sequence[InputSeries], loaded: Loaded, segmented: _Segmented) -> tuple[str, ...]:
    chosen = segmented.chosen
    if chosen.t1 is None:
        refused = loaded.refusals_of(SeriesRole.SAGITTAL_T1, sources)
        return (GateReason.SAGITTAL_T1_UNUSABLE.value, *refused) if refused else (GateReason.MISSING_SAGITTAL_T1.value,)
    if chosen.sagittal is not None and not chosen.t1.shares_space_with(chosen.sagittal):
        return (GateReason.DIFFERENT_FRAME_OF_REFERENCE.value,)
    return ()


def _axial_reasons(
    sources: Sequence[InputSeries], loaded: Loaded, segmented: _Segmented, *, shared: bool, covered: bool
) -> tuple[str, ...]:
    chosen = segmented.chosen
    if segmented.role_of(chosen.axial) is not SeriesRole.AXIAL_T2:
        refused = loaded.refusals_of(SeriesRole.AXIAL_T2, sources)
        return (GateReason.AXIAL_T2_UNUSABLE.value, *refused) if refused else (GateReason.MISSING_AXIAL_T2.value,)
    if chosen.sagittal is not None and not shared:
        return (GateReason.DIFFERENT_FRAME_OF_REFERENCE.value,)
    return () if covered else (GateReason.AXIAL_DOES_NOT_COVER_DISCS.value,)


def _measure(
    segmented: _Segmented, levels: Levels, results: Sequence[LevelResult], matches: Mapping[str, SliceMatch]
) -> tuple[Measurement, ...]:
    if not levels.certain or segmented.chosen.sagittal is None:
        return ()
    sagittal = segmented.chosen.sagittal
    volume, segmentation = segmented.of(sagittal)[0]
    t2 = segmented.role_of(sagittal) is SeriesRole.SAGITTAL_T2
    axial = [part.label_map for _, part in segmented.of(segmented.chosen.axial)]
    return tuple(
        measure(
            levels,
            sagittal=segmentation.label_map,
            signal=volume if t2 else None,
            axial=axial,
            results=results,
            matches=matches,
        )
    )


def _grade(
    gate: Gate,
    segmented: _Segmented,
    results: Sequence[LevelResult],
    matches: Mapping[str, SliceMatch],
    measured: Sequence[Measurement],
) -> tuple[LevelPrediction, ...]:
    """Only what the gate lets through."""
    graded = []
    cut: Crops = {}
    for finding in MachineFinding:
        if gate.findings[finding].status is not GateStatus.RUN:
            continue
        if MACHINE_FINDINGS[finding].needs is SeriesRole.SAGITTAL_T1:
            volume, segmentation = segmented.of(segmented.chosen.t1)[0]
            graded += grade_sagittal(finding, results, volume, segmentation.image, segmentation.probabilities)
        else:
            graded += grade_axial(finding, results, matches, segmented.of(segmented.chosen.axial), cut)
    return tuple(predictions(graded, measured, weights.algorithm_info()))


def _quality(intake: Intake, sources: Sequence[InputSeries], loaded: Loaded) -> dict[str, Any]:
    ages = {one.study.age_at_examination for one in sources if one.study}
    return {
        "age_known": any(age is not None for age in ages),
        "series": {
            one.source.uid: {
                "neighbour_correlation": one.quality.neighbour_correlation,
                "signal_p50": one.quality.signal_p50,
                "signal_p99": one.quality.signal_p99,
                "field_mm": list(one.quality.field_mm),
                "slices": sum(len(volume.array) for volume in one.volumes),
                "slice_step_mm": one.quality.slice_step_mm,
            }
            for one in loaded.series
        },
        "unreadable": [{"path": file.path, "reason": file.reason} for file in intake.unreadable],
    }
