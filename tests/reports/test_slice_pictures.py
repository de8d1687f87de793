"""Slices as pictures: contours where the label map says, the patient's sides in letters, nothing beyond the limits."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from reporting.reports.images.label_volume import LabelVolume, NotALabelMap, map_of_plane, read_label_volume
from reporting.reports.images.slice_picture import (
    CONTOUR_COLOURS,
    Crop,
    Frame,
    LevelMark,
    crop_around,
    render_png,
    to_grey,
)
from reporting.vocabulary import LABEL_VALUES, Structure
from tests.inference.dicom_series import AXIAL, SAGITTAL


def nifti_bytes(labels: np.ndarray, affine_ras: np.ndarray, tmp_path: Path, name: str = "map.nii.gz") -> bytes:
    path = tmp_path / name
    nibabel.save(nibabel.Nifti1Image(labels.astype(np.uint8), affine_ras), path)
    return path.read_bytes()


def test_a_label_map_is_read_in_patient_coordinates(tmp_path: Path) -> None:
    labels = np.zeros((4, 5, 6))
    labels[1, 2, 3] = LABEL_VALUES[Structure.CORD]
    affine = np.array([[-2.0, 0, 0, 10], [0, -3, 0, 20], [0, 0, 4, -30], [0, 0, 0, 1]])
    volume = read_label_volume(nifti_bytes(labels, affine, tmp_path))
    # RAS (8, 14, -18) is LPS (-8, -14, -18).
    points = np.array([[-8.0, -14.0, -18.0], [-8.9, -14.0, -18.0], [-8.0, -14.0, 18.0], [900.0, 0.0, 0.0]])
    assert volume.sample(points).tolist() == [4, 4, 0, 0]


@pytest.mark.parametrize("name", ["map.nii", "map.nii.gz"])
def test_plain_and_compressed_label_maps_are_the_same(tmp_path: Path, name: str) -> None:
    labels = np.arange(24).reshape(2, 3, 4) % 7
    volume = read_label_volume(nifti_bytes(labels, np.eye(4), tmp_path, name))
    assert np.array_equal(volume.labels, labels)


def test_what_is_no_label_map_is_refused(tmp_path: Path) -> None:
    good = nifti_bytes(np.ones((3, 3, 3)), np.eye(4), tmp_path, "map.nii")
    floats = bytearray(good)
    floats[70:72] = struct.pack("<h", 16)
    placeless = bytearray(good)
    placeless[254:256] = struct.pack("<h", 0)
    flat = bytearray(good)
    flat[280:328] = bytes(48)
    for bad in (b"", b"\x1f\x8bnonsense", b"x" * 400, good[:360], bytes(floats), bytes(placeless), bytes(flat)):
        with pytest.raises(NotALabelMap):
            read_label_volume(bad)


def frame(pixels: np.ndarray, orientation: tuple[float, ...] = AXIAL) -> Frame:
    return Frame(
        np.asarray(pixels, dtype=np.float32),
        orientation=orientation,
        position_mm=(-20.0, -20.0, 5.0),
        spacing_mm=(1.0, 1.0),
    )


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_contours_lie_where_the_label_map_lies(tmp_path: Path) -> None:
    labels = np.zeros((40, 40, 3))
    labels[10:20, 10:20, :] = LABEL_VALUES[Structure.DISC]  # LPS x, y from -10 to -1
    affine = np.array([[-1.0, 0, 0, 20], [0, -1, 0, 20], [0, 0, 5, 0], [0, 0, 0, 1]])
    volume = read_label_volume(nifti_bytes(labels, affine, tmp_path))
    picture = opened(render_png(frame(np.full((40, 40), 50.0)), side=400, labels=volume))
    coloured = np.all(picture == CONTOUR_COLOURS[Structure.DISC], axis=-1)
    rows, columns = np.nonzero(coloured)
    assert 98 <= columns.min() <= 102
    assert 196 <= columns.max() <= 202
    assert 98 <= rows.min() <= 102
    assert not coloured[150, 150], "only the edge is drawn, the image inside stays visible"


def pack(tmp_path: Path, label: Structure, *, tilt: float, z: float) -> LabelVolume:
    """Three slices 5 mm apart, tilted about the left-right axis, filled with one label; the first centred at ``z``."""
    cos, sin = np.cos(tilt), np.sin(tilt)
    lps = np.array([[1.0, 0, 0, -20], [0, cos, -5 * sin, -20], [0, sin, 5 * cos, z], [0, 0, 0, 1]])
    labels = np.full((40, 40, 3), LABEL_VALUES[label])
    return read_label_volume(nifti_bytes(labels, np.diag([-1.0, -1, 1, 1]) @ lps, tmp_path))


def test_each_slice_gets_the_contours_of_its_own_pack(tmp_path: Path) -> None:
    packs = [
        pack(tmp_path, Structure.DISC, tilt=0.0, z=0.0),
        pack(tmp_path, Structure.CORD, tilt=0.2, z=0.0),
        pack(tmp_path, Structure.SAC, tilt=0.0, z=15.0),
    ]
    for z, tilt, expected in ((5.0, 0.0, 0), (20.0, 0.0, 2), (0.0, 0.2, 1)):
        orientation = (1.0, 0.0, 0.0, 0.0, float(np.cos(tilt)), float(np.sin(tilt)))
        placed = Frame(
            np.zeros((40, 40), dtype=np.float32),
            orientation=orientation,
            position_mm=(-20.0, -20.0, z),
            spacing_mm=(1.0, 1.0),
        )
        assert map_of_plane(packs, placed.corners_lps_mm()) is packs[expected]
    for z in (7.5, 40.0, -9.0):
        between = replace(frame(np.zeros((40, 40))), position_mm=(-20.0, -20.0, z))
        assert map_of_plane(packs, between.corners_lps_mm()) is None


def test_a_cut_out_is_centred_on_the_level() -> None:
    pixels = np.zeros((40, 40))
    pixels[30, 10] = 1000
    placed = frame(pixels)
    x, y = placed.to_pixel((-10.0, 10.0, 5.0))
    assert (x, y) == (10, 30)
    picture = opened(render_png(placed, side=200, crop=Crop(x, y, 5)))
    # The letters at the edges are bright too: look at the middle.
    middle = picture[40:160, 40:160, 0]
    row, column = np.unravel_index(int(np.argmax(middle)), middle.shape)
    assert abs(row + 40 - 100) <= 10
    assert abs(column + 40 - 100) <= 10


@pytest.mark.parametrize(
    ("orientation", "left_is"), [(AXIAL, "R"), ((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "L"), (SAGITTAL, "A")]
)
def test_the_letters_follow_the_patient_not_the_screen(orientation: tuple[float, ...], left_is: str) -> None:
    """The letter at the left edge equals that of a frame whose orientation is known."""
    reference = {"R": AXIAL, "L": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "A": SAGITTAL}
    pictures = {
        letter: opened(render_png(frame(np.zeros((40, 40)), known), side=200))[:, :40]
        for letter, known in reference.items()
    }
    shown = opened(render_png(frame(np.zeros((40, 40)), orientation), side=200))[:, :40]
    same = [letter for letter, picture in pictures.items() if np.array_equal(picture, shown)]
    assert same == [left_is]


def test_names_are_written_at_the_levels() -> None:
    placed = frame(np.zeros((40, 40)))
    plain = opened(render_png(placed, side=400))
    named = opened(render_png(placed, side=400, marks=[LevelMark("C5", (-5.0, 5.0, 9.0))]))
    rows, columns = np.nonzero(np.any(plain != named, axis=-1))
    assert abs((columns.min() + columns.max()) / 2 - 155) < 8
    assert abs((rows.min() + rows.max()) / 2 - 255) < 8


def test_a_window_that_shows_nothing_is_not_believed() -> None:
    pixels = np.linspace(0, 100, 100, dtype=np.float32).reshape(10, 10)
    absurd = Frame(pixels, window=(1e6, 10.0))
    assert to_grey(absurd).max() == 255
    assert to_grey(absurd).min() == 0
    inverted = Frame(pixels, window=(50.0, 100.0), inverted=True)
    assert to_grey(inverted)[0, 0] == 255


def test_an_image_smaller_than_the_cut_out_is_shown_whole() -> None:
    frame = Frame(
        np.zeros((100, 80), np.float32),
        orientation=(1, 0, 0, 0, 1, 0),
        position_mm=(0.0, 0.0, 0.0),
        spacing_mm=(0.8, 0.5),
    )
    crop = crop_around(frame, (10.0, 16.0, 0.0), 30.0)
    assert crop is not None
    assert (crop.x, crop.y) == pytest.approx((20.0, 20.0))
    assert crop_around(frame, (10.0, 16.0, 0.0), 40.0) is None
    assert crop_around(Frame(frame.pixels), (10.0, 16.0, 0.0), 30.0) is None
