"""Truth beside what the pipeline said: findings, level names, index slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation.records import LevelOutcome, Place, SliceOutcome
from inference.evaluation.true_maps import other_side
from inference.results import LevelPrediction, LevelResult, PipelineResult
from reporting.vocabulary import (
    MACHINE_FINDINGS,
    MODELLED_DISCS,
    REPORTED_VERTEBRAE,
    GateStatus,
    LevelKind,
    LevelStatus,
    MachineFinding,
    SeriesRole,
)

NEAR_MM = 10.0
"""A named level farther than this from its true place is wrong even where no other is nearer."""

Truth = Mapping[str, Any]


def reflect_truth(truth: Truth) -> dict[str, Any]:
    """The truth of the same patient with left and right exchanged."""
    levels = [
        {**one, "center_lps_mm": [-one["center_lps_mm"][0], *one["center_lps_mm"][1:]]} for one in truth["levels"]
    ]
    findings = []
    for one in truth["findings"]:
        swapped = {**one, "side": other_side(one["side"])}
        if "herniation_side" in one:
            swapped["herniation_side"] = other_side(one["herniation_side"])
        findings.append(swapped)
    return {**truth, "levels": levels, "findings": findings}


def places(truth: Truth, result: PipelineResult | None) -> Iterator[Place]:
    """Every place that is modelled, in the truth's order; without a result all are unassessed."""
    said = {} if result is None else {(one.finding, one.level, one.side): one for one in result.predictions}
    for record in truth["findings"]:
        finding = MachineFinding(record["finding"])
        modelled = MODELLED_DISCS if MACHINE_FINDINGS[finding].kind is LevelKind.DISC else REPORTED_VERTEBRAE
        if record["level"] in set(modelled):
            yield _place(record, said.get((finding, record["level"], record["side"])), _why_not(finding, result))


def _why_not(finding: MachineFinding, result: PipelineResult | None) -> str:
    if result is None:
        return "study_failed"
    gate = result.gate.findings[finding]
    return "level_not_named" if gate.status is GateStatus.RUN else ", ".join(gate.reasons)


def _place(record: Mapping[str, Any], said: LevelPrediction | None, why_not: str) -> Place:
    true = {
        "finding": record["finding"],
        "level": record["level"],
        "side": record["side"],
        "true_positive": bool(record["positive"]),
        "true_mm": float(record["mm"]),
        "true_zone": record.get("zone"),
        "true_side": record.get("herniation_side"),
        "true_direction": record.get("direction"),
    }
    if said is None:
        return Place(**true, why_not=why_not)
    return Place(
        **true,
        probability=round(said.probability, 5),
        threshold=said.threshold,
        said_positive=said.positive,
        mm=None if said.mm is None else round(said.mm, 3),
        mm_from_mask=said.mm_from_mask,
        zone=said.zone.value if said.zone else None,
        herniation_side=said.herniation_side.value if said.herniation_side else None,
        direction=said.direction,
    )


def level_outcomes(truth: Truth, levels: Sequence[LevelResult]) -> list[LevelOutcome]:
    """C2 … C7 and the modelled discs: named right, named wrongly, left uncertain, or not found."""
    named = {one.name: one for one in levels if one.status is LevelStatus.NAMED}
    uncertain = any(one.status is not LevelStatus.NAMED for one in levels)
    outcomes = []
    for kind, names in ((LevelKind.VERTEBRA, REPORTED_VERTEBRAE), (LevelKind.DISC, MODELLED_DISCS)):
        centers = {one["name"]: np.array(one["center_lps_mm"]) for one in truth["levels"] if one["kind"] == kind.value}
        for name in names:
            found = named.get(name.value)
            if found is None:
                outcomes.append(LevelOutcome(name.value, kind.value, "uncertain" if uncertain else "missing"))
                continue
            distances = {
                other: float(np.linalg.norm(np.array(found.center_lps_mm) - center))
                for other, center in centers.items()
            }
            nearest = min(distances, key=lambda other: distances[other])
            right = nearest == name.value and distances[nearest] <= NEAR_MM
            outcome = "right" if right else "wrong"
            outcomes.append(LevelOutcome(name.value, kind.value, outcome, round(distances[name.value], 2)))
    return outcomes


def slice_outcomes(truth: Truth, levels: Sequence[LevelResult]) -> list[SliceOutcome]:
    """The modelled discs' axial slices, by SOP Instance UID, counted along the series as written."""
    axial = next(one for one in truth["series"] if one["role"] == SeriesRole.AXIAL_T2.value)
    order = {uid: number for number, uid in enumerate(axial["sop_instance_uids"])}
    true = {one["name"]: one["index_slice"] for one in truth["levels"]}
    named = {one.name: one.index_slice for one in levels if one.status is LevelStatus.NAMED}
    outcomes = []
    for disc in MODELLED_DISCS:
        chosen, at = named.get(disc.value), true[disc.value]
        number = order.get(chosen.sop_instance_uid) if chosen else None
        if number is None:
            outcomes.append(SliceOutcome(disc.value, None))
        else:
            outcomes.append(SliceOutcome(disc.value, number - at["k"], number in at["as_near_k"]))
    return outcomes
