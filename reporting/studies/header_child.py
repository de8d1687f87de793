"""The bounded child of ``sandbox``: one JSON line per file. Imports neither Django nor torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom

from reporting.studies.child_side import serve
from reporting.studies.dicom_gate import check_file
from reporting.studies.header_codec import encode_header
from reporting.studies.headers import read_instance_header
from reporting.studies.refusals import FileRefused, RefusalCode

_DEFER_BYTES = 1024 * 1024  # larger values stay on disk; no header field is that large


def answer(path: Path) -> Iterator[bytes]:
    yield json.dumps(_read(path)).encode() + b"\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        pixels_at = check_file(path)
        dataset = pydicom.dcmread(path, stop_before_pixels=True, defer_size=_DEFER_BYTES)
        return {"header": encode_header(read_instance_header(dataset, pixels_at))}
    except FileRefused as refusal:
        return {"refused": refusal.code.value}
    except MemoryError:
        return {"refused": RefusalCode.PARSER_MEMORY.value}
    except RecursionError:
        return {"refused": RefusalCode.TOO_DEEP.value}
    except OSError:
        return {"refused": RefusalCode.UNREADABLE.value}
    except Exception:
        # Whatever a damaged header makes the library raise: this file is refused, the child goes on.
        return {"refused": RefusalCode.DAMAGED.value}


if __name__ == "__main__":
    serve(answer)
