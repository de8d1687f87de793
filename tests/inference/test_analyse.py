"""``manage.py analyse`` answers with levels or with a reason, and names every file it could not read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference.phantom.study import write_study
from reporting.predictions.result_payload import _levels
from reporting.vocabulary import LABEL_VALUES
from tests.inference.dicom_series import write_series
from tests.paths import shared_data


def analyse(out: Path, *arguments: object) -> dict[str, Any]:
    """Run the command and return its JSON; the printed table is under ``printed``."""
    printed = io.StringIO()
    call_command("analyse", *(str(argument) for argument in arguments), json=out / "out.json", stdout=printed)
    result: dict[str, Any] = json.loads((out / "out.json").read_text(encoding="utf-8"))
    return {**result, "printed": printed.getvalue()}


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("phantom")
    truth = write_study(folder / "study", 31, normal=True, matrix=256, through_plane_samples=2)
    return folder / "study", truth


@pytest.fixture(scope="module")
def analysed(
    phantom: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    out = tmp_path_factory.mktemp("out")
    call_command("analyse", str(phantom[0]), json=out / "out.json", masks=out / "masks", stdout=io.StringIO())
    return json.loads((out / "out.json").read_text(encoding="utf-8")), out / "masks"


def test_a_whole_study_runs_and_says_so(analysed: tuple[dict[str, Any], Path]) -> None:
    result, _ = analysed
    assert result["schema_version"] == "1.2"
    assert result["gate"]["status"] == "run"
    assert sorted(series["role"] for series in result["series"]) == ["axial_t2", "sagittal_t1", "sagittal_t2"]
    assert {prediction["finding"] for prediction in result["predictions"]} == set(result["gate"]["findings"])
    assert len(result["algorithm"]["weights_sha256"]) == 64
    assert {"segmentation", "levels", "grading", "total"} <= set(result["timings_s"])
    assert [file["reason"] for file in result["quality"]["unreadable"]] == ["not_dicom"]  # truth.json


def test_no_level_is_named_wrongly(analysed: tuple[dict[str, Any], Path], phantom: tuple[Path, dict[str, Any]]) -> None:
    centers = {level["name"]: np.array(level["center_lps_mm"]) for level in phantom[1]["levels"]}
    slices = {level["name"]: level["index_slice"]["sop_instance_uid"] for level in phantom[1]["levels"]}
    found = {level["name"]: level for level in analysed[0]["levels"]}
    assert {"C2/3", "C3/4", "C4/5", "C5/6", "C6/7"} <= set(found)
    for name, level in found.items():
        assert level["status"] == "named"
        limit = 10.0 if name == "C2" else 5.0
        assert np.linalg.norm(np.array(level["center_lps_mm"]) - centers[name]) < limit
    same = [found[name]["index_slice"]["sop_instance_uid"] == slices[name] for name in ("C3/4", "C4/5", "C5/6", "C6/7")]
    assert sum(same) >= 3  # a centre on the border of two slices may fall either way
    assert _levels(analysed[0]["levels"]) == set(found)


def test_masks_lie_on_the_grid_of_their_series(
    analysed: tuple[dict[str, Any], Path], phantom: tuple[Path, dict[str, Any]]
) -> None:
    result, masks = analysed
    labels = json.loads((masks / "labels.json").read_text(encoding="utf-8"))
    assert labels["labels"] == {structure.value: value for structure, value in LABEL_VALUES.items()}
    shapes = {series["uid"]: series["shape_kji"] for series in phantom[1]["series"]}
    assert {entry["series"] for entry in labels["files"].values()} == {series["uid"] for series in result["series"]}
    for name, entry in labels["files"].items():
        image = nibabel.load(masks / name)
        assert list(image.shape[::-1]) == shapes[entry["series"]]
        assert set(np.unique(image.get_fdata())) <= {0, *LABEL_VALUES.values()}


def test_without_the_t1_only_its_findings_are_withheld(phantom: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folders = [phantom[0] / series["path"] for series in phantom[1]["series"] if series["role"] != "sagittal_t1"]
    result = analyse(tmp_path, *folders)
    assert result["gate"]["status"] == "partial"
    assert result["gate"]["findings"]["slip"]["reasons"] == ["missing_sagittal_t1"]
    assert result["gate"]["findings"]["herniation"]["status"] == "run"
    assert not {"slip", "osteophyte"} & {prediction["finding"] for prediction in result["predictions"]}


def small(folder: Path) -> list[Path]:
    """A readable series whose field of view is a few millimetres: nothing to find in it."""
    return write_series(folder)


def test_a_series_nothing_can_be_seen_in_is_withheld_with_its_reason(tmp_path: Path) -> None:
    small(tmp_path / "series")
    (tmp_path / "series" / "notes.txt").write_text("not an image")
    result = analyse(tmp_path, tmp_path / "series")
    assert result["gate"]["status"] == "withheld"
    assert result["gate"]["reasons"] == ["nothing_usable", "small_field"]
    assert result["levels"] == []
    assert result["quality"]["unreadable"][0]["path"].endswith("notes.txt")
    assert "notes.txt: not read" in result["printed"]


def test_one_slice_missing_is_said_and_nothing_is_bridged(tmp_path: Path) -> None:
    small(tmp_path / "series")[2].unlink()
    result = analyse(tmp_path, tmp_path / "series")
    assert [series["reason"] for series in result["series"]] == ["missing_slice"]
    assert result["gate"]["reasons"] == ["nothing_usable", "missing_slice"]


def test_two_patients_in_one_study_are_withheld(tmp_path: Path) -> None:
    def other(_: int, dataset: Any) -> None:
        dataset.PatientID = "P2"

    write_series(tmp_path / "s" / "a")
    write_series(tmp_path / "s" / "b", edit=other)
    assert analyse(tmp_path, tmp_path / "s")["gate"]["reasons"] == ["several_patients"]


def test_two_studies_are_not_mixed(tmp_path: Path) -> None:
    write_series(tmp_path / "s" / "a")
    write_series(tmp_path / "s" / "b", study_uid="1.2.9")
    assert analyse(tmp_path, tmp_path / "s")["gate"]["reasons"] == ["several_studies"]


def test_a_zip_answers_like_its_folder_and_writes_nowhere_else(tmp_path: Path) -> None:
    paths = small(tmp_path / "series")
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number, path in enumerate(paths):
            file.write(path, f"../../escape{number}.dcm")
        file.writestr("readme.txt", "hello")
    from_zip, from_folder = analyse(tmp_path, archive), analyse(tmp_path, tmp_path / "series")
    assert from_zip["gate"] == from_folder["gate"]
    assert [series["uid"] for series in from_zip["series"]] == [series["uid"] for series in from_folder["series"]]
    assert not list(tmp_path.parent.glob("escape*"))
    assert not list(tmp_path.parent.parent.glob("escape*"))


def nothing(folder: Path) -> Path:
    return folder


def empty_zip(folder: Path) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    return path


def text_file(folder: Path) -> Path:
    path = folder / "a.dcm"
    path.write_text("not DICOM")
    return path


@pytest.mark.parametrize("given", [nothing, empty_zip, text_file, lambda folder: folder / "absent"])
def test_nothing_readable_ends_with_status_2_and_one_line(tmp_path: Path, given: Callable[[Path], Path]) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("analyse", str(given(tmp_path)), stdout=io.StringIO())
    assert caught.value.returncode == 2
    assert str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "reasons"),
    [
        ("dicom/noise_pixels_real_headers_MIT/FAIL_CT_gantry_tilt", ["not_mr"]),
        ("dicom/noise_pixels_real_headers_MIT/siemens_trio_implicit", ["nothing_usable", "noise_only"]),
        ("dicom/dcm_qa_BSD2/uih_uMR770_tiled_DTI", ["nothing_usable", "mosaic"]),
        ("dicom/dcm_qa_BSD2/ge_discovery_mr750_epi", ["nothing_usable", "echo_planar"]),
        ("nifti/masks_unf01_0.5mm_MIT", ["nothing_usable", "label_map"]),
    ],
)
def test_public_series_that_show_no_neck_get_the_right_reason(tmp_path: Path, folder: str, reasons: list[str]) -> None:
    result = analyse(tmp_path, shared_data(*folder.split("/")))
    assert result["gate"]["reasons"] == reasons


@pytest.mark.parametrize(
    "folder", ["dicom/derived_from_nifti/sag_T2_crop_classic_29", "nifti/sagT2_crop_fake_lesion_MIT"]
)
def test_a_real_crop_without_the_dens_is_called_uncertain(tmp_path: Path, folder: str) -> None:
    result = analyse(tmp_path, shared_data(*folder.split("/")))
    assert "levels_uncertain" in result["gate"]["reasons"]
    assert len(result["levels"]) >= 6
    assert {level["status"] for level in result["levels"]} == {"level_uncertain"}
    assert result["predictions"] == []
