"""Files of untrusted bytes → files that may leave, made in a bounded child process; one at a time, each on its own."""

from __future__ import annotations

import json
from pathlib import Path

from reporting.deidentification.pseudonyms import Pseudonyms
from reporting.deidentification.withholding import Withheld
from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrowed
from reporting.studies.models import Patient
from reporting.studies.pixel_decoding import MAX_VOXELS
from reporting.studies.pixels import LIMITS
from reporting.studies.refusals import RefusalCode

CHILD = "reporting.studies.deidentifying_child"
_MOST_BYTES = 4 * MAX_VOXELS + 64 * 1024**2


def patient_text(patient: Patient) -> str:
    """What a patient's pseudonyms are drawn from: the identifier and who gave it."""
    return f"{len(patient.issuer)}:{patient.issuer}{patient.patient_id}"


def deidentified_file(path: Path, names: Pseudonyms, limits: ChildLimits = LIMITS) -> bytes | Withheld:
    """The file that may leave, or why none may. Never raises for what a file contains."""
    with borrowed(CHILD, limits) as child:
        return _ask(child, path, names)


def _ask(child: BoundedChild, path: Path, names: Pseudonyms) -> bytes | Withheld:
    answer = child.ask(path, key=names.key.hex(), patient=names.patient)
    if isinstance(answer, RefusalCode):
        return Withheld.UNREADABLE
    try:
        said = json.loads(answer)
        if "withheld" in said:
            return Withheld(said["withheld"])
        size = int(said["size"])
    except (ValueError, KeyError, TypeError, AttributeError):
        size = 0
    if not 0 < size <= _MOST_BYTES:
        child.kill()
        return Withheld.UNREADABLE
    content = bytearray(size)
    return Withheld.UNREADABLE if child.read_into(memoryview(content)) else bytes(content)
