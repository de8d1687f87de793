"""The header of a stored object, as it was kept when the object came in."""

from __future__ import annotations

from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.header_codec import decode_header
from reporting.studies.headers import InstanceHeader
from reporting.studies.sandbox import read_headers
from reporting.studies.stored_object import StoredObject


def header_of(instance: StoredObject) -> InstanceHeader | None:
    """What the object says of itself; ``None`` when that is neither kept nor to be read from its bytes.

    Rows of earlier versions lack how the pixels are stored: then the object is read again.
    """
    kept = decode_header(instance.header) if instance.header else None
    if kept is not None and (kept.bits_stored is not None or not kept.has_pixels):
        return kept
    try:
        (again,) = read_headers([verified_path(instance.sha256)])
    except BlobDamaged:
        return kept
    return again if isinstance(again, InstanceHeader) else kept
