"""Real MR that may be passed on: cords are outlined, no level is named wrongly, what shows no neck is refused.

Without the public sample data (``tests.paths.shared_data``) each test is skipped with that reason.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from inference.nifti import read_nifti
from inference.pipeline import run
from inference.resampling import resample_like
from inference.results import PipelineResult
from reporting.vocabulary import LABEL_VALUES, GateStatus, LevelStatus, SeriesRole, Structure
from tests.paths import shared_data

TEMPLATE = ("nifti", "PAM50_small_template_MIT")
DISCS = {3: "C2/3", 4: "C3/4", 5: "C4/5", 6: "C5/6", 7: "C6/7", 8: "C7/T1"}
"""Values of the template's disc points."""


@lru_cache(maxsize=8)
def analysed(*paths: Path, role: SeriesRole | None = None) -> PipelineResult:
    return run(paths, roles={path.name: role for path in paths} if role else None)


def cord_dice(image: Path, mask: Path) -> float:
    (label_map,) = analysed(image).masks.values()
    drawn = read_nifti(mask)
    drawn = (
        resample_like(
            drawn.with_array((drawn.array > 0.5).astype(np.float32)),
            label_map.with_array(label_map.array.astype(np.float32)),
        ).array
        > 0.5
    )
    found = label_map.array == LABEL_VALUES[Structure.CORD]
    return float(2 * (drawn & found).sum() / (drawn.sum() + found.sum()))


@pytest.mark.parametrize(
    ("image", "mask", "floor"),
    [
        ("axial_unf01_1mm_CCBY/sub-unf01_T1w", "axial_unf01_1mm_CCBY/sub-unf01_T1w_seg-manual", 0.85),
        ("axial_unf01_1mm_CCBY/sub-unf01_T2w", "axial_unf01_1mm_CCBY/sub-unf01_T2w_seg-manual", 0.85),
        ("axial_unf01_1mm_CCBY/sub-unf01_T2star", "axial_unf01_1mm_CCBY/sub-unf01_T2star_seg-manual", 0.85),
        ("axial_GRE_sub-05_CCBY/sub-05_acq-MTon_MTS", "axial_GRE_sub-05_CCBY/sub-05_acq-MTon_MTS_seg", 0.85),
        ("sagT2_crop_fake_lesion_MIT/t2_fake_lesion", "sagT2_crop_fake_lesion_MIT/t2_fake_lesion_sc_seg", 0.70),
    ],
)
def test_the_cord_is_outlined(image: str, mask: str, floor: float) -> None:
    paths = (shared_data("nifti", *f"{name}.nii.gz".split("/")) for name in (image, mask))
    assert cord_dice(*paths) >= floor


def sagittal_window(folder: Path, first: int, last: int) -> Path:
    """Slices ``first`` to ``last`` of the average adult, as a sagittal T2 with slices of 3 mm and pixels of 1 mm."""
    image = nibabel.load(shared_data(*TEMPLATE, "PAM50_small_t2.nii.gz"))
    values = np.asarray(image.dataobj, dtype=np.float32)[:69, :, first:last]
    values = ndimage.zoom(values.reshape(23, 3, *values.shape[1:]).mean(axis=1), (1, 1, 2), order=1)
    affine = image.affine.copy()
    affine[:3, 3] += affine[:3, 2] * first + affine[:3, 0]
    affine[:3, 0] *= 3
    affine[:3, 2] /= 2
    path = folder / f"template_{first}_{last}_T2w.nii.gz"
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


def template_discs() -> dict[str, float]:
    """Height (mm) of the posterior edge of each disc of the template."""
    points = nibabel.load(shared_data(*TEMPLATE, "PAM50_small_label_discPosterior.nii.gz"))
    values = np.asarray(points.dataobj)
    return {
        name: float((points.affine @ [*np.argwhere(values == value).mean(axis=0), 1.0])[2])
        for value, name in DISCS.items()
    }


@pytest.mark.parametrize(("first", "last"), [(150, 275), (189, 249)])
def test_the_average_adult_has_every_level_at_its_place_when_the_dens_is_in_view(
    tmp_path: Path, first: int, last: int
) -> None:
    discs = template_discs()
    found = {level.name: level for level in analysed(sagittal_window(tmp_path, first, last)).levels}
    assert set(found) >= {"C2", "C2/3", "C3", "C3/4", "C4", "C4/5", "C5", "C5/6", "C6"}
    for name, height in discs.items():
        if name in found:
            assert found[name].status is LevelStatus.NAMED
            assert found[name].center_lps_mm[2] == pytest.approx(height, abs=6.0)


@pytest.mark.parametrize(("first", "last"), [(0, 60), (56, 136), (112, 222)])
def test_a_spine_without_the_dens_in_view_is_never_numbered(tmp_path: Path, first: int, last: int) -> None:
    """Lumbar, thoracic, and from C3 down."""
    result = analysed(sagittal_window(tmp_path, first, last))
    assert "levels_uncertain" in result.gate.reasons
    assert {level.status for level in result.levels} <= {LevelStatus.UNCERTAIN}
    assert result.predictions == ()


@pytest.mark.parametrize("role", [SeriesRole.SAGITTAL_T2, SeriesRole.AXIAL_T2])
@pytest.mark.parametrize(
    "folder", ["dcm_qa_BSD2/ge_discovery_mr750_epi", "noise_pixels_real_headers_MIT/siemens_trio_implicit"]
)
def test_what_shows_no_neck_is_refused_even_where_somebody_says_it_does(folder: str, role: SeriesRole) -> None:
    paths = sorted(shared_data("dicom", *folder.split("/")).glob("*.dcm"))
    result = analysed(*paths, role=role)
    assert [series.role for series in result.series] == [role]
    assert result.gate.status is GateStatus.WITHHELD
    assert result.levels == ()


def test_a_head_is_no_neck() -> None:
    path = Path(nibabel.__file__).parent / "tests" / "data" / "anatomical.nii"
    result = analysed(path, role=SeriesRole.SAGITTAL_T2)
    assert result.gate.reasons[:2] == ("wrong_region", "levels_uncertain")
