"""The phantom's truth is what its images show."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from inference.level_frames import posterior_edge
from inference.normative import CORD_AP, CORD_RL, NORMATIVE_LEVELS, SAC_AP, SAC_RL
from inference.phantom import (
    Grid,
    Pathology,
    PhantomSpec,
    draw_spec,
    finding_records,
    image_from_codes,
    label_map,
    plan_study,
    render_codes,
    truth_record,
    write_study,
)
from inference.phantom.render import tables_of
from inference.phantom.spec import DISCS, VERTEBRAE
from inference.phantom.thresholds import POSITIVE_MM
from inference.zones import zone_of
from reporting.vocabulary import LABEL_VALUES, DiscLevel, MachineFinding, SeriesRole, Side, Structure, Zone

STEP_MM = 0.3
DISC, SAC, CORD = LABEL_VALUES[Structure.DISC], LABEL_VALUES[Structure.SAC], LABEL_VALUES[Structure.CORD]
PLL, LF = LABEL_VALUES[Structure.PLL], LABEL_VALUES[Structure.LF]


def axial_grid(spec: PhantomSpec, s_mm: float, size_mm: float = 48.0) -> Grid:
    """One thin slice across the canal at arc length ``s_mm``: j backward, i to the patient's left."""
    tables = tables_of(spec)
    slope = tables.line.slope[int(tables.line.row(s_mm))]
    count = int(size_mm / STEP_MM) | 1
    up, back = np.array([0, -np.sin(slope), np.cos(slope)]), np.array([0, np.cos(slope), np.sin(slope)])
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([up, back * STEP_MM, np.array([1.0, 0, 0]) * STEP_MM])
    centre = np.array(tables.line.to_phantom_mm(0.0, s_mm, 0.0))
    affine[:3, 3] = centre - affine[:3, 1:3] @ np.full(2, (count - 1) / 2)
    return Grid((1, count, count), tables.pose @ affine)


def axial_labels(spec: PhantomSpec, level: str) -> np.ndarray:
    span = tables_of(spec).span
    if level in DISCS:
        s_mm = float(span.disc[DISCS.index(level)])
    else:
        index = VERTEBRAE.index(level)
        s_mm = float(span.top[index] + span.bottom[index]) / 2
    return label_map(render_codes(spec, axial_grid(spec, s_mm), 1), "axial")[0]


def finding(spec: PhantomSpec, name: MachineFinding, level: str, side: Side | None = None) -> dict[str, Any]:
    record = truth_record(spec)
    return next(
        entry
        for entry in record["findings"]
        if (entry["finding"], entry["level"], entry["side"]) == (name.value, level, side.value if side else None)
    )


def with_pathology(text: str, seed: int = 5) -> PhantomSpec:
    return draw_spec(seed, [Pathology.parse(text)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C5/6:herniation:right:paracentral:4mm", Pathology("C5/6", "herniation", 4.0, Side.RIGHT, Zone.PARACENTRAL)),
        ("c5/6:herniation", Pathology("C5/6", "herniation", 4.0, None, Zone.CENTRAL)),
        ("C4:slip:posterior:3mm", Pathology("C4", "slip", 3.0, direction="posterior")),
        ("C5:osteophyte:anterior:3mm", Pathology("C5", "osteophyte", 3.0, direction="anterior")),
        ("C5/6:pll:3mm", Pathology("C5/6", "pll", 3.0)),
        ("C5/6:lf:left:3.5mm", Pathology("C5/6", "lf", 3.5, Side.LEFT)),
        ("C4/5:bulge:2mm", Pathology("C4/5", "bulge", 2.0)),
        ("C5/6:cord_signal", Pathology("C5/6", "cord_signal")),
    ],
)
def test_a_pathology_is_read_as_written(text: str, expected: Pathology) -> None:
    assert Pathology.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("C5/6", "expected LEVEL:KIND"),
        ("C5/6:tumour", "unknown kind 'tumour'"),
        ("C5:herniation:left:4mm", "needs one of the levels C2/3"),
        ("C5/6:slip:3mm", "needs one of the levels C2"),
        ("C5/6:herniation:left:40mm", "outside 1 to 10 mm"),
        ("C5/6:herniation:paracentral:4mm", "needs a side"),
        ("C5/6:lf:midline:3mm", "midline fits a central herniation only"),
        ("C5/6:pll:left:3mm", "'left' does not fit a pll"),
        ("C5/6:lf:left:right:3mm", "side is given twice"),
        ("C5/6:cord_signal:3mm", "'3mm' does not fit a cord_signal"),
    ],
)
def test_nonsense_is_refused_with_the_wrong_part_named(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Pathology.parse(text)


def test_the_same_seed_draws_the_same_phantom_and_another_seed_another() -> None:
    first = draw_spec(21)
    assert first == draw_spec(21)
    assert first != draw_spec(22)
    grid = axial_grid(first, 60.0)
    assert np.array_equal(render_codes(first, grid, 2), render_codes(first, grid, 2))


def test_only_what_was_asked_for_is_positive() -> None:
    spec = draw_spec(
        9, [Pathology.parse("C5/6:herniation:right:paracentral:4mm"), Pathology.parse("C4:slip:posterior:3mm")]
    )
    positives = [entry for entry in truth_record(spec)["findings"] if entry["positive"]]
    assert [(entry["finding"], entry["level"]) for entry in positives] == [("slip", "C4"), ("herniation", "C5/6")]
    assert positives[0]["direction"] == "posterior"
    assert positives[0]["grade"] == "I"
    assert (positives[1]["zone"], positives[1]["herniation_side"]) == ("paracentral", "right")


def test_a_normal_phantom_has_no_finding() -> None:
    assert not [entry for seed in range(8) for entry in _record(seed, normal=True) if entry["positive"]]


def _record(seed: int, **how: Any) -> list[dict[str, Any]]:
    return finding_records(draw_spec(seed, **how))


def test_a_margin_leaves_a_gap_around_every_threshold_and_none_does_not() -> None:
    def near(margin_mm: float | None) -> list[dict[str, Any]]:
        entries = [entry for seed in range(16) for entry in _record(seed, margin_mm=margin_mm)]
        return [entry for entry in entries if abs(entry["mm"] - POSITIVE_MM[entry["finding"]]) < 0.49]

    assert not near(0.5)
    assert len(near(None)) > 40


def test_training_phantoms_are_diseased_about_as_often_as_healthy_at_every_level() -> None:
    shares: dict[tuple[str, str], list[bool]] = {}
    for seed in range(70):
        for entry in _record(seed):
            shares.setdefault((entry["finding"], entry["level"]), []).append(entry["positive"])
    assert len(shares) == 2 * 6 + 3 * 6
    assert all(0.1 < np.mean(values) < 0.65 for values in shares.values())


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_herniation_lies_on_its_side_of_the_patient(side: Side) -> None:
    healthy = draw_spec(5, normal=True)
    spec = with_pathology(f"C5/6:herniation:{side}:paracentral:5mm")
    extra = (axial_labels(spec, "C5/6") == DISC) & (axial_labels(healthy, "C5/6") != DISC)
    columns = np.nonzero(extra)[1] - (extra.shape[1] - 1) / 2
    assert len(columns) * STEP_MM**2 > 10.0  # mm²
    on_the_left = np.mean(columns > 0)  # x grows to the left in LPS
    assert on_the_left > 0.95 if side is Side.LEFT else on_the_left < 0.05


@pytest.mark.parametrize("family", ["first", "second"])
def test_a_herniation_is_as_high_as_its_truth_says(family: str) -> None:
    item = Pathology.parse("C5/6:herniation:central:4mm")
    spec = draw_spec(6, [item], family=family)
    disc = axial_labels(spec, "C5/6") == DISC
    healthy = axial_labels(draw_spec(6, normal=True, family=family), "C5/6") == DISC
    middle = disc.shape[1] // 2
    window = slice(middle - 10, middle + 11)
    bulge = spec.disc("C5/6").bulge_mm

    def back(mask: np.ndarray) -> float:
        return float(np.max(np.nonzero(mask[:, window])[0])) * STEP_MM

    assert back(disc) - (back(healthy) - bulge) == pytest.approx(4.0, abs=0.6)


@pytest.mark.parametrize("mm", [1.2, 2.5, 4.0])
def test_the_posterior_ligament_is_as_thick_as_its_truth_says(mm: float) -> None:
    labels = axial_labels(with_pathology(f"C4/5:pll:{mm}mm"), "C4/5")
    middle = labels.shape[1] // 2
    extents = (labels[:, middle - 6 : middle + 7] == PLL).sum(axis=0) * STEP_MM
    assert float(np.median(extents)) == pytest.approx(mm, abs=STEP_MM)


@pytest.mark.parametrize("mm", [1.2, 2.5, 4.0])
def test_each_ligamentum_flavum_is_as_thick_as_its_truth_says(mm: float) -> None:
    labels = axial_labels(with_pathology(f"C5/6:lf:left:{mm}mm"), "C5/6")
    truth = finding(draw_spec(5, normal=True), MachineFinding.LF, "C5/6", Side.RIGHT)["mm"]
    assert _flavum_mm(labels, Side.LEFT) == pytest.approx(mm, abs=1.2 * STEP_MM)
    assert _flavum_mm(labels, Side.RIGHT) == pytest.approx(truth, abs=1.2 * STEP_MM)


def _flavum_mm(labels: np.ndarray, side: Side) -> float:
    """Extent across the ligament 2.4 to 4.8 mm from the midline, where it runs 16 degrees off the frontal plane."""
    middle = labels.shape[1] // 2
    columns = range(middle + 8, middle + 17) if side is Side.LEFT else range(middle - 16, middle - 7)
    extents = [(labels[:, column] == LF).sum() * STEP_MM for column in columns]
    return float(np.median(extents) * np.cos(np.deg2rad(16)))


@pytest.mark.parametrize(("direction", "sign"), [("anterior", -1), ("posterior", 1)])
def test_a_slip_moves_the_posterior_wall_by_its_size(direction: str, sign: int) -> None:
    spec = with_pathology(f"C4:slip:{direction}:3mm")
    offsets = tables_of(spec).bodies[:, 4]
    upper, lower = VERTEBRAE.index("C4"), VERTEBRAE.index("C5")
    assert offsets[upper] - offsets[lower] == pytest.approx(sign * 3.0, abs=1e-4)
    truth = finding(spec, MachineFinding.SLIP, "C4")
    assert truth["percent"] == pytest.approx(300 / spec.body("C5").depth_mm, abs=0.1)


def test_healthy_sizes_lie_in_the_normative_range_of_203_adults() -> None:
    for seed in range(60):
        spec = draw_spec(seed, normal=True)
        pairs = (
            (SAC_AP, spec.sac_ap_mm),
            (SAC_RL, spec.sac_rl_mm),
            (CORD_AP, spec.cord_ap_mm),
            (CORD_RL, spec.cord_rl_mm),
        )
        for norm, values in pairs:
            assert np.all(np.abs(np.array(values) - norm.mean) < 2.8 * np.array(norm.sd))
    drawn = np.array([draw_spec(seed, normal=True).cord_ap_mm for seed in range(60)])
    assert np.allclose(drawn.mean(axis=0), CORD_AP.mean, atol=0.25)


def test_a_rendered_healthy_neck_has_the_drawn_cord_and_sac() -> None:
    spec = draw_spec(31, normal=True)
    labels = axial_labels(spec, "C5")
    middle = labels.shape[1] // 2
    level = NORMATIVE_LEVELS.index("C5")
    sac = (labels == SAC) | (labels == CORD)
    assert sac[:, middle].sum() * STEP_MM == pytest.approx(spec.sac_ap_mm[level], abs=0.7)
    assert (labels == CORD)[:, middle].sum() * STEP_MM == pytest.approx(spec.cord_ap_mm[level], abs=0.9)
    assert (labels == CORD).any(axis=0).sum() * STEP_MM == pytest.approx(spec.cord_rl_mm[level], abs=0.7)


def test_level_centres_lie_inside_their_own_structures() -> None:
    spec = draw_spec(17)
    truth = truth_record(spec)
    body, disc = LABEL_VALUES[Structure.BODY], LABEL_VALUES[Structure.DISC]
    for level in truth["levels"]:
        affine = np.eye(4)
        affine[:3, 3] = level["center_lps_mm"]
        label = label_map(render_codes(spec, Grid((1, 1, 1), affine), 1), "sagittal")[0, 0, 0]
        assert label == (body if level["kind"] == "vertebra" else disc), level["name"]


@pytest.mark.parametrize(
    ("fraction", "zone"),
    [
        (0.0, "central"),
        (-0.24, "central"),
        (0.25, "paracentral"),
        (-1.0, "paracentral"),
        (1.2, "foraminal"),
        (2.0, "extraforaminal"),
    ],
)
def test_zones_follow_the_fraction_of_half_the_canal(fraction: float, zone: str) -> None:
    assert zone_of(fraction).value == zone


def test_an_image_without_artefacts_is_repeatable_and_unknown_contrasts_are_refused() -> None:
    codes = render_codes(draw_spec(3), axial_grid(draw_spec(3), 60.0), 2)
    images = [image_from_codes(codes, "T2", np.random.default_rng(1), artefacts=False) for _ in range(2)]
    assert np.array_equal(images[0], images[1])
    assert image_from_codes(codes, "random", np.random.default_rng(1)).shape == codes.shape[:1] + codes.shape[2:]
    with pytest.raises(ValueError, match="unknown contrast 'PD'"):
        image_from_codes(codes, "PD", np.random.default_rng(1))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("phantom")
    wanted = [Pathology.parse("C5/6:herniation:left:paracentral:4mm")]
    how: dict[str, Any] = {"matrix": 64, "through_plane_samples": 2, "chinese_name": True}
    return folder, write_study(folder, 7, wanted, "uih", True, **how)


def test_a_study_reads_back_as_dicom_in_the_geometry_it_was_scanned_in(study: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = study
    assert json.loads((folder / "truth.json").read_text(encoding="utf-8")) == truth
    plan = plan_study(
        7, [Pathology.parse("C5/6:herniation:left:paracentral:4mm")], "uih", True, matrix=64, chinese_name=True
    )
    assert [entry["role"] for entry in truth["series"]] == ["sagittal_t1", "sagittal_t2", "axial_t2", "axial_fs_t2"]
    frames = set()
    for entry in truth["series"]:
        grid = plan.grids[SeriesRole(entry["role"])]
        files = sorted((folder / entry["path"]).iterdir())
        assert len(files) == grid.shape_kji[0]
        for path in files:
            dataset = pydicom.dcmread(path)
            k = entry["sop_instance_uids"].index(dataset.SOPInstanceUID)
            assert dataset.ImagePositionPatient == pytest.approx((grid.affine_lps_mm @ [k, 0, 0, 1])[:3], abs=1e-6)
            assert dataset.pixel_array.max() > 300
            frames.add(dataset.FrameOfReferenceUID)
    assert len(frames) == 1
    assert str(dataset.PatientName.ideographic) == "仿真^体模7"
    assert dataset.ScanningSequence == "GR"


def test_every_disc_names_the_axial_slice_through_its_posterior_edge(study: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = study
    centers = {level["name"]: np.array(level["center_lps_mm"]) for level in truth["levels"]}
    axial = next(entry for entry in truth["series"] if entry["role"] == "axial_t2")
    for level in truth["levels"]:
        if level["kind"] != "disc":
            continue
        index = level["index_slice"]
        assert axial["sop_instance_uids"][index["k"]] == index["sop_instance_uid"]
        datasets = (pydicom.dcmread(path) for path in (folder / axial["path"]).iterdir())
        dataset = next(found for found in datasets if found.SOPInstanceUID == index["sop_instance_uid"])
        rows = np.array(dataset.ImageOrientationPatient, dtype=float)
        normal = np.cross(rows[:3], rows[3:])
        disc = DiscLevel(level["name"])
        below = centers.get(disc.lower_vertebra.value, centers[disc.value])
        edge = posterior_edge(centers[disc.value], below - centers[disc.upper_vertebra.value])
        away = normal @ (edge - np.array(dataset.ImagePositionPatient, dtype=float))
        assert abs(away) <= float(dataset.SpacingBetweenSlices) / 2 + 1e-3


def test_writing_the_same_study_again_gives_the_same_bytes(study: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, truth = study
    wanted = [Pathology.parse("C5/6:herniation:left:paracentral:4mm")]
    again = write_study(tmp_path, 7, wanted, "uih", True, matrix=64, through_plane_samples=2, chinese_name=True)
    assert again == truth
    name = f"{truth['series'][0]['path']}/IM0001.dcm"
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    other = plan_study(7, [Pathology.parse("C5/6:herniation:right:paracentral:4mm")], "uih", True)
    assert other.header.uid("study") != truth["study_instance_uid"]


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips", "uih"])
def test_every_vendor_style_is_valid_dicom(vendor: str, tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
    truth = write_study(tmp_path, 1, (), vendor, True, normal=True, matrix=32, through_plane_samples=1)
    for entry in truth["series"]:
        checked = subprocess.run(
            ["dciodvfy", str(tmp_path / entry["path"] / "IM0002.dcm")], capture_output=True, text=True, check=False
        )
        report = checked.stdout + checked.stderr
        assert "MRImage" in report
        assert not [line for line in report.splitlines() if line.startswith("Error")]
