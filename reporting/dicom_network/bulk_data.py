"""WADO-RS bulk data (PS3.18 10.4.1.1.5): values that metadata only point to, read in the bounded child of metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reporting.dicom_network.metadata import CHILD
from reporting.dicom_network.metadata_child import PIXEL_DATA
from reporting.studies.blobs import verified_path
from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrowed
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance
from reporting.studies.refusals import RefusalCode

_MOST_BYTES = 256 * 1024**2


def bulk_data(instance: SopInstance, where: str) -> Iterator[bytes] | None:
    """The value at a path of tags and numbers of items, as it is stored; ``None`` where there is none.

    Pixel data are those of all frames, uncompressed, as :mod:`reporting.dicom_network.frames` gives them.
    """
    if where == PIXEL_DATA:
        first = stored_frame(instance, 1).tobytes()
        return (first if number == 1 else stored_frame(instance, number).tobytes() for number in _frames(instance))
    with borrowed(CHILD, ChildLimits()) as child:
        value = _ask(child, instance, where)
    return None if value is None else iter([value])


def _frames(instance: SopInstance) -> range:
    return range(1, instance.number_of_frames + 1)


def _ask(child: BoundedChild, instance: SopInstance, where: str) -> bytes | None:
    answer = child.ask(verified_path(instance.sha256), where=where)
    if isinstance(answer, RefusalCode):
        return None
    try:
        size = json.loads(answer)["size"]
    except (ValueError, KeyError, TypeError):
        size = -1
    if size is None:
        return None
    if not isinstance(size, int) or not 0 <= size <= _MOST_BYTES:
        child.kill()
        return None
    value = bytearray(size)
    return None if child.read_into(memoryview(value)) else bytes(value)
