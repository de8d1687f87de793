"""NIfTI in and out: one turn from RAS to LPS, roles from side-car, name or not at all, masks on the file's own grid."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from inference.intake import collect
from inference.nifti import label_map_bytes, read_nifti, role_of_nifti, write_label_map
from inference.results import PipelineError
from reporting.vocabulary import SeriesRole

RNG = np.random.default_rng(5)
SAGITTAL_PSR = np.array([[0, 0, 3.0, -20], [-0.7, 0, 0, 30], [0, 0.7, 0, -40], [0, 0, 0, 1.0]])


def save(path: Path, data: np.ndarray, affine: np.ndarray = SAGITTAL_PSR) -> Path:
    nibabel.save(nibabel.Nifti1Image(data, affine), path)
    return path


def picture(*shape: int) -> np.ndarray:
    return RNG.integers(0, 2000, shape).astype(np.int16)


def test_every_voxel_keeps_its_place(tmp_path: Path) -> None:
    data = picture(20, 24, 7)
    volume = read_nifti(save(tmp_path / "a.nii.gz", data))
    assert volume.array.shape[0] == 7
    for i, j, k in ((0, 0, 0), (3, 11, 6), (19, 23, 2)):
        ras = SAGITTAL_PSR @ [i, j, k, 1]
        index = np.rint(volume.to_index_kji(np.array([-ras[0], -ras[1], ras[2]]))).astype(int)
        assert volume.array[tuple(index)] == data[i, j, k]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sub-01_T2w.nii.gz", SeriesRole.SAGITTAL_T2),
        ("sub-01_acq-sag_T1w.nii.gz", SeriesRole.SAGITTAL_T1),
        ("t2_crop.nii", SeriesRole.SAGITTAL_T2),
        ("sub-01_STIR.nii.gz", SeriesRole.SAGITTAL_STIR),
        ("sub-01_T2w_seg-manual.nii.gz", SeriesRole.UNKNOWN),
        ("volume.nii.gz", SeriesRole.UNKNOWN),
    ],
)
def test_the_name_gives_the_role(tmp_path: Path, name: str, role: SeriesRole) -> None:
    path = save(tmp_path / name, picture(30, 30, 5))
    assert role_of_nifti(path, read_nifti(path)).role is role


def test_a_side_car_outranks_the_name(tmp_path: Path) -> None:
    path = save(tmp_path / "sub-01_T2w.nii.gz", picture(30, 30, 5))
    timing = {"RepetitionTime": 0.55, "EchoTime": 0.01, "ScanningSequence": "SE"}
    (tmp_path / "sub-01_T2w.json").write_text(json.dumps(timing))
    assert role_of_nifti(path, read_nifti(path)).role is SeriesRole.SAGITTAL_T1
    timing["ScanningSequence"] = "GR"
    (tmp_path / "sub-01_T2w.json").write_text(json.dumps(timing))
    assert role_of_nifti(path, read_nifti(path)).reason == "gradient_echo"


def test_a_given_role_outranks_everything(tmp_path: Path) -> None:
    path = save(tmp_path / "sub-01_T2w.nii.gz", picture(30, 30, 5))
    intake = collect([tmp_path], {path.name: SeriesRole.SAGITTAL_T1})
    assert [(one.decision.role, one.decision.reason) for one in intake.series] == [("sagittal_t1", "given_by_user")]


@pytest.mark.parametrize(
    ("shape", "affine", "reason"),
    [
        ((10, 10, 4, 3), SAGITTAL_PSR, "four_dimensional"),
        ((10, 10, 1), SAGITTAL_PSR, "single_slice"),
        ((10, 10, 4), np.diag([0.001, 1, 1, 1]), "invalid_spacing"),
        ((10, 10, 4), SAGITTAL_PSR + np.array([[0, 0.5, 0, 0]] + [[0] * 4] * 3), "not_orthogonal"),
    ],
)
def test_what_is_no_volume_is_refused(tmp_path: Path, shape: tuple[int, ...], affine: np.ndarray, reason: str) -> None:
    path = save(tmp_path / "a.nii", picture(*shape), affine)
    with pytest.raises(PipelineError) as caught:
        read_nifti(path)
    assert caught.value.reason == reason


def test_a_damaged_file_is_named_and_the_rest_kept(tmp_path: Path) -> None:
    save(tmp_path / "good_T2w.nii.gz", picture(30, 30, 5))
    (tmp_path / "bad_T2w.nii.gz").write_bytes(b"nonsense")
    intake = collect([tmp_path])
    assert [one.uid for one in intake.series] == ["good_T2w.nii.gz"]
    assert [(Path(one.path).name, one.reason) for one in intake.unreadable] == [("bad_T2w.nii.gz", "not_nifti")]


def test_masks_are_written_on_the_files_own_grid(tmp_path: Path) -> None:
    data = picture(7, 20, 24)  # slices first: the volume's axis order differs from the file's
    affine = np.diag([3.0, 0.7, 0.7, 1.0])
    path = save(tmp_path / "a.nii.gz", data, affine)
    volume = read_nifti(path)
    write_label_map(tmp_path / "m.nii.gz", volume.with_array(volume.array > 1000), like=path)
    written = nibabel.load(tmp_path / "m.nii.gz")
    assert np.allclose(written.affine, affine)
    assert np.array_equal(written.get_fdata(), data > 1000)


def test_equal_label_maps_give_equal_bytes(tmp_path: Path) -> None:
    volume = read_nifti(save(tmp_path / "a.nii.gz", picture(12, 12, 4)))
    mask = volume.with_array((volume.array > 5).astype(np.uint8))
    assert label_map_bytes(mask) == label_map_bytes(mask)
