"""The phantom's shapes: visible herniations, fused levels, healthy sizes, and a second family built otherwise."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from inference.level_frames import disc_edge
from inference.normative import NORMATIVE_LEVELS
from inference.phantom import Grid, Pathology, PhantomSpec, Tissue, draw_spec, label_map, plan_study, render_codes
from inference.phantom.render import tables_of
from inference.phantom.spec import DISCS, VERTEBRAE
from inference.phantom.truth import truth_record
from reporting.vocabulary import LABEL_VALUES, DiscLevel, Structure
from tests.paths import shared_data

PIXEL_MM = 0.5
BODY, DISC, SAC, CORD = (
    LABEL_VALUES[structure] for structure in (Structure.BODY, Structure.DISC, Structure.SAC, Structure.CORD)
)
NORM_COLUMNS = {"ap": "MEAN(diameter_AP)", "rl": "MEAN(diameter_RL)"}
NORM_FILES = {"cord": "spinal_cord", "sac": "spinal_canal"}
COMPARED_LEVELS = NORMATIVE_LEVELS[1:8]  # C2 … T1
MEAN_TOLERANCE_MM = 0.3
SPREAD_TOLERANCE = 0.2


def slice_at(spec: PhantomSpec, s_mm: float, thickness_mm: float = 3.0, size_mm: float = 50.0) -> Grid:
    """One axial slice across the canal at an arc length: j backward, i to the patient's left."""
    tables = tables_of(spec)
    slope = tables.line.slope[int(tables.line.row(s_mm))]
    count = int(size_mm / PIXEL_MM) | 1
    up, back = np.array([0, -np.sin(slope), np.cos(slope)]), np.array([0, np.cos(slope), np.sin(slope)])
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([up * thickness_mm, back * PIXEL_MM, np.array([1.0, 0, 0]) * PIXEL_MM])
    affine[:3, 3] = np.array(tables.line.to_phantom_mm(0, s_mm, 0)) - affine[:3, 1:3] @ np.full(2, (count - 1) / 2)
    return Grid((1, count, count), tables.pose @ affine)


def index_slice(spec: PhantomSpec, level: str) -> Grid:
    """The slice a reader is shown: through the disc's posterior edge."""
    centers = {entry["name"]: entry["center_lps_mm"] for entry in truth_record(spec)["levels"]}
    tables = tables_of(spec)
    edge = (np.linalg.inv(tables.pose) @ np.array([*disc_edge(DiscLevel(level), centers), 1.0]))[:3]
    nearest = np.argmin((tables.line.y - edge[1]) ** 2 + (tables.line.z - edge[2]) ** 2)
    return slice_at(spec, float(tables.line.s[nearest]))


@pytest.mark.parametrize("family", ["first", "second"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_foraminal_herniation_shows_on_the_slice_a_reader_is_given(family: str, side: str) -> None:
    for seed, level in enumerate(DISCS[:6], start=200):
        spec = draw_spec(seed, [Pathology.parse(f"{level}:herniation:{side}:foraminal:3mm")], family=family)
        discs = tuple(replace(disc, herniation_mm=0.0) for disc in spec.discs)
        with_it, without = (
            label_map(render_codes(one, index_slice(spec, level), 3), "axial")[0] == DISC
            for one in (spec, replace(spec, discs=discs))
        )
        columns = np.nonzero(with_it & ~without)[1] - (with_it.shape[1] - 1) / 2
        assert len(columns) * PIXEL_MM**2 > 8.0  # mm²
        assert np.mean(columns > 0) > 0.95 if side == "left" else np.mean(columns > 0) < 0.05


def sagittal_strip(spec: PhantomSpec, level: str) -> np.ndarray:
    """Codes down the middle of two bodies and what is between them."""
    index, tables = DISCS.index(level), tables_of(spec)
    low, high = float(tables.span.top[index]), float(tables.span.bottom[index + 1])
    if index == 0:
        low += 24.0
    depth = spec.bodies[index].depth_mm / 2
    codes = []
    for s_mm in np.arange(low + 3, high - 3, 0.3):
        affine = np.eye(4)
        affine[:3, 3] = tables.line.to_phantom_mm(0.0, float(s_mm), -depth)
        codes.append(render_codes(spec, Grid((1, 1, 1), tables.pose @ affine), 1)[0, 0, 0, 0])
    return np.array(codes)


def test_a_block_vertebra_is_bone_throughout_and_keeps_its_level() -> None:
    spec = draw_spec(31, [Pathology.parse("C5/6:fusion")])
    spec = replace(spec, discs=tuple(replace(disc, rudimentary_disc=False) for disc in spec.discs))
    marrow = {Tissue.BODY_MARROW, Tissue.BODY_MODIC_FAT, Tissue.BODY_MODIC_OEDEMA, Tissue.BASIVERTEBRAL_VEIN}
    assert set(sagittal_strip(spec, "C5/6").tolist()) <= {int(tissue) for tissue in marrow}
    level = next(entry for entry in truth_record(spec)["levels"] if entry["name"] == "C5/6")
    assert (level["fusion"], level["hardware"]) == ("congenital", False)
    other = next(entry for entry in truth_record(spec)["levels"] if entry["name"] == "C4/5")
    assert other["fusion"] is None


def test_a_rudimentary_disc_is_still_a_disc() -> None:
    spec = draw_spec(31, [Pathology.parse("C5/6:fusion")])
    spec = replace(
        spec,
        discs=tuple(replace(disc, rudimentary_disc=bool(disc.fusion)) for disc in spec.discs),
        bone=replace(spec.bone, warp_mm=0.0),
    )
    assert (sagittal_strip(spec, "C5/6") == Tissue.DISC_NUCLEUS_BLACK).any()


@pytest.mark.parametrize("other", ["C5/6:herniation:left:paracentral:4mm", "C5:slip:3mm", "C6:osteophyte:3mm"])
def test_a_fused_level_takes_nothing_that_needs_a_disc(other: str) -> None:
    with pytest.raises(ValueError, match="C5/6 is fused"):
        draw_spec(1, [Pathology.parse("C5/6:fusion"), Pathology.parse(other)])
    assert draw_spec(1, [Pathology.parse("C5/6:hardware"), Pathology.parse("C3/4:bulge:2mm")])


def test_only_training_mixes_hold_fused_levels_unasked() -> None:
    seeds = range(40)
    assert any(disc.fusion for seed in seeds for disc in draw_spec(seed).discs)
    assert not any(disc.fusion for seed in seeds for disc in plan_study(seed, matrix=32).spec.discs)


@pytest.mark.parametrize("part", ["cord", "sac"])
@pytest.mark.parametrize("axis", ["ap", "rl"])
def test_healthy_sizes_spread_as_those_of_203_adults(part: str, axis: str) -> None:
    path = shared_data("normative_cord_canal_MIT", f"{NORM_FILES[part]}_summary_by_vertebral_level.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == NORM_COLUMNS[axis]]
    specs = [draw_spec(seed, normal=True) for seed in range(200)]
    drawn = np.array([getattr(spec, f"{part}_{axis}_mm") for spec in specs])
    for level in COMPARED_LEVELS:
        at = NORMATIVE_LEVELS.index(level)
        assert drawn[:, at].mean() == pytest.approx(float(rows[at]["mean"]), abs=MEAN_TOLERANCE_MM), level
        assert drawn[:, at].std() == pytest.approx(float(rows[at]["sd"]), rel=SPREAD_TOLERANCE), level


def test_rendered_healthy_necks_have_the_sizes_that_were_drawn() -> None:
    errors: dict[str, list[float]] = {"cord_ap": [], "cord_rl": [], "sac_ap": [], "sac_rl": []}
    at = NORMATIVE_LEVELS.index("C4")
    for seed in range(12):
        spec = draw_spec(seed, normal=True)
        span, index = tables_of(spec).span, VERTEBRAE.index("C4")
        grid = slice_at(spec, float(span.top[index] + span.bottom[index]) / 2, 1.0)
        labels = label_map(render_codes(spec, grid, 1), "axial")[0]
        cord, sac = labels == CORD, (labels == CORD) | (labels == SAC)
        middle = labels.shape[1] // 2
        for name, mask in (("cord", cord), ("sac", sac)):
            beside = mask[:, middle + 2].sum() * PIXEL_MM  # the cord has a fissure at its very middle
            errors[f"{name}_ap"].append(beside - getattr(spec, f"{name}_ap_mm")[at])
            errors[f"{name}_rl"].append(mask.any(axis=0).sum() * PIXEL_MM - getattr(spec, f"{name}_rl_mm")[at])
    assert {name: round(float(np.mean(values)), 2) for name, values in errors.items()} == {
        "cord_ap": pytest.approx(0.0, abs=0.4),
        "cord_rl": pytest.approx(0.0, abs=0.4),
        "sac_ap": pytest.approx(0.0, abs=0.5),
        "sac_rl": pytest.approx(0.0, abs=0.5),
    }


def test_the_second_family_is_built_otherwise_from_the_same_numbers() -> None:
    spec = draw_spec(8, normal=True)
    span = tables_of(spec).span
    shares = []
    for level in ("C3/4", "C5/6"):
        s_mm = float(span.disc[DISCS.index(level)])
        first, second = (
            render_codes(one, slice_at(one, s_mm, size_mm=90.0), 1) for one in (spec, replace(spec, family="second"))
        )
        shares.append(float(np.mean(first != second)))
    assert min(shares) > 0.15
