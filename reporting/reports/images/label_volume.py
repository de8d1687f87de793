"""Read a stored label map: one-byte NIfTI-1, optionally gzipped, as our inference writes it.

A small reader of our own because the web process has no neuroimaging library; it accepts only what we store and
refuses everything else. NIfTI affines lead to RAS, ours to LPS (DICOM PS3.3 C.7.6.2.1.1): converted once, here.
"""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 348
MAX_VOXELS = 256_000_000
SAME_PLANE_SLICES = 0.25
"""Headers round positions; half a slice away is already as near to another."""
_UINT8 = 2
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


class NotALabelMap(ValueError):
    """The bytes are not a label map as we store them; the message says what is wrong."""


@dataclass(frozen=True)
class LabelVolume:
    """``labels[i, j, k]`` and the 4×4 affine that maps ``[i, j, k, 1]`` to LPS millimetres (voxel centres)."""

    labels: NDArray[np.uint8]
    affine_lps_mm: NDArray[np.float64]

    def sample(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Nearest label at each point (…, 3); 0 outside the map."""
        inverse = np.linalg.inv(self.affine_lps_mm)
        index = np.rint(points_lps_mm @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.int64)
        inside = np.all((index >= 0) & (index < np.array(self.labels.shape)), axis=-1)
        index = np.where(inside[..., None], index, 0)
        found = self.labels[index[..., 0], index[..., 1], index[..., 2]]
        return np.where(inside, found, 0).astype(np.uint8)

    def slices_off(self, points_lps_mm: NDArray[np.float64]) -> float:
        """How far points (n, 3) of one plane lie from one slice of the map, in slices; infinite beyond its ends.

        Slices run along the last axis. The farthest point counts, so that a tilted plane is far from every slice.
        """
        inverse = np.linalg.inv(self.affine_lps_mm)
        k = points_lps_mm @ inverse[2, :3] + inverse[2, 3]
        nearest = np.rint(k.mean())
        if not 0 <= nearest < self.labels.shape[2]:
            return float("inf")
        return float(np.abs(k - nearest).max())


def map_of_plane(volumes: Sequence[LabelVolume], points_lps_mm: NDArray[np.float64]) -> LabelVolume | None:
    """The map in whose stack of slices ``points_lps_mm`` (n, 3; one slice's plane) is a slice; ``None`` for none."""
    distances = [volume.slices_off(points_lps_mm) for volume in volumes]
    best = int(np.argmin(distances))
    return volumes[best] if distances[best] <= SAME_PLANE_SLICES else None


def read_label_volume(data: bytes) -> LabelVolume:
    """Parse NIfTI-1 bytes; anything but a three-dimensional uint8 image with an sform raises :class:`NotALabelMap`."""
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(MAX_VOXELS + HEADER_BYTES + 4096)
        except (OSError, EOFError) as error:
            raise NotALabelMap("damaged gzip stream") from error
    if len(data) < HEADER_BYTES:
        raise NotALabelMap("shorter than its header")
    order = "<" if struct.unpack_from("<i", data, 0)[0] == HEADER_BYTES else ">"
    if struct.unpack_from(order + "i", data, 0)[0] != HEADER_BYTES or data[344:347] not in (b"n+1", b"ni1"):
        raise NotALabelMap("not NIfTI-1")
    dims = struct.unpack_from(order + "8h", data, 40)
    shape = dims[1:4]
    if dims[0] < 3 or any(size != 1 for size in dims[4 : dims[0] + 1]) or min(shape) < 1:
        raise NotALabelMap("not three-dimensional")
    if struct.unpack_from(order + "h", data, 70)[0] != _UINT8:
        raise NotALabelMap("labels are not unsigned bytes")
    if struct.unpack_from(order + "h", data, 254)[0] <= 0:
        raise NotALabelMap("no sform: its place in the patient is unknown")
    voxels = int(np.prod(shape))
    offset = int(struct.unpack_from(order + "f", data, 108)[0])
    if voxels > MAX_VOXELS or offset < HEADER_BYTES or len(data) < offset + voxels:
        raise NotALabelMap("voxels are missing")
    labels = np.frombuffer(data, np.uint8, voxels, offset).reshape(shape, order="F")
    affine = np.eye(4)
    affine[:3] = np.array(struct.unpack_from(order + "12f", data, 280), dtype=np.float64).reshape(3, 4)
    if not np.all(np.isfinite(affine)) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise NotALabelMap("its affine cannot be inverted")
    return LabelVolume(labels, _RAS_TO_LPS @ affine)
