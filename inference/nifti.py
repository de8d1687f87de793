"""NIfTI files ↔ ``Volume``: the only place where RAS meets LPS.

NIfTI affines map (i, j, k) to RAS millimetres; ours map array index (k, j, i) to LPS millimetres. Both are one voxel
grid: reading only permutes axes so that slices come first, so a label map can be written back onto the file's own grid.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from inference.results import PipelineError
from inference.slice_geometry import SPACING_RANGE_MM
from inference.volumes import Volume
from reporting.studies.headers import SeriesHeader
from reporting.studies.pixel_decoding import MAX_SIDE, MAX_VOXELS
from reporting.studies.series_roles import (
    Plane,
    RoleDecision,
    RoleReason,
    exclusion,
    plane_of,
    role_in_plane,
)
from reporting.vocabulary import SeriesRole

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
NIFTI_SUFFIXES = (".nii", ".nii.gz")
ORTHOGONAL_TOLERANCE = 0.01
LABEL_NAME = re.compile(r"_(?:\w*seg|label|labels|mask|levels|rootlets|centerline|disc\w*)(?:-\w+)?(?:_\w+)?$")
SUFFIX_PLANE_ROLE: dict[tuple[str, Plane], SeriesRole] = {
    ("T1w", Plane.SAGITTAL): SeriesRole.SAGITTAL_T1,
    ("T2w", Plane.SAGITTAL): SeriesRole.SAGITTAL_T2,
    ("STIR", Plane.SAGITTAL): SeriesRole.SAGITTAL_STIR,
    ("T2w", Plane.AXIAL): SeriesRole.AXIAL_T2,
    ("T2star", Plane.AXIAL): SeriesRole.AXIAL_FS_T2,
    ("T2starw", Plane.AXIAL): SeriesRole.AXIAL_FS_T2,
}
CONTRAST_WORDS = re.compile(r"(?:^|[_\-. ])(T1w?|T2w?|T2starw?|STIR)(?=$|[_\-. ])", re.IGNORECASE)
_SUFFIX_BY_WORD = {"t1": "T1w", "t2": "T2w", "t2star": "T2star", "stir": "STIR"}


def is_nifti(path: Path) -> bool:
    return path.name.lower().endswith(NIFTI_SUFFIXES)


def stem_of(path: Path) -> str:
    return re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)


def read_nifti(path: Path) -> Volume:
    """Read a 3-D NIfTI image as float32 with slices on the first axis.

    The slice axis is the coarsest one, or the shortest when voxels are isotropic. ``series_uid`` is the file name.
    Raises ``PipelineError``: ``not_nifti``, ``four_dimensional``, ``not_greyscale``, ``image_too_large``,
    ``missing_geometry``, ``invalid_spacing``, ``not_orthogonal``, ``single_slice``, ``not_finite``.
    """
    try:
        image: Any = nibabel.load(path)
    except (ImageFileError, OSError, ValueError, EOFError) as error:
        raise PipelineError("not_nifti", "It is not a readable NIfTI file.") from error
    shape = tuple(int(size) for size in image.shape)
    if len(shape) == 4 and shape[3] == 1:
        shape = shape[:3]
    if len(shape) != 3:
        raise PipelineError("four_dimensional", f"It has {len(shape)} dimensions; one 3-D image is needed.")
    if image.get_data_dtype().kind not in "iuf":
        raise PipelineError("not_greyscale", "Its voxels are not single numbers.")
    if min(shape) < 1 or max(shape) > MAX_SIDE or int(np.prod(shape)) > MAX_VOXELS:
        raise PipelineError("image_too_large", f"{shape} voxels are more than any MR series accepted.")
    affine = _checked_affine(image)
    if min(shape) < 2:
        raise PipelineError("single_slice", "The image has a single slice; a volume needs at least two.")
    try:
        values = np.asarray(image.dataobj, dtype=np.float32).reshape(shape)
    except (OSError, ValueError, EOFError) as error:
        raise PipelineError("not_nifti", "Its voxels cannot be read (cut off or damaged).") from error
    order = _slice_first(shape, np.linalg.norm(affine[:3, :3], axis=0))
    permuted = np.eye(4)
    permuted[:3, :3] = affine[:3, list(order)]
    permuted[:3, 3] = affine[:3, 3]
    return Volume(
        array=np.ascontiguousarray(values.transpose(order)),
        affine_lps_mm=RAS_TO_LPS @ permuted,
        series_uid=path.name,
        sop_instance_uids=("",) * shape[order[0]],
        frame_numbers=(None,) * shape[order[0]],
    )


def _checked_affine(image: Any) -> NDArray[np.float64]:
    header = image.header
    coded = int(header.get("sform_code", 1)) > 0 or int(header.get("qform_code", 1)) > 0
    affine = np.asarray(image.affine, dtype=np.float64)
    if not coded or not np.all(np.isfinite(affine)):
        raise PipelineError("missing_geometry", "The file does not say where the image lies in the patient.")
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if np.any(spacing < SPACING_RANGE_MM[0]) or np.any(spacing > SPACING_RANGE_MM[1]):
        raise PipelineError("invalid_spacing", "The voxel size is not a plausible length.")
    directions = affine[:3, :3] / spacing
    if np.abs(directions.T @ directions - np.eye(3)).max() > ORTHOGONAL_TOLERANCE:
        raise PipelineError("not_orthogonal", "The image axes are not at right angles.")
    return affine


def _slice_first(shape: tuple[int, ...], spacing: NDArray[np.float64]) -> tuple[int, int, int]:
    if spacing.max() > 1.2 * np.median(spacing):
        slice_axis = int(np.argmax(spacing))
    else:
        slice_axis = int(np.argmin(shape))
    first, second = (axis for axis in range(3) if axis != slice_axis)
    return slice_axis, second, first


def role_of_nifti(path: Path, volume: Volume) -> RoleDecision:
    """Role from the JSON side-car's timing, else from the name's contrast suffix, else unknown for now.

    A file whose name says label map is ``unknown`` (``label_map``): it is no image.
    """
    column = volume.affine_lps_mm[:3, 0]
    plane = plane_of(column / np.linalg.norm(column))
    if looks_like_label_map(path, volume):
        return RoleDecision(SeriesRole.UNKNOWN, RoleReason.LABEL_MAP)
    header = side_car(path, volume)
    if header is not None and header.repetition_time_ms is not None and header.echo_time_ms is not None:
        excluded = exclusion(header)
        if excluded is not None:
            return RoleDecision(SeriesRole.UNKNOWN, excluded)
        return role_in_plane(header, plane, RoleReason.SIDE_CAR)
    words = CONTRAST_WORDS.findall(stem_of(path))
    if words:
        suffix = _SUFFIX_BY_WORD[words[-1].lower().removesuffix("w")]
        role = SUFFIX_PLANE_ROLE.get((suffix, plane))
        if role is not None:
            return RoleDecision(role, RoleReason.FILE_NAME)
        if suffix == "T1w" and plane is Plane.AXIAL:
            return RoleDecision(SeriesRole.UNKNOWN, RoleReason.AXIAL_T1)
    if plane in (Plane.CORONAL, Plane.OBLIQUE):
        reason = RoleReason.CORONAL if plane is Plane.CORONAL else RoleReason.OBLIQUE
        return RoleDecision(SeriesRole.UNKNOWN, reason)
    return RoleDecision(SeriesRole.UNKNOWN, RoleReason.CONTRAST_UNKNOWN)


def looks_like_label_map(path: Path, volume: Volume) -> bool:
    """A segmentation by its name, or by holding no more than a handful of whole numbers."""
    if LABEL_NAME.search(stem_of(path)):
        return True
    values = np.unique(volume.array[:: max(1, volume.array.shape[0] // 8)])
    return len(values) <= 12 and bool(np.all(values == np.rint(values)))


def side_car(path: Path, volume: Volume) -> SeriesHeader | None:
    """The BIDS JSON beside the file (times in seconds there), or ``None`` when there is none that can be read."""
    beside = path.with_name(stem_of(path) + ".json")
    try:
        values = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict):
        return None
    spacing = volume.spacing_kji_mm
    return SeriesHeader(
        modality="MR",
        description=str(values.get("SeriesDescription", "")),
        protocol_name=str(values.get("ProtocolName", "")),
        image_type=_codes(values.get("ImageType")),
        scanning_sequence=_codes(values.get("ScanningSequence")),
        sequence_variant=_codes(values.get("SequenceVariant")),
        scan_options=_codes(values.get("ScanOptions")),
        repetition_time_ms=_ms(values.get("RepetitionTime")),
        echo_time_ms=_ms(values.get("EchoTime")),
        inversion_time_ms=_ms(values.get("InversionTime")),
        flip_angle_deg=_number(values.get("FlipAngle")),
        contrast_agent=str(values.get("ContrastBolusIngredient") or ""),
        pixel_spacing_mm=(float(spacing[1]), float(spacing[2])),
        manufacturer=str(values.get("Manufacturer", "")),
        field_strength_t=_number(values.get("MagneticFieldStrength")),
    )


def _codes(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(re.split(r"[\\_\s]+", value.strip().upper())) if value.strip() else ()
    return tuple(str(entry).upper() for entry in value) if isinstance(value, list) else ()


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ms(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number * 1000.0


def write_label_map(path: Path, label_map: Volume, like: Path | None = None) -> None:
    """Write integer labels as NIfTI; with ``like``, on exactly that file's voxel grid and axis order."""
    nibabel.save(_label_image(label_map, like), path)


def label_map_bytes(label_map: Volume) -> bytes:
    """The same as a gzipped file's content; equal label maps give equal bytes (no time stamp inside)."""
    return gzip.compress(_label_image(label_map, None).to_bytes(), mtime=0)


def _label_image(label_map: Volume, like: Path | None) -> Any:
    affine_ras = RAS_TO_LPS @ label_map.affine_lps_mm[:, [2, 1, 0, 3]]
    data = np.ascontiguousarray(label_map.array.transpose(2, 1, 0)).astype(np.uint8)
    if like is not None:
        target: Any = nibabel.load(like)
        data = data.transpose(_axes_onto(affine_ras, np.asarray(target.affine)))
        affine_ras = np.asarray(target.affine)
    image = nibabel.Nifti1Image(data, affine_ras)
    image.header.set_xyzt_units("mm")
    return image


def _axes_onto(source: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[int, ...]:
    """For each axis of ``target``, the axis of ``source`` that runs along it (same grid, permuted)."""
    overlap = np.abs(np.linalg.inv(source[:3, :3]) @ target[:3, :3])
    return tuple(int(axis) for axis in np.argmax(overlap, axis=0))
