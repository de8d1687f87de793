"""The bounded child of ``metadata``: a stored object's attributes as DICOM JSON. Imports neither Django nor torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pydicom.config
from pydicom.dataset import Dataset

from reporting.studies.child_side import serve

MAX_VALUE_BYTES = 16 * 1024
"""Of a value that stands in metadata; longer ones (curves, private blocks) are left out."""
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def answer(path: Path) -> Iterator[bytes]:
    yield json.dumps(_read(path)).encode() + b"\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, defer_size=1024 * 1024)
        with pydicom.config.disable_value_validation():
            _leave_out_bulk(dataset)
            return {"metadata": dataset.to_json_dict(suppress_invalid_tags=True)}
    except Exception:
        # Whatever a damaged header makes the library raise: this object has no metadata to give.
        return {"metadata": None}


def _leave_out_bulk(dataset: Dataset) -> None:
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        value = getattr(raw, "value", None)
        is_long = isinstance(value, bytes) and len(value) > MAX_VALUE_BYTES
        if getattr(raw, "VR", None) in _BULK or is_long or getattr(raw, "length", 0) > MAX_VALUE_BYTES * 64:
            del dataset[tag]
            continue
        if getattr(raw, "VR", None) == "SQ":
            for item in dataset[tag].value:
                _leave_out_bulk(item)


if __name__ == "__main__":
    serve(answer)
