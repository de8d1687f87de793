"""Grey values that lie open in the file are given without a decoder, and are what the decoder gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from reporting.studies import blobs
from reporting.studies import native_pixels as module
from reporting.studies.blobs import BlobDamaged, blob_path, store_bytes
from reporting.studies.frame_store import PixelsUnavailable, cache_dir, stored_frame
from reporting.studies.header_codec import encode_header
from reporting.studies.models import SopInstance
from reporting.studies.native_pixels import native_pixels
from reporting.studies.pixel_decoding import decode_pixels
from reporting.studies.sandbox import read_headers
from tests.inference.dicom_series import write_series

ROWS, COLUMNS = 5, 7


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grey")
    return write_series(folder, np.zeros((1, ROWS, COLUMNS), np.uint16))[0]


def received(path: Path) -> SopInstance:
    """A row for the file as it comes in, its header read by the bounded child."""
    kept = store_bytes(path.read_bytes())
    (header,) = read_headers([path])
    assert not hasattr(header, "code"), header
    return SopInstance(sha256=kept.sha256, number_of_frames=header.number_of_frames, header=encode_header(header))


def stored_as(
    path: Path, out: Path, words: bytes, *, bits: int = 16, stored: int = 16, signed: bool = False, **edits: Any
) -> Path:
    dataset = dcmread(path)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, stored, stored - 1
    dataset.PixelRepresentation = int(signed)
    dataset.PixelData = words + b"\0" * (len(words) % 2)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in edits.items():
        setattr(dataset, name, value)
    dataset.save_as(out)
    return out


@settings(deadline=None)
@given(
    words=st.binary(min_size=2 * ROWS * COLUMNS, max_size=2 * ROWS * COLUMNS),
    bits=st.sampled_from([8, 16]),
    unused=st.integers(0, 7),
    signed=st.booleans(),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    syntax=st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian]),
)
def test_they_are_what_the_decoder_gives(
    grey: Path,
    tmp_path_factory: pytest.TempPathFactory,
    words: bytes,
    bits: int,
    unused: int,
    signed: bool,
    photometric: str,
    syntax: str,
) -> None:
    path = tmp_path_factory.mktemp("one") / "one.dcm"
    words = words[: ROWS * COLUMNS * bits // 8]
    stored_as(grey, path, words, bits=bits, stored=bits - unused, signed=signed, PhotometricInterpretation=photometric)
    dataset = dcmread(path)
    if syntax == ImplicitVRLittleEndian:
        dataset["PixelData"].VR = "OW"
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    found, (decoded,) = native_pixels(received(path)), decode_pixels(path)
    assert found is not None
    assert found.dtype == decoded.dtype
    assert np.array_equal(found, decoded)


def test_nothing_is_decoded_or_kept_beside_the_object(grey: Path, tmp_path: Path) -> None:
    path = stored_as(grey, tmp_path / "one.dcm", bytes(range(2 * ROWS * COLUMNS)))
    instance = received(path)
    assert np.array_equal(stored_frame(instance, 1), decode_pixels(path)[0])
    assert not list(cache_dir("frames").iterdir())


def test_damaged_bytes_are_not_shown(grey: Path, tmp_path: Path) -> None:
    instance = received(stored_as(grey, tmp_path / "one.dcm", bytes(2 * ROWS * COLUMNS)))
    place = blob_path(instance.sha256)
    content = bytearray(place.read_bytes())
    content[-3] ^= 1
    stored_frame(instance, 1)  # seen whole before it is written to
    place.write_bytes(content)
    with pytest.raises(BlobDamaged):
        stored_frame(instance, 1)
    blobs._verified.clear()
    with pytest.raises(BlobDamaged):
        stored_frame(instance, 1)
    place.unlink()
    with pytest.raises(BlobDamaged):
        stored_frame(instance, 1)


def test_a_file_is_not_read_through_again_while_nobody_writes_to_it(
    grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = received(stored_as(grey, tmp_path / "one.dcm", bytes(2 * ROWS * COLUMNS)))
    asked: list[int] = []
    digest = blobs.hashlib.sha256
    monkeypatch.setattr(blobs.hashlib, "sha256", lambda *data: asked.extend(map(len, data)) or digest(*data))
    for _again in range(3):
        stored_frame(instance, 1)
    assert len(asked) == 1
    monkeypatch.setattr(blobs, "_REMEMBERED", 1)
    other = received(stored_as(grey, tmp_path / "other.dcm", bytes(range(2 * ROWS * COLUMNS))))
    stored_frame(other, 1)
    assert list(blobs._verified) == [other.sha256]


def compressed(dataset: FileDataset) -> None:
    dataset.compress(RLELossless)


def colour(dataset: FileDataset) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = bytes(3 * ROWS * COLUMNS + 1)
    dataset["PixelData"].VR = "OB"


def wide(dataset: FileDataset) -> None:
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 32, 32, 31
    dataset.PixelData = bytes(4 * ROWS * COLUMNS)


def several(dataset: FileDataset) -> None:
    dataset.NumberOfFrames = 2
    dataset.PixelData = bytes(2 * 2 * ROWS * COLUMNS)


@pytest.mark.parametrize("change", [compressed, colour, wide, several])
def test_anything_else_is_left_to_the_decoder(grey: Path, tmp_path: Path, change: Any) -> None:
    dataset = dcmread(grey)
    change(dataset)
    path = tmp_path / "one.dcm"
    dataset.save_as(path)
    instance = received(path)
    assert native_pixels(instance) is None
    assert np.array_equal(stored_frame(instance, 1), decode_pixels(path)[0])


def test_the_other_order_of_bytes_is_left_to_the_decoder(tmp_path: Path) -> None:
    values = np.arange(ROWS * COLUMNS, dtype=np.uint16).reshape(1, ROWS, COLUMNS)
    instance = received(write_series(tmp_path, values, syntax=ExplicitVRBigEndian)[0])
    assert native_pixels(instance) is None
    assert np.array_equal(stored_frame(instance, 1), values[0])


def test_pixels_that_only_claim_to_be_compressed_are_not_shown(grey: Path, tmp_path: Path) -> None:
    """The syntax says JPEG, the element is native: no decoder takes it, and it is not taken for grey values."""
    path = stored_as(grey, tmp_path / "one.dcm", bytes(2 * ROWS * COLUMNS))
    native, claimed = ExplicitVRLittleEndian.encode() + b"\0", JPEGBaseline8Bit.encode()
    element = b"\x02\0\x10\0UI" + len(native).to_bytes(2, "little") + native
    content = path.read_bytes()
    assert content.count(element) == 1
    path.write_bytes(content.replace(element, element[:6] + len(claimed).to_bytes(2, "little") + claimed))
    instance = received(path)
    assert instance.header["transfer_syntax_uid"] == JPEGBaseline8Bit
    assert native_pixels(instance) is None
    with pytest.raises(PixelsUnavailable):
        stored_frame(instance, 1)


def test_the_header_of_many_frames_is_not_fetched_for_it() -> None:
    class Many:
        number_of_frames = 2

        @property
        def header(self) -> dict[str, Any]:
            raise AssertionError("it may be long, and a cached frame needs none of it")

    many: Any = Many()
    assert native_pixels(many) is None


def test_an_object_of_an_earlier_version_is_decoded(grey: Path, tmp_path: Path) -> None:
    path = stored_as(grey, tmp_path / "one.dcm", bytes(range(2 * ROWS * COLUMNS)))
    instance = received(path)
    del instance.header["pixels_at"]
    assert native_pixels(instance) is None
    instance.header = {}
    assert native_pixels(instance) is None
    assert np.array_equal(stored_frame(instance, 1), decode_pixels(path)[0])


def test_a_larger_file_is_not_read_whole(grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored_as(grey, tmp_path / "one.dcm", bytes(2 * ROWS * COLUMNS))
    instance = received(path)
    monkeypatch.setattr(module, "_LARGEST_FILE", path.stat().st_size - 1)
    assert native_pixels(instance) is None
    monkeypatch.setattr(module, "_LARGEST_FILE", path.stat().st_size)
    assert native_pixels(instance) is not None
