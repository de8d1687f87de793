"""Frames are decoded once, in a bounded child, whatever the object stores them as."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from reporting.core.errors import DomainError
from reporting.reports.images.placed_frame import placed_frame
from reporting.studies import frame_store
from reporting.studies.blobs import blob_path, store_bytes
from reporting.studies.frame_store import PixelsUnavailable, cache_dir, stored_frame, trim_cache
from reporting.studies.models import SopInstance
from reporting.studies.object_header import header_of
from tests.inference.dicom_series import slice_values, write_enhanced, write_series


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path


def stored(path: Path, frames: int = 1, header: dict[str, Any] | None = None) -> SopInstance:
    """A row for the file at ``path``, not written to any database."""
    kept = store_bytes(path.read_bytes())
    return SopInstance(sha256=kept.sha256, number_of_frames=frames, header=header or {})


def decodes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every request that reaches the decoder from here on."""
    asked: list[Any] = []
    decode = frame_store.decoded_pixels
    monkeypatch.setattr(frame_store, "decoded_pixels", lambda *a, **k: asked.append(k) or decode(*a, **k))
    return asked


def test_a_frame_comes_as_it_is_stored_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = [stored(path) for path in write_series(tmp_path / "series")]
    asked = decodes(monkeypatch)
    for _again in range(2):
        assert np.array_equal(stored_frame(instances[2], 1), slice_values(5)[2])
    assert len(asked) == 1


def test_a_picture_is_placed_by_its_header(tmp_path: Path) -> None:
    first, second = (placed_frame(stored(path), 1) for path in write_series(tmp_path / "series")[:2])
    assert first.spacing_mm == (0.6, 0.5)
    assert first.position_mm != second.position_mm
    assert first.pixels[0, 1] == first.pixels[0, 0] + 1


def test_frames_of_one_object_are_decoded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = slice_values(20)
    path = write_enhanced(tmp_path / "enhanced.dcm", values, list(range(20)))
    instance = stored(path, frames=20, header={"series": {"rows": 12, "columns": 10}})
    asked = decodes(monkeypatch)
    for frame in (3, 16, 17, 20, 1):
        assert np.array_equal(stored_frame(instance, frame), values[frame - 1])
    assert [(wish["first"], wish["last"]) for wish in asked] == [(1, 16), (17, 20)]


def test_one_damaged_frame_takes_no_other_with_it(tmp_path: Path) -> None:
    values = slice_values(3)
    path = write_enhanced(tmp_path / "enhanced.dcm", values, [0, 1, 2])
    dataset = dcmread(path)
    dataset.compress(RLELossless)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=3))
    dataset.PixelData = encapsulate([frames[0], b"\xff" * 80, frames[2]])
    dataset.save_as(path)
    instance = stored(path, frames=3, header={"series": {"rows": 12, "columns": 10}})
    assert np.array_equal(stored_frame(instance, 3), values[2])
    with pytest.raises(PixelsUnavailable):
        stored_frame(instance, 2)


def colour(photometric: str) -> Any:
    def edit(_index: int, dataset: FileDataset) -> None:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, photometric, 1
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        planes = np.stack([np.full((12, 10), value, np.uint8) for value in (200, 100, 50)])
        dataset.PixelData = planes.tobytes()
        dataset["PixelData"].VR = "OB"

    return edit


def test_colour_is_rgb_by_pixel_and_a_picture_shows_its_brightness(tmp_path: Path) -> None:
    (path,) = write_series(tmp_path / "colour", slice_values(1), edit=colour("RGB"))
    pixels = stored_frame(stored(path), 1)
    assert (pixels.shape, pixels.dtype) == ((12, 10, 3), np.uint8)
    assert pixels[3, 3].tolist() == [200, 100, 50]
    assert placed_frame(stored(path), 1).pixels[0, 0] == pytest.approx(124.2)
    (video,) = write_series(tmp_path / "video", slice_values(1), edit=colour("YBR_FULL"))
    assert stored_frame(stored(video), 1)[0, 0].tolist() == [91, 255, 150], "converted from luminance and chrominance"


def test_overlays_in_the_upper_bits_are_no_signal(tmp_path: Path) -> None:
    def twelve_bits(_index: int, dataset: FileDataset) -> None:
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = (slice_values(1)[0] | 0xA000).astype("<u2").tobytes()

    (path,) = write_series(tmp_path / "series", slice_values(1), edit=twelve_bits)
    assert np.array_equal(stored_frame(stored(path), 1), slice_values(1)[0])


def test_signed_and_big_endian_values_arrive_as_little_endian_integers(tmp_path: Path) -> None:
    def signed(_index: int, dataset: FileDataset) -> None:
        dataset.PixelRepresentation = 1
        dataset.PixelData = (slice_values(1)[0].astype(np.int16) - 60).tobytes()

    (path,) = write_series(tmp_path / "series", slice_values(1), edit=signed)
    pixels = stored_frame(stored(path), 1)
    assert (pixels.dtype.str, int(pixels.min())) == ("<i2", -60)
    (path,) = write_series(tmp_path / "big", slice_values(1), syntax=ExplicitVRBigEndian)
    pixels = stored_frame(stored(path), 1)
    assert pixels.dtype.str == "<u2"
    assert np.array_equal(pixels, slice_values(1)[0])


def test_a_damaged_image_is_said_to_be_so_and_its_neighbours_are_shown(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "series")
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    instances = [stored(path) for path in paths]
    with pytest.raises(PixelsUnavailable):
        stored_frame(instances[1], 1)
    assert stored_frame(instances[0], 1).shape == (12, 10)


def test_pixels_that_cannot_be_decoded_are_not_tried_again_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_series(tmp_path / "series")[0]
    path.write_bytes(path.read_bytes()[:-100])
    instance = stored(path)
    asked = decodes(monkeypatch)
    for _again in range(3):
        with pytest.raises(PixelsUnavailable):
            stored_frame(instance, 1)
    assert len(asked) == 1
    (failure,) = cache_dir("frames").glob("*.failed")
    long_ago = failure.stat().st_mtime - frame_store.RETRY_AFTER_S - 1
    os.utime(failure, (long_ago, long_ago))
    with pytest.raises(PixelsUnavailable):
        stored_frame(instance, 1)
    assert len(asked) == 2


def test_a_frame_asked_for_by_many_at_once_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = stored(write_series(tmp_path / "series")[0])
    asked = decodes(monkeypatch)
    with ThreadPoolExecutor(6) as readers:
        frames = list(readers.map(lambda _: stored_frame(instance, 1), range(6)))
    assert {frame.shape for frame in frames} == {(12, 10)}
    assert len(asked) == 1


def test_bytes_that_no_longer_match_their_digest_are_not_decoded(tmp_path: Path) -> None:
    instance = stored(write_series(tmp_path / "series")[0])
    path = blob_path(instance.sha256)
    path.chmod(0o600)
    path.write_bytes(b"other bytes")
    with pytest.raises(DomainError):
        stored_frame(instance, 1)


def test_a_header_kept_without_its_pixel_format_is_read_again_from_the_object(tmp_path: Path) -> None:
    def windowed(_index: int, dataset: FileDataset) -> None:
        dataset.WindowCenter, dataset.WindowWidth, dataset.PixelRepresentation = [300, 40], [600, 80], 1

    instance = stored(write_series(tmp_path / "series", edit=windowed)[0])
    header = header_of(instance)
    assert header is not None
    assert (header.bits_stored, header.is_signed, header.frames[0].window) == (16, True, (300.0, 600.0))
    blob_path(instance.sha256).unlink()
    assert header_of(instance) is None, "its bytes are gone"


def test_the_cache_loses_its_oldest_files_first(tmp_path: Path) -> None:
    instances = [stored(path) for path in write_series(tmp_path / "series")]
    for age, instance in enumerate(instances):
        stored_frame(instance, 1)
        (path,) = cache_dir("frames").glob(f"{instance.sha256}-*")
        os.utime(path, (1e9 - age, 1e9 - age))
    size = path.stat().st_size
    assert trim_cache(2 * size) == 3
    left = {path.name[:64] for path in cache_dir("frames").iterdir()}
    assert left == {instances[0].sha256, instances[1].sha256}
