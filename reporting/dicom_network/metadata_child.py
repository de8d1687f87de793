"""The bounded child of ``metadata`` and ``bulk_data``: attributes as DICOM JSON, and values it only points to.

Imports neither Django nor torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pydicom.config
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset

from reporting.studies.child_side import serve

MAX_VALUE_BYTES = 16 * 1024
"""Of a value that stands in metadata; longer and binary ones are pointed to."""
POINTER = "@"
"""Begins each ``BulkDataURI``, before the path of the value; the parent knows the address."""
PIXEL_DATA = "7FE00010"
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def answer(path: Path, where: str = "") -> Iterator[bytes]:
    """Without ``where`` a line with the metadata. With it a line with the size of one value, and the value."""
    if not where:
        yield json.dumps(_read(path)).encode() + b"\n"
        return
    value = _value(path, where)
    yield json.dumps({"size": None if value is None else len(value)}).encode() + b"\n"
    yield value or b""


def _read(path: Path) -> dict[str, Any]:
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, defer_size=1024 * 1024)
        with pydicom.config.disable_value_validation():
            left_out = list(_leave_out_bulk(dataset, ()))
            metadata = dataset.to_json_dict(suppress_invalid_tags=True)
        if "Rows" in dataset and "BitsAllocated" in dataset:
            left_out.append(((PIXEL_DATA,), "OW"))
        for steps, vr in left_out:
            _point(metadata, steps, vr)
        return {"metadata": metadata}
    except Exception:
        # Whatever a damaged header makes the library raise: this object has no metadata to give.
        return {"metadata": None}


def _leave_out_bulk(dataset: Dataset, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and value representation of each value that is taken out: tags, and between them numbers of items from 1."""
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        value, vr = getattr(raw, "value", None), getattr(raw, "VR", None)
        is_long = isinstance(value, bytes) and len(value) > MAX_VALUE_BYTES
        if vr in _BULK or is_long or getattr(raw, "length", 0) > MAX_VALUE_BYTES * 64:
            if value or getattr(raw, "length", 0):
                yield (*steps, f"{tag:08X}"), _vr_of(raw)
            del dataset[tag]
        elif vr == "SQ":
            for number, item in enumerate(dataset[tag].value, 1):
                yield from _leave_out_bulk(item, (*steps, f"{tag:08X}", str(number)))


def _vr_of(raw: Any) -> str:
    return raw.VR or (dictionary_VR(raw.tag) if dictionary_has_tag(raw.tag) else "UN")


def _point(metadata: dict[str, Any], steps: tuple[str, ...], vr: str) -> None:
    items: Any = metadata
    for tag, number in zip(steps[:-1:2], steps[1::2], strict=True):
        items = items.get(tag, {}).get("Value", [])[int(number) - 1 :][:1]
        if not items or not isinstance(items[0], dict):
            return  # the library could not say the sequence
        items = items[0]
    items[steps[-1]] = {"vr": vr, "BulkDataURI": POINTER + "/".join(steps)}


def _value(path: Path, where: str) -> bytes | None:
    try:
        *outer, last = where.split("/")
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        for tag, number in zip(outer[::2], outer[1::2], strict=True):
            dataset = dataset[int(tag, 16)].value[int(number) - 1]
        raw = dataset.get_item(int(last, 16))
        return raw.value if isinstance(raw.value, bytes) and _vr_of(raw) != "SQ" else None
    except Exception:
        return None


if __name__ == "__main__":
    serve(answer)
