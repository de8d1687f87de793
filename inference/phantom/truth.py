"""What is true of a phantom: label maps, and one record per study in the names of the analysis JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol
from inference.phantom.jit import compiled
from inference.phantom.render import tables_of
from inference.phantom.spec import DISCS, VERTEBRAE, PhantomSpec
from inference.phantom.tables import half_sac_width
from inference.phantom.thresholds import PHANTOM_VERSION, POSITIVE_MM, STRICTLY_ABOVE, is_positive
from inference.phantom.tissues import TISSUE_COUNT, Tissue
from inference.zones import CENTRAL_BELOW, FORAMINAL_UP_TO, PARACENTRAL_UP_TO, zone_of
from reporting.vocabulary import (
    LABEL_VALUES,
    REPORTED_VERTEBRAE,
    DiscLevel,
    LevelKind,
    MachineFinding,
    Side,
    Structure,
    Zone,
)

_STRUCTURES: dict[Structure, tuple[Tissue, ...]] = {
    Structure.BODY: (
        Tissue.BODY_MARROW,
        Tissue.BODY_CORTICAL,
        Tissue.BODY_MODIC_OEDEMA,
        Tissue.BODY_MODIC_FAT,
        Tissue.BASIVERTEBRAL_VEIN,
    ),
    Structure.DISC: (
        Tissue.DISC_ANNULUS,
        Tissue.DISC_NUCLEUS_HEALTHY,
        Tissue.DISC_NUCLEUS_MILD,
        Tissue.DISC_NUCLEUS_MODERATE,
        Tissue.DISC_NUCLEUS_BLACK,
        Tissue.DISC_HERNIATED,
    ),
    Structure.SAC: (Tissue.CSF, Tissue.CSF_FLOW),
    Structure.CORD: (Tissue.CORD_WHITE, Tissue.CORD_GREY, Tissue.CORD_LESION, Tissue.BRAIN),
    Structure.PLL: (Tissue.PLL, Tissue.PLL_OSSIFIED),
    Structure.LF: (Tissue.LF,),
}
PLANE_STRUCTURES: dict[str, tuple[Structure, ...]] = {
    "sagittal": (Structure.BODY, Structure.DISC, Structure.SAC, Structure.CORD),
    "axial": (Structure.DISC, Structure.SAC, Structure.CORD, Structure.PLL, Structure.LF),
}
SLIP_GRADES = ("I", "II", "III", "IV")


def label_map(codes: NDArray[np.uint8], plane: str) -> NDArray[np.uint8]:
    """Codes (k, s, j, i) → ``LABEL_VALUES`` (k, j, i): what most samples of a voxel are; the middle one decides a tie.

    Raises:
        ValueError: ``plane`` is neither ``sagittal`` nor ``axial``.
    """
    if plane not in PLANE_STRUCTURES:
        raise ValueError(f"unknown plane {plane!r}; sagittal or axial")
    lookup = np.zeros(TISSUE_COUNT, dtype=np.uint8)
    for structure in PLANE_STRUCTURES[plane]:
        for tissue in _STRUCTURES[structure]:
            lookup[tissue] = LABEL_VALUES[structure]
    labels = np.empty((codes.shape[0], *codes.shape[2:]), dtype=np.uint8)
    _majority(codes, lookup, labels)
    return labels


@compiled
def _majority(codes: NDArray[np.uint8], lookup: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    samples = codes.shape[1]
    for k in range(codes.shape[0]):
        for j in range(codes.shape[2]):
            for i in range(codes.shape[3]):
                best, most = lookup[codes[k, samples // 2, j, i]], 0
                for candidate in range(-1, samples):  # -1: the middle sample speaks first
                    label = best if candidate < 0 else lookup[codes[k, candidate, j, i]]
                    count = 0
                    for sub in range(samples):
                        count += lookup[codes[k, sub, j, i]] == label
                    if count > most:
                        best, most = label, count
                labels[k, j, i] = best


def truth_record(spec: PhantomSpec) -> dict[str, Any]:
    """Levels, findings and thresholds of a spec, ready for JSON."""
    return {
        "phantom_version": PHANTOM_VERSION,
        "seed": spec.seed,
        "family": spec.family,
        "synthetic": True,
        "patient": {"sex": spec.sex, "age_years": spec.age_years},
        "thresholds_mm": {
            finding.value: {"mm": limit, "rule": ">" if finding in STRICTLY_ABOVE else ">="}
            for finding, limit in POSITIVE_MM.items()
        },
        "zones": {
            "unit": "half the widest left-right extent of the thecal sac",
            "central_below": CENTRAL_BELOW,
            "paracentral_up_to": PARACENTRAL_UP_TO,
            "foraminal_up_to": FORAMINAL_UP_TO,
        },
        "margin_mm": spec.margin_mm,
        "levels": _levels(spec),
        "findings": finding_records(spec),
    }


def finding_records(spec: PhantomSpec) -> list[dict[str, Any]]:
    """Every finding of a spec at every level, positive or not; needs no geometry and is therefore quick."""
    return [*_vertebra_findings(spec), *_disc_findings(spec)]


def _levels(spec: PhantomSpec) -> list[dict[str, Any]]:
    tables = tables_of(spec)
    span = tables.span
    levels: list[dict[str, Any]] = []

    def centre(s_mm: float, depth_mm: float, offset_mm: float) -> list[float]:
        local = np.array([*tables.line.to_phantom_mm(0.0, s_mm, offset_mm - depth_mm / 2), 1.0])
        return [round(float(value), 3) for value in (tables.pose @ local)[:3]]

    offsets = tables.bodies[:, BodyCol.OFFSET]
    for index, name in enumerate(VERTEBRAE[:7]):
        middle = float(span.top[index] + span.bottom[index]) / 2
        point = centre(middle, spec.bodies[index].depth_mm, float(offsets[index]))
        levels.append({"name": name, "kind": LevelKind.VERTEBRA.value, "center_lps_mm": point})
    for index, name in enumerate(DISCS[:6]):
        depth = (spec.bodies[index].depth_mm + spec.bodies[index + 1].depth_mm) / 2
        point = centre(float(span.disc[index]), depth, float(offsets[index] + offsets[index + 1]) / 2)
        level: dict[str, Any] = {"name": name, "kind": LevelKind.DISC.value, "center_lps_mm": point}
        disc = spec.discs[index]
        levels.append(level | {"fusion": disc.fusion or None, "hardware": disc.hardware})
    return levels


def slip_grade(slip_mm: float, lower_endplate_mm: float) -> str:
    """Meyerding's grade: quarters of the depth of the endplate below."""
    return SLIP_GRADES[min(3, int(abs(slip_mm) / lower_endplate_mm * 4))]


def _finding(finding: MachineFinding, level: str, mm: float, side: Side | None = None) -> dict[str, Any]:
    return {
        "finding": finding.value,
        "level": level,
        "side": side.value if side else None,
        "mm": round(mm, 3),
        "positive": is_positive(finding, mm),
    }


def _vertebra_findings(spec: PhantomSpec) -> list[dict[str, Any]]:
    findings = []
    for vertebra in REPORTED_VERTEBRAE:
        body = spec.body(vertebra.value)
        slip = _finding(MachineFinding.SLIP, vertebra.value, abs(body.slip_mm))
        lower = spec.bodies[VERTEBRAE.index(vertebra.value) + 1]
        slip["signed_mm"] = round(body.slip_mm, 3)
        slip["percent"] = round(100 * abs(body.slip_mm) / lower.depth_mm, 1)
        slip["direction"] = ("anterior" if body.slip_mm > 0 else "posterior") if slip["positive"] else None
        slip["grade"] = slip_grade(body.slip_mm, lower.depth_mm) if slip["positive"] else None
        osteophyte = _finding(MachineFinding.OSTEOPHYTE, vertebra.value, body.osteophyte_mm)
        corners = {
            "anterior_upper": body.lip_anterior_upper_mm,
            "anterior_lower": body.lip_anterior_lower_mm,
            "posterior_upper": body.lip_posterior_upper_mm,
            "posterior_lower": body.lip_posterior_lower_mm,
        }
        osteophyte["corners_mm"] = {name: round(value, 3) for name, value in corners.items()}
        largest = max(corners, key=lambda name: corners[name])
        osteophyte["direction"] = largest.split("_")[0] if osteophyte["positive"] else None
        findings += [slip, osteophyte]
    return findings


def herniation_side(fraction: float) -> Side:
    """The patient's side of an apex; a central one has none."""
    if zone_of(fraction) is Zone.CENTRAL:
        return Side.MIDLINE
    return Side.LEFT if fraction > 0 else Side.RIGHT


def _disc_findings(spec: PhantomSpec) -> list[dict[str, Any]]:
    findings = []
    for level in DiscLevel:
        disc = spec.disc(level.value)
        hernia = _finding(MachineFinding.HERNIATION, level.value, disc.herniation_mm)
        positive = bool(hernia["positive"])
        hernia["zone"] = zone_of(disc.herniation_fraction).value if positive else None
        hernia["herniation_side"] = herniation_side(disc.herniation_fraction).value if positive else None
        hernia["fraction"] = round(disc.herniation_fraction, 3) if positive else None
        hernia["half_width_mm"] = round(half_sac_width(spec, DISCS.index(level.value)), 3)
        hernia["bulge_mm"] = round(disc.bulge_mm, 3)
        hernia["degeneration"] = round(disc.degeneration, 3)
        hernia["cord_signal"] = disc.cord_signal
        pll = _finding(MachineFinding.PLL, level.value, disc.pll_mm)
        pll["ossified"] = disc.pll_ossified
        left = _finding(MachineFinding.LF, level.value, disc.lf_left_mm, Side.LEFT)
        right = _finding(MachineFinding.LF, level.value, disc.lf_right_mm, Side.RIGHT)
        findings += [hernia, pll, left, right]
    return findings
