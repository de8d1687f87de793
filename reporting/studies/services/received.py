"""One readable object whose bytes are kept, and the row it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reporting.studies.blobs import StagedBlob
from reporting.studies.header_codec import encode_header
from reporting.studies.headers import InstanceHeader
from reporting.studies.models import Series, SopInstance

_MAX_INTEGER = 2**31 - 1


@dataclass(frozen=True)
class ReceivedObject:
    name: str
    header: InstanceHeader
    blob: StagedBlob


def row_of(series: Series, received: ReceivedObject) -> SopInstance:
    """Not saved."""
    return SopInstance(series=series, **values_of(received))


def values_of(received: ReceivedObject) -> dict[str, Any]:
    """Of the row, by column: what the object itself says."""
    header = received.header
    return {
        "sop_instance_uid": header.sop_instance_uid,
        "sop_class_uid": header.sop_class_uid,
        "transfer_syntax_uid": header.transfer_syntax_uid,
        "instance_number": integer(header.instance_number),
        "number_of_frames": header.number_of_frames,
        "sha256": received.blob.sha256,
        "size_bytes": received.blob.size_bytes,
        "header": encode_header(header, for_row=True),
    }


def integer(value: int | None) -> int | None:
    """IS values may have twelve characters; what the column cannot hold is no number anybody reads."""
    return value if value is not None and abs(value) <= _MAX_INTEGER else None
