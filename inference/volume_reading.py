"""DICOM files of one series → ``Volume`` per pack of slices, or ``PipelineError`` with the reason."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from inference.decoding_sandbox import decoded_frames
from inference.results import PipelineError
from inference.slice_geometry import Pack, arrange
from inference.volumes import Volume
from reporting.studies.headers import FrameHeader, InstanceHeader, read_instance_header
from reporting.studies.pixel_decoding import MAX_VOXELS


@dataclass(frozen=True)
class DicomFile:
    """One readable object and where its bytes lie."""

    path: Path
    header: InstanceHeader


def read_dicom_file(path: Path) -> DicomFile:
    """Header of one file, pixels untouched. Raises ``PipelineError`` (``not_dicom``, ``deflated``, ``damaged``)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of every oddity it reads past
            if read_file_meta_info(path).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
                raise PipelineError("deflated", "The deflated transfer syntax is not accepted.")
            header = read_instance_header(pydicom.dcmread(path, stop_before_pixels=True))
    except (InvalidDicomError, EOFError) as error:
        raise PipelineError("not_dicom", "It is not a DICOM file.") from error
    except (ValueError, RecursionError, struct.error, OSError, NotImplementedError, AttributeError, KeyError) as error:
        raise PipelineError("damaged", "It is a damaged DICOM file.") from error
    if not header.sop_instance_uid or not header.series.series_instance_uid:
        raise PipelineError("damaged", "It names no SOP Instance or no series.")
    return DicomFile(path=path, header=header)


def read_volumes(files: Sequence[DicomFile]) -> tuple[Volume, ...]:
    """One series → its volumes, most often one; an axial series angled to each disc gives one per pack.

    Values are float32 after rescale. Raises ``PipelineError``: the reasons of ``slice_geometry.arrange`` and
    ``decoding_sandbox.decoded_frames``, ``not_mr``, ``mixed_matrix``, ``mixed_frame_of_reference``,
    ``two_series``, ``conflicting_copies``.
    """
    unique = _without_copies(files)
    series = unique[0].header.series
    if any(file.header.series.modality != "MR" for file in unique):
        raise PipelineError("not_mr", "It is not a magnetic resonance image.")
    if len({file.header.series.series_instance_uid for file in unique}) > 1:
        raise PipelineError("two_series", "The files belong to more than one series.")
    if len({(file.header.series.rows, file.header.series.columns) for file in unique}) > 1:
        raise PipelineError("mixed_matrix", "The slices have different numbers of rows or columns.")
    if len({file.header.series.frame_of_reference_uid for file in unique}) > 1:
        raise PipelineError("mixed_frame_of_reference", "The slices have different frames of reference.")
    sources = [(file, frame) for file in unique for frame in file.header.frames]
    if (series.rows or 0) * (series.columns or 0) * len(sources) > MAX_VOXELS:
        raise PipelineError("image_too_large", "The series is larger than any MR series accepted.")
    packs = arrange([frame for _, frame in sources])
    pixels = {file.header.sop_instance_uid: _decoded(file) for file in unique}
    return tuple(_volume(pack, sources, pixels) for pack in packs)


def _without_copies(files: Sequence[DicomFile]) -> list[DicomFile]:
    """Drop byte-identical copies of one SOP Instance; refuse copies that differ."""
    if not files:
        raise PipelineError("empty_series", "The series has no files.")
    kept: dict[str, DicomFile] = {}
    for file in files:
        earlier = kept.setdefault(file.header.sop_instance_uid, file)
        if earlier is not file and earlier.path.read_bytes() != file.path.read_bytes():
            raise PipelineError("conflicting_copies", "Two different files carry the same SOP Instance UID.")
    return list(kept.values())


def _decoded(file: DicomFile) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    frames = decoded_frames(file.path)
    if len(frames) != len(file.header.frames):
        raise PipelineError("pixels_unreadable", "The number of frames differs from what the header says.")
    return frames


def _volume(
    pack: Pack,
    sources: Sequence[tuple[DicomFile, FrameHeader]],
    pixels: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]],
) -> Volume:
    planes, uids, numbers = [], [], []
    for index in pack.order:
        file, frame = sources[index]
        stored = pixels[file.header.sop_instance_uid][(frame.frame_number or 1) - 1]
        with np.errstate(over="ignore", invalid="ignore"):  # looked at below
            planes.append(stored * np.float32(frame.rescale_slope) + np.float32(frame.rescale_intercept))
        uids.append(file.header.sop_instance_uid)
        numbers.append(frame.frame_number)
    array = np.stack(planes)
    if not np.isfinite(array).all():
        raise PipelineError("pixels_unreadable", "The pixel values, as the header rescales them, are no numbers.")
    if sources[0][0].header.photometric_interpretation == "MONOCHROME1":
        array = array.max() + array.min() - array  # dark is low, as everywhere after this point
    series = sources[0][0].header.series
    return Volume(
        array=array,
        affine_lps_mm=pack.affine_lps_mm,
        frame_of_reference_uid=series.frame_of_reference_uid,
        series_uid=series.series_instance_uid,
        sop_instance_uids=tuple(uids),
        frame_numbers=tuple(numbers),
    )
