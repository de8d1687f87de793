"""A phantom scanned otherwise: thick, tilted, in blocks, as cubes, with another contrast, with artefacts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from inference.phantom import (
    ArtefactStrengths,
    Pathology,
    Tissue,
    draw_spec,
    image_from_codes,
    plan_study,
    render_codes,
    study_grids,
    truth_record,
    write_study,
)
from inference.phantom import artefacts as artefact_steps
from inference.phantom import tissue_artefacts as tissue_steps
from inference.volume_reading import read_dicom_file, read_volumes
from reporting.vocabulary import SeriesRole

SMALL: dict[str, Any] = {"matrix": 48, "through_plane_samples": 1}


def slices_of(folder: Path, truth: dict[str, Any], role: str) -> list[pydicom.Dataset]:
    entry = next(series for series in truth["series"] if series["role"] == role)
    by_uid = {}
    for path in (folder / entry["path"]).iterdir():
        dataset = pydicom.dcmread(path)
        by_uid[dataset.SOPInstanceUID] = dataset
    return [by_uid[uid] for uid in entry["sop_instance_uids"]]


def normal_of(dataset: pydicom.Dataset) -> np.ndarray:
    rows = np.array(dataset.ImageOrientationPatient, dtype=float)
    return np.cross(rows[:3], rows[3:])


def test_a_thickness_holds_for_every_series(tmp_path: Path) -> None:
    truth = write_study(tmp_path, 3, thickness_mm=5.0, **SMALL)
    for role in ("sagittal_t1", "sagittal_t2", "axial_t2"):
        datasets = slices_of(tmp_path, truth, role)
        assert {float(dataset.SliceThickness) for dataset in datasets} == {5.0}
        assert float(datasets[0].SpacingBetweenSlices) >= 5.0


def test_a_tilt_turns_every_field_of_view_by_its_angle() -> None:
    straight, tilted = plan_study(3, matrix=48), plan_study(3, matrix=48, tilt_deg=30.0)
    for role, column in ((SeriesRole.SAGITTAL_T2, 1), (SeriesRole.AXIAL_T2, 0)):
        first, second = (
            plan.grids[role].affine_lps_mm[:3, column] / plan.grids[role].spacing_kji_mm[column]
            for plan in (straight, tilted)
        )
        assert np.rad2deg(np.arccos(first @ second)) == pytest.approx(30.0, abs=1e-3)


def test_another_axial_contrast_is_told_in_the_header(tmp_path: Path) -> None:
    truth = write_study(tmp_path, 3, contrast="T2star", **SMALL)
    axial = slices_of(tmp_path, truth, "axial_t2")[0]
    assert axial.ScanningSequence == "GR"
    assert float(axial.FlipAngle) < 60
    assert slices_of(tmp_path, truth, "sagittal_t2")[0].ScanningSequence == "SE"


def test_blocks_are_read_back_as_one_pack_per_disc(tmp_path: Path) -> None:
    truth = write_study(tmp_path, 3, layout="blocks", **SMALL)
    entry = next(series for series in truth["series"] if series["role"] == "axial_t2")
    volumes = read_volumes([read_dicom_file(path) for path in sorted((tmp_path / entry["path"]).iterdir())])
    assert sorted(len(volume.sop_instance_uids) for volume in volumes) == sorted(entry["pack_sizes"])
    assert len(volumes) == 6
    datasets = slices_of(tmp_path, truth, "axial_t2")
    for level in truth["levels"]:
        if level["kind"] == "disc":
            dataset = datasets[level["index_slice"]["k"]]
            assert dataset.SOPInstanceUID == level["index_slice"]["sop_instance_uid"]
            away = normal_of(dataset) @ (np.array(level["center_lps_mm"]) - np.array(dataset.ImagePositionPatient))
            assert abs(away) < 4.0


def test_an_isotropic_study_has_cubes_of_one_millimetre() -> None:
    plan = plan_study(3, layout="isotropic")
    assert all(np.allclose(grid.spacing_kji_mm, 1.0) for grid in plan.grids.values())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"thickness_mm": 30.0}, "outside 0.8 to 10 mm"),
        ({"tilt_deg": 60.0}, "outside -40 to 40"),
        ({"contrast": "T1"}, "unknown axial contrast 'T1'"),
        ({"layout": "spiral"}, "unknown layout 'spiral'"),
        ({"layout": "blocks", "tilt_deg": 10.0}, "takes no tilt"),
        ({"layout": "isotropic", "thickness_mm": 2.0}, "takes no slice thickness"),
    ],
)
def test_a_scan_that_cannot_be_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        plan_study(3, **options)


def test_training_scans_vary_far_more_than_those_of_a_study() -> None:
    dens_missed, thick, cubes, tilted = 0, 0, 0, 0
    count = 60
    for seed in range(count):
        spec = draw_spec(seed)
        tip = next(level for level in truth_record(spec)["levels"] if level["name"] == "C2")["center_lps_mm"]
        grids = study_grids(spec, np.random.default_rng([seed, 1]))
        sagittal, axial = grids[SeriesRole.SAGITTAL_T2], grids[SeriesRole.AXIAL_T2]
        index = np.linalg.inv(sagittal.affine_lps_mm) @ np.array([*tip, 1.0])
        dens_missed += index[1] < 19.0 / sagittal.spacing_kji_mm[1]  # half of C2 with its dens is above its centre
        thick += axial.spacing_kji_mm[0] > 4.4
        cubes += np.allclose(axial.spacing_kji_mm, 1.0)
        tilted += abs(axial.affine_lps_mm[1, 0]) / axial.spacing_kji_mm[0] > np.sin(np.deg2rad(28))
    assert min(dens_missed, thick, cubes, tilted) >= 1
    assert max(dens_missed, thick, cubes) < count / 3


def test_strengths_multiply_and_refuse_a_name_that_does_not_exist() -> None:
    twice = ArtefactStrengths(noise=0.5).times(noise=2, bias=2)
    assert (twice.noise, twice.bias, twice.blur) == (1.0, 2.0, 1.0)
    with pytest.raises(AttributeError):
        ArtefactStrengths().times(dust=2)


def test_twice_the_noise_is_twice_the_noise() -> None:
    codes = np.full((2, 1, 64, 64), Tissue.CSF, dtype=np.uint8)
    spreads = []
    for factor in (1.0, 2.0):
        only_noise = replace(ArtefactStrengths.none(), noise=factor)
        image = image_from_codes(codes, "T2", np.random.default_rng(4), artefacts=only_noise)
        spreads.append(float(image.std()))
    assert spreads[1] == pytest.approx(2 * spreads[0], rel=0.05)


@pytest.fixture
def picture() -> tuple[np.ndarray, np.ndarray]:
    """A grey field with a bright square, and the share of the square."""
    share = np.zeros((3, 80, 80), dtype=np.float32)
    share[:, 30:42, 30:42] = 1.0
    return 0.3 + 0.6 * share, share


@pytest.mark.parametrize("step", [tissue_steps.pulsation, tissue_steps.swallowing])
def test_what_moves_leaves_ghosts_along_the_phase_direction_only(
    step: Any, picture: tuple[np.ndarray, np.ndarray]
) -> None:
    image, share = picture
    changed = np.abs(step(image, share, np.random.default_rng(2), 1.0, 2) - image).max(axis=0) > 1e-3
    assert changed[30:42, :25].any() or changed[30:42, 47:].any()
    assert not changed[:15].any()
    assert not changed[57:].any()
    still = step(image, np.zeros_like(share), np.random.default_rng(2), 1.0, 2)
    assert np.allclose(still, image)


def test_metal_moves_signal_along_the_frequency_direction_and_only_near_itself(
    picture: tuple[np.ndarray, np.ndarray],
) -> None:
    image, share = picture
    dark = image * (1 - share)
    spoilt = tissue_steps.metal(dark, share, np.random.default_rng(1), 1.0, 2)
    assert spoilt.max() > dark.max() * 1.1  # it piles up
    assert np.abs(spoilt - dark)[:, :, 24:48].max() > 0.1
    assert np.array_equal(tissue_steps.metal(dark, np.zeros_like(share), np.random.default_rng(1), 1.0, 2), dark)


def test_aliasing_adds_the_other_edge_and_leaves_the_middle() -> None:
    image = np.zeros((1, 60, 60), dtype=np.float32)
    image[:, 50:] = 1.0
    folded = artefact_steps.wrap(image, np.random.default_rng(3), 1.0, 1)
    assert np.array_equal(folded[:, 15:45], image[:, 15:45])
    assert not np.array_equal(folded, image)


def test_an_operated_level_spoils_the_image_around_it() -> None:
    spec = draw_spec(5, [Pathology.parse("C5/6:hardware")])
    assert spec.disc("C5/6").hardware
    plan = plan_study(5, [Pathology.parse("C5/6:hardware")], matrix=96)
    grid = plan.grids[SeriesRole.SAGITTAL_T2]
    codes = render_codes(plan.spec, grid, 1)
    places = np.argwhere(codes[:, 0] == Tissue.METAL)
    assert len(places) > 20
    center = next(level for level in truth_record(plan.spec)["levels"] if level["name"] == "C5/6")
    assert center["hardware"] is True
    metal_mm = (grid.affine_lps_mm @ np.array([*places.mean(axis=0), 1.0]))[:3]
    assert 3.0 < np.linalg.norm(metal_mm - np.array(center["center_lps_mm"])) < 20.0
