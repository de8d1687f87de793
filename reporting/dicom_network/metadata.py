"""WADO-RS metadata (PS3.18 10.4.1.1.2): read in a bounded child, then kept under the digest of the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from reporting.dicom_network.items import instance_path
from reporting.dicom_network.metadata_child import POINTER
from reporting.studies.blobs import verified_path
from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrow, give_back
from reporting.studies.frame_store import cache_dir, write_to_cache
from reporting.studies.models import SopInstance
from reporting.studies.refusals import RefusalCode

CHILD = "reporting.dicom_network.metadata_child"
_WRITTEN_AS = 2
"""Part of the cache's names: raise it when the same object gives other metadata."""
_POINTED = f'"BulkDataURI":"{POINTER}'.encode()


def metadata_of(instances: Iterable[SopInstance], base: str) -> Iterator[bytes]:
    """One JSON object for each, without those whose header cannot be read any more; ``base``: our address."""
    child: BoundedChild | None = None
    try:
        for instance in instances:
            kept = cache_dir("metadata") / f"{instance.sha256}-{_WRITTEN_AS}.json"
            if kept.exists():
                found = kept.read_bytes()
            else:
                if child is None or not child.is_usable():
                    child = borrow(CHILD, ChildLimits())
                found = _read(child, instance)
                if not found:
                    continue
                write_to_cache(kept, found)
            here = f"{base}{instance_path(instance)}"
            address = {"vr": "UR", "Value": [here]}
            # Within a string of the object the quotes would be escaped.
            found = found.replace(_POINTED, _POINTED[:-1] + f"{here}/bulkdata/".encode())
            yield b'{"00081190":' + json.dumps(address).encode() + b"," + found[1:]
    finally:
        if child is not None:
            give_back(child)


def _read(child: BoundedChild, instance: SopInstance) -> bytes:
    answer = child.ask(verified_path(instance.sha256))
    if isinstance(answer, RefusalCode):
        return b""
    try:
        metadata = json.loads(answer)["metadata"]
    except (ValueError, KeyError, TypeError):
        child.kill()
        return b""
    if not isinstance(metadata, dict) or not metadata:
        return b""
    metadata.pop("00081190", None)
    syntax = {"vr": "UI", "Value": [instance.transfer_syntax_uid]}
    return json.dumps({**metadata, "00083002": syntax}, separators=(",", ":")).encode()
