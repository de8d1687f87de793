"""Which stored objects one job looks at, and the digest that names exactly that set."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from reporting.studies.models import SopInstance


@dataclass(frozen=True)
class JobInput:
    """One stored DICOM object: its place in the study and the digest under which its bytes lie."""

    series_instance_uid: str
    sop_instance_uid: str
    sha256: str


def study_inputs(study_id: uuid.UUID) -> tuple[JobInput, ...]:
    """Every object of the study, as stored now, in the order of their UIDs."""
    rows = SopInstance.objects.filter(series__study_id=study_id).order_by("sop_instance_uid")
    values = rows.values_list("series__series_instance_uid", "sop_instance_uid", "sha256")
    return tuple(JobInput(*value) for value in values)


def inputs_digest(inputs: Iterable[JobInput]) -> str:
    """SHA-256 over UIDs and content: equal exactly when two runs saw the same bytes."""
    lines = sorted(f"{one.sop_instance_uid} {one.sha256}\n" for one in inputs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
