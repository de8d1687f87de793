"""Grey values that stand in the file as whole numbers (native pixels, PS3.5 8.2): no decoder is needed, none is asked.

Nothing is parsed here: the gate saw where they begin when the object came in, and these are the bytes that it saw.
"""

from __future__ import annotations

import numpy as np

from reporting.studies.blobs import verified_bytes
from reporting.studies.pixel_decoding import MAX_SIDE, Pixels
from reporting.studies.stored_object import StoredObject

_LARGEST_FILE = 64 * 1024 * 1024
_GREY = ("MONOCHROME1", "MONOCHROME2")


def native_pixels(instance: StoredObject) -> Pixels | None:
    """What ``pixel_decoding.decode_pixels`` gives for an object of one frame; ``None`` where it has to be asked.

    Shape (row, column). Raises ``BlobDamaged``.
    """
    if instance.number_of_frames != 1:
        return None  # before its header is touched: that of many frames may not have been fetched
    header = instance.header
    at, bits, stored = (header.get(name) for name in ("pixels_at", "bits_allocated", "bits_stored"))
    rows, columns = (header.get("series", {}).get(name) or 0 for name in ("rows", "columns"))
    is_grey = header.get("samples_per_pixel") == 1 and header.get("photometric_interpretation") in _GREY
    if not (at and is_grey and bits in (8, 16) and 1 <= (stored or 0) <= bits and min(rows, columns) >= 1):
        return None
    if max(rows, columns) > MAX_SIDE:
        return None
    data = verified_bytes(instance.sha256, at_most=_LARGEST_FILE)
    count = rows * columns
    if data is None or at + count * bits // 8 > len(data):
        return None
    kind = f"<{'i' if header.get('is_signed') else 'u'}{bits // 8}"
    pixels = np.frombuffer(data, kind, count, at).reshape(rows, columns)
    unused = bits - stored  # these may hold anything (PS3.5 8.1.1)
    return (pixels << unused) >> unused if unused else pixels
