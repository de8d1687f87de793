"""The bounded child of ``sandbox``: one JSON line per file. Imports neither Django nor torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from reporting.studies.child_side import serve
from reporting.studies.dicom_gate import check_file
from reporting.studies.dicom_walk import EXPLICIT_BIG, IMPLICIT_LITTLE, PIXEL_DATA
from reporting.studies.header_codec import encode_header
from reporting.studies.headers import read_instance_header
from reporting.studies.refusals import FileRefused, RefusalCode

_DEFER_BYTES = 1024 * 1024  # larger values stay on disk; no header field is that large


def answer(path: Path) -> Iterator[bytes]:
    yield json.dumps(_read(path)).encode() + b"\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            checked = check_file(file)
            file.seek(checked.data_set_at)
            syntax = checked.transfer_syntax_uid
            order = {"is_implicit_VR": syntax == IMPLICIT_LITTLE, "is_little_endian": syntax != EXPLICIT_BIG}
            dataset = read_dataset(file, **order, stop_when=_at_pixels, defer_size=_DEFER_BYTES)
            return {"header": encode_header(read_instance_header(dataset, checked))}
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


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in PIXEL_DATA


if __name__ == "__main__":
    serve(answer)
