"""Which places of a study are worth a picture: wrong findings, wrong levels, the worst overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.evaluation import pictures
from inference.evaluation.records import OUTCOMES, LevelOutcome, Overlap, Picture, Place
from inference.level_frames import disc_edge
from inference.results import PipelineResult
from inference.volumes import Volume
from reporting.vocabulary import MACHINE_FINDINGS, DiscLevel, LevelKind, MachineFinding, SeriesRole

_HALF_MM = {LevelKind.DISC: 24.0, LevelKind.VERTEBRA: 30.0}
_WORTH_A_LOOK = 0.85  # overlaps above this are not shown


@dataclass(frozen=True)
class Views:
    """One analysed study with its true label maps (under the pipeline's own keys)."""

    result: PipelineResult
    truth: Mapping[str, Any]
    true_maps: Mapping[str, Volume]

    def centers(self) -> dict[str, tuple[float, float, float]]:
        return {one["name"]: tuple(one["center_lps_mm"]) for one in self.truth["levels"]}

    def showing(self, role: SeriesRole, point_lps_mm: np.ndarray[Any, Any]) -> tuple[str, int] | None:
        """Key and slice of the series with this role that passes nearest to a point."""
        uids = {one["uid"] for one in self.truth["series"] if one["role"] == role.value}
        best: tuple[float, str, int] | None = None
        for key, volume in self.result.images.items():
            if key.split("#")[0] not in uids or key not in self.true_maps:
                continue
            index = float(volume.to_index_kji(point_lps_mm)[0])
            k = int(np.clip(round(index), 0, len(volume.array) - 1))
            away = abs(index - k) * float(volume.spacing_kji_mm[0])
            if best is None or away < best[0]:
                best = (away, key, k)
        return None if best is None else best[1:]


def write_pictures(
    views: Views,
    places: Sequence[Place],
    levels: Sequence[LevelOutcome],
    overlaps: Sequence[Overlap],
    folder: Path,
    stem: str,
) -> list[Picture]:
    """Write a JPEG for everything that went wrong; returns what was written, without the folder."""
    written = []
    made = [*_wrong_places(views, places, stem), *_wrong_levels(views, levels, stem), *_overlaps(views, overlaps, stem)]
    folder.mkdir(parents=True, exist_ok=True)
    for number, (picture, content) in enumerate(made):
        file = f"{stem}_{number:02d}.jpg"
        (folder / file).write_bytes(content)
        written.append(Picture(file, picture.kind, picture.what, picture.caption, picture.score))
    return written


def _wrong_places(views: Views, places: Sequence[Place], stem: str) -> Iterator[tuple[Picture, bytes]]:
    centers = views.centers()
    for place in places:
        if not place.wrong or place.probability is None:
            continue
        info = MACHINE_FINDINGS[MachineFinding(place.finding)]
        disc = info.kind is LevelKind.DISC
        point = disc_edge(DiscLevel(place.level), centers) if disc else np.array(centers[place.level])
        at = views.showing(info.needs, point)
        if at is None:
            continue
        content = _panels(views, *at, point, _HALF_MM[info.kind])
        missed = place.true_positive
        score = (1 - place.probability) if missed else place.probability
        yield Picture("", "missed" if missed else "false_alarm", place.finding, _caption(place, stem), score), content


def _caption(place: Place, stem: str) -> str:
    true = [f"{place.true_mm:.1f} mm", place.true_direction, place.true_side, place.true_zone]
    said = [f"probability {place.probability:.2f} (threshold {place.threshold:.2f})"]
    if place.mm is not None:
        said.append(f"{place.mm:.1f} mm")
    side = f" {place.side}" if place.side else ""
    return (
        f"phantom {stem}, {place.level}{side}: true {' '.join(word for word in true if word)}; said {', '.join(said)}"
    )


def _wrong_levels(views: Views, levels: Sequence[LevelOutcome], stem: str) -> Iterator[tuple[Picture, bytes]]:
    bad = [one for one in levels if one.outcome != "right"]
    at = views.showing(SeriesRole.SAGITTAL_T2, np.array(views.centers()["C4"])) if bad else None
    if at is None:
        return
    content = pictures.levels_picture(views.result.images[at[0]], views.result.levels, views.centers())
    by_outcome = {outcome: [one.level for one in bad if one.outcome == outcome] for outcome in OUTCOMES}
    words = "; ".join(f"{outcome}: {', '.join(names)}" for outcome, names in by_outcome.items() if names)
    score = sum(1.0 if one.outcome == "wrong" else 0.1 for one in bad)
    yield Picture("", "levels", "levels", f"phantom {stem}: {words}", score), content


def _overlaps(views: Views, overlaps: Sequence[Overlap], stem: str) -> Iterator[tuple[Picture, bytes]]:
    """The structure that overlaps worst, once per plane."""
    for role, where in ((SeriesRole.SAGITTAL_T2, "central"), (SeriesRole.AXIAL_T2, "index slices")):
        here = [one for one in overlaps if one.series == role.value and one.where == where]
        worst = min(here, key=lambda one: one.dice, default=None)
        if worst is None or worst.dice > _WORTH_A_LOOK:
            continue
        point = np.array(views.centers()["C5/6"])
        at = views.showing(role, point)
        if at is not None:
            half = 60.0 if role is SeriesRole.SAGITTAL_T2 else 30.0
            caption = f"phantom {stem}, {role.value}: {worst.structure} Dice {worst.dice:.2f} ({where})"
            yield Picture("", "overlap", worst.structure, caption, 1 - worst.dice), _panels(views, *at, point, half)


def _panels(views: Views, key: str, k: int, point: np.ndarray[Any, Any], half_mm: float) -> bytes:
    result = views.result
    return pictures.three_panels(result.images[key], result.masks[key], views.true_maps[key], k, point, half_mm)
