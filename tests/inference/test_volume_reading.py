"""A series becomes a volume with its slices in their places, or is refused with the reason."""

from __future__ import annotations

import io
import random
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from inference.results import PipelineError
from inference.volume_reading import read_dicom_file, read_volumes
from inference.volumes import Volume
from tests.inference.dicom_series import AXIAL, SAGITTAL, slice_values, write_enhanced, write_series
from tests.paths import shared_data


def volumes_of(paths: list[Path]) -> tuple[Volume, ...]:
    return read_volumes([read_dicom_file(path) for path in paths])


def refusal(paths: list[Path]) -> str:
    with pytest.raises(PipelineError) as caught:
        volumes_of(paths)
    return caught.value.reason


def test_voxels_land_where_the_header_says(tmp_path: Path) -> None:
    (volume,) = volumes_of(write_series(tmp_path, pixel_spacing=(0.6, 0.5)))
    # Sagittal, rows downward, columns backward: the normal points to the patient's right (−x).
    assert np.allclose(volume.to_lps_mm(np.array([0, 0, 0])), [10, -40, 60])
    assert np.allclose(volume.to_lps_mm(np.array([2, 4, 6])), [10 - 6, -40 + 6 * 0.5, 60 - 4 * 0.6])
    assert np.array_equal(volume.array, slice_values(5).astype(np.float32))


def test_order_comes_from_position_not_from_names_or_numbers(tmp_path: Path) -> None:
    def number_backwards(index: int, dataset: FileDataset) -> None:
        dataset.InstanceNumber = 100 - index

    paths = write_series(tmp_path, edit=number_backwards, name=lambda index: f"{(index * 7) % 5}.dcm")
    straight = volumes_of(paths)[0]
    random.Random(3).shuffle(paths)
    shuffled = volumes_of(paths)[0]
    assert np.array_equal(straight.array, shuffled.array)
    assert straight.sop_instance_uids == shuffled.sop_instance_uids
    assert np.allclose(straight.affine_lps_mm, shuffled.affine_lps_mm)


def test_enhanced_frames_stored_in_reverse_give_the_classic_volume(tmp_path: Path) -> None:
    values = slice_values(4)
    (classic,) = volumes_of(write_series(tmp_path / "classic", values))
    (enhanced,) = volumes_of([write_enhanced(tmp_path / "enhanced.dcm", values, [3, 2, 1, 0])])
    assert np.array_equal(classic.array, enhanced.array)
    assert np.allclose(classic.affine_lps_mm, enhanced.affine_lps_mm)
    assert enhanced.frame_numbers == (4, 3, 2, 1)


def test_rescale_and_monochrome1_are_undone(tmp_path: Path) -> None:
    def rescale(_: int, dataset: FileDataset) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = 2.0, -5.0

    def invert(_: int, dataset: FileDataset) -> None:
        dataset.PhotometricInterpretation = "MONOCHROME1"

    values = slice_values(3)
    assert np.array_equal(volumes_of(write_series(tmp_path / "a", values, edit=rescale))[0].array, values * 2.0 - 5.0)
    inverted = volumes_of(write_series(tmp_path / "b", values, edit=invert))[0].array
    assert np.array_equal(inverted, values.max() - values.astype(np.float32))


def test_an_axial_series_angled_to_each_disc_gives_one_volume_per_pack(tmp_path: Path) -> None:
    tilted = (1.0, 0.0, 0.0, 0.0, float(np.cos(0.3)), float(np.sin(0.3)))
    first = write_series(tmp_path / "a", orientation=AXIAL)
    second = write_series(tmp_path / "b", orientation=tilted, origin=(10.0, -40.0, 20.0))
    uid = read_dicom_file(first[0]).header.series.series_instance_uid
    for path in second:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.save_as(path)
    packs = volumes_of(first + second)
    assert [pack.array.shape[0] for pack in packs] == [5, 5]
    assert np.allclose(packs[1].to_lps_mm(np.zeros(3)), [10, -40, 20])


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEGLSLossless])
def test_every_transfer_syntax_gives_the_same_voxels(tmp_path: Path, syntax: UID) -> None:
    values = slice_values(3, 16, 16)
    if syntax.is_encapsulated:
        paths = write_series(tmp_path, values, edit=lambda _, dataset: dataset.compress(syntax))
    else:
        paths = write_series(tmp_path, values, syntax=syntax)
    assert np.array_equal(volumes_of(paths)[0].array, values)


@pytest.mark.parametrize(
    ("folder", "syntax"),
    [("siemens_prisma_phantom_JPEGlossless", JPEGLosslessSV1), ("siemens_prisma_phantom_J2K", JPEG2000Lossless)],
)
def test_compressed_series_of_a_real_scanner_decode(folder: str, syntax: UID) -> None:
    files = [read_dicom_file(path) for path in sorted(shared_data("dicom", "dcm_qa_BSD2", folder).glob("*.dcm"))]
    assert files[0].header.transfer_syntax_uid == syntax
    assert read_volumes(files)[0].array.max() > 500


def only(index: int, change: Callable[[FileDataset], None]) -> Callable[[int, FileDataset], None]:
    def edit(at: int, dataset: FileDataset) -> None:
        if at == index:
            change(dataset)

    return edit


def set_to(**elements: object) -> Callable[[FileDataset], None]:
    def change(dataset: FileDataset) -> None:
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)

    return change


def remove(keyword: str) -> Callable[[FileDataset], None]:
    return lambda dataset: delattr(dataset, keyword)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (remove("ImagePositionPatient"), "missing_geometry"),
        (remove("ImageOrientationPatient"), "missing_geometry"),
        (remove("PixelSpacing"), "missing_geometry"),
        (set_to(PixelSpacing=["0", "0.5"]), "invalid_spacing"),
        (set_to(PixelSpacing=["-0.6", "0.5"]), "invalid_spacing"),
        (set_to(PixelSpacing=["60", "60"]), "invalid_spacing"),
        (set_to(PixelSpacing=["0.7", "0.5"]), "mixed_spacing"),
        (set_to(ImageOrientationPatient=list(AXIAL)), "mixed_orientation"),
        (set_to(ImageOrientationPatient=[0, 1, 0, 0, 0.5, -1]), "invalid_orientation"),
        (set_to(ImagePositionPatient=[10, -40, 60]), "duplicate_slices"),
        (set_to(ImagePositionPatient=[4, -35, 60]), "not_orthogonal"),
        (set_to(ImagePositionPatient=[2.5, -40, 60]), "uneven_slices"),
        (set_to(Rows=6), "mixed_matrix"),
        (set_to(FrameOfReferenceUID="1.9"), "mixed_frame_of_reference"),
        (set_to(Modality="CT"), "not_mr"),
        (
            set_to(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, PixelData=bytes(720)),
            "not_greyscale",
        ),
        (set_to(PixelData=b"\0\0"), "pixels_unreadable"),
        (set_to(RescaleSlope="1e308", RescaleIntercept="0"), "pixels_unreadable"),
        (remove("PixelData"), "no_pixels"),
    ],
)
def test_one_bad_object_refuses_the_series_with_its_reason(
    tmp_path: Path, change: Callable[[FileDataset], None], reason: str
) -> None:
    assert refusal(write_series(tmp_path, edit=only(2, change))) == reason


def test_spacing_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    def spoil(dataset: FileDataset) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset.PixelSpacing = ["NaN", "NaN"]

    assert refusal(write_series(tmp_path, edit=only(0, spoil))) in {"invalid_spacing", "mixed_spacing"}


def test_a_missing_slice_is_refused_and_not_bridged(tmp_path: Path) -> None:
    paths = write_series(tmp_path, slice_values(7))
    assert refusal(paths[:3] + paths[4:]) == "missing_slice"
    assert volumes_of(paths[:4])[0].array.shape[0] == 4


def test_a_single_slice_is_no_volume(tmp_path: Path) -> None:
    assert refusal(write_series(tmp_path, slice_values(1))) == "single_slice"


def test_the_same_file_twice_counts_once_but_a_differing_copy_is_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path)
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(paths[0].read_bytes())
    assert volumes_of([*paths, copy])[0].array.shape[0] == 5
    dataset = pydicom.dcmread(copy)
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(copy)
    assert refusal([*paths, copy]) == "conflicting_copies"


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    assert refusal(write_series(tmp_path, edit=lambda _, d: set_to(Rows=40000, Columns=40000)(d))) == "image_too_large"


def test_a_codestream_larger_than_its_header_is_refused(tmp_path: Path) -> None:
    def bomb(index: int, dataset: FileDataset) -> None:
        size = struct.pack(">HHIIIIIIIIH", 41, 0, 40000, 40000, 0, 0, 40000, 40000, 0, 0, 1)
        stream = io.BytesIO(b"\xff\x4f\xff\x51" + size + b"\0" * 40)
        dataset.PixelData = encapsulate([stream.getvalue()])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless

    assert refusal(write_series(tmp_path, edit=bomb)) == "pixel_size_disagrees"


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 128 + b"DICM" + b"\xff" * 40])
def test_what_is_not_dicom_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(PipelineError) as caught:
        read_dicom_file(path)
    assert caught.value.reason in {"not_dicom", "damaged"}


def test_sagittal_slices_of_two_tilts_are_not_one_series(tmp_path: Path) -> None:
    tilted = (0.1, float(np.sqrt(0.99)), 0.0, 0.0, 0.0, -1.0)
    paths = write_series(tmp_path, edit=only(1, set_to(ImageOrientationPatient=list(tilted))))
    assert tilted != SAGITTAL
    assert refusal(paths) == "mixed_orientation"


def test_an_axial_series_has_no_more_packs_than_a_neck_has_discs(tmp_path: Path) -> None:
    def tilt(index: int, dataset: FileDataset) -> None:
        angle = np.radians(1.5 * index - 45.0) * 0.9
        dataset.ImageOrientationPatient = [1, 0, 0, 0, float(np.cos(angle)), float(np.sin(angle))]

    paths = write_series(tmp_path, slice_values(60), orientation=AXIAL, edit=tilt)
    assert len(volumes_of(paths[:20])) == 20
    assert refusal(paths) == "mixed_orientation"
