"""What pixels and headers are read from: an object as it came in, or a copy of one."""

from __future__ import annotations

import uuid
from typing import Any, Protocol


class StoredObject(Protocol):
    """A DICOM object whose bytes are kept under ``sha256``; ``header`` is ``header_codec`` JSON, or empty."""

    @property
    def pk(self) -> uuid.UUID: ...

    sop_instance_uid: str
    sha256: str
    number_of_frames: int
    header: dict[str, Any]
