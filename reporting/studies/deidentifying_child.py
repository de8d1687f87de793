"""The bounded child that makes the object that may leave: a JSON line with its UIDs and size or the reason, then bytes.

Imports neither Django nor torch. Run by ``deidentified``. It learns the key of one purpose, never the installation's.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom

from reporting.deidentification.objects import deidentified
from reporting.deidentification.pseudonyms import Pseudonyms
from reporting.deidentification.withholding import ObjectWithheld, Withheld, reason_to_withhold
from reporting.studies.child_side import serve
from reporting.studies.dicom_gate import check_file
from reporting.studies.pixel_decoding import PixelsRefused, decode_pixels
from reporting.studies.refusals import FileRefused


def answer(path: Path, *, key: str, patient: str) -> Iterator[bytes]:
    try:
        content = _made(path, Pseudonyms(bytes.fromhex(key), patient))
    except ObjectWithheld as withheld:
        yield json.dumps({"withheld": withheld.reason.value}).encode() + b"\n"
        return
    except Exception:  # whatever damaged bytes make a library raise, out of memory included
        yield json.dumps({"withheld": Withheld.UNREADABLE.value}).encode() + b"\n"
        return
    yield json.dumps({"size": len(content)}).encode() + b"\n"
    yield content


def _made(path: Path, names: Pseudonyms) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with path.open("rb") as file:
                check_file(file)
            dataset = pydicom.dcmread(path)
            reason = reason_to_withhold(dataset)  # before a decoder sees its pixels
            frames = [] if reason else decode_pixels(path)
        except (FileRefused, PixelsRefused) as refused:
            raise ObjectWithheld(Withheld.UNREADABLE) from refused
    if reason is not None:
        raise ObjectWithheld(reason)
    return deidentified(dataset, frames, names)


if __name__ == "__main__":
    serve(answer)
