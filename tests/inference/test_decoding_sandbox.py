"""Pixels are decoded in a child that may swell, hang or die: the series is refused, the worker goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from inference.decoding_sandbox import LIMITS, decoded_frames
from inference.results import PipelineError
from reporting.studies import bounded_child
from reporting.studies.bounded_child import ChildLimits
from tests.inference.dicom_series import slice_values, write_series


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    bounded_child.end_idle_children()


def _swell(_index: int, dataset: FileDataset) -> None:
    """Runs that unpack to half a gigabyte, in an image of a few hundred bytes."""
    segment = b"\x81\x00" * 2_000_000
    head = np.zeros(16, "<u4")
    head[:3] = 2, 64, 64 + len(segment)
    dataset.file_meta.TransferSyntaxUID = RLELossless
    dataset.PixelData = encapsulate([head.tobytes() + segment * 2])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True


def test_voxels_come_through_the_child_unchanged(tmp_path: Path) -> None:
    values = slice_values(2, 300, 400)
    paths = write_series(tmp_path, values)
    assert np.array_equal(np.concatenate([decoded_frames(path) for path in paths]), values.astype(np.float32))


def test_a_decoder_that_swells_is_stopped_and_the_next_object_is_read(tmp_path: Path) -> None:
    limits = ChildLimits(memory_bytes=400 * 1024**2, cpu_seconds=60)
    [bomb] = write_series(tmp_path / "bomb", slice_values(1), edit=_swell)
    [good] = write_series(tmp_path / "good", slice_values(1))
    with pytest.raises(PipelineError) as refusal:
        decoded_frames(bomb, limits)
    assert refusal.value.reason == "pixels_unreadable"
    assert decoded_frames(good, limits).shape == (1, 12, 10)


def test_a_decoder_that_hangs_is_given_up(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(PipelineError) as refusal:
        decoded_frames(pipe, ChildLimits(memory_bytes=LIMITS.memory_bytes, wall_seconds=2.0))
    assert refusal.value.reason == "pixels_unreadable"


def test_voxels_on_their_way_when_the_time_is_up_are_never_another_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write_series(tmp_path, slice_values(2, 400, 400))

    def strike(*_arguments: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr("reporting.studies.bounded_child.BoundedChild.read_into", strike)
        with pytest.raises(TimeoutError):
            decoded_frames(first)
    assert np.array_equal(decoded_frames(second)[0], slice_values(2, 400, 400)[1])
