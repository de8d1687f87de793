"""A training set of ``manage.py dataset export``, read after every digest was checked (docs/learning_loop.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.training.exported_marks import marked
from inference.training.splits import Split, SplitError
from reporting.department_audit.dataset.files import MANIFEST, ExportDamaged, digest_of, verified

SCHEMA = 1
FINAL, MARK = "final", "mark"
SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class ExportedStudy:
    """One study of the set. ``patient``: its place among all patients; studies of one patient share it."""

    folder: Path
    patient: int
    content: dict[str, Any]


@dataclass(frozen=True)
class Export:
    """A whole export. ``digest``: SHA-256 of its manifest, for the weights' card."""

    digest: str
    split: Split
    studies: tuple[Path, ...]
    patients: dict[str, int]

    def study(self, folder: Path) -> ExportedStudy:
        content = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        return ExportedStudy(folder, self.patients[content["patient"]], content)


def read_export(folder: Path) -> Export:
    """Check and read an export.

    Raises:
        ExportDamaged: not whole, not what was written, or of another version of the program.
        SplitError: a patient stands on two sides, or a side has no patients.
    """
    manifest = verified(folder)
    if manifest.get("schema") != SCHEMA:
        raise ExportDamaged(f"manifest.json: schema {manifest.get('schema')}, expected {SCHEMA}")
    studies = tuple(sorted(path.parent for path in folder.glob("studies/*/study.json")))
    sides: dict[str, str] = json.loads((folder / "split.json").read_text(encoding="utf-8"))
    for path in studies:
        content = json.loads((path / "study.json").read_text(encoding="utf-8"))
        patient, side = str(content["patient"]), str(content["side_of_split"])
        if sides.get(patient) != side:
            raise SplitError(f"patient {patient} is in {sides.get(patient)} and in {side}")
    patients = {patient: number for number, patient in enumerate(sorted(sides))}
    by_side = {side: tuple(n for patient, n in patients.items() if sides[patient] == side) for side in SIDES}
    empty = [side for side, numbers in by_side.items() if not numbers]
    if empty:
        raise SplitError(f"no patient is in {', '.join(empty)}: export more, or with another seed")
    return Export(digest_of(folder / MANIFEST), Split(**by_side), studies, patients)


def labels_of(study: ExportedStudy, finding: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Labels of one finding by (level, side). Of several at a place (instances) the positive one counts.

    A mark's word stands before a final read, and alone where nobody signed anything (``exported_marks``).
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for label in study.content["labels"]:
        if label["finding"] == finding and label["positive"] is not None:
            key = label["level"], label["side"]
            if key not in found or label["positive"]:
                found[key] = label
    for place, positive in marked(study.content["marks"], finding).items():
        if found.get(place, {}).get("truth_source", FINAL) == FINAL:
            found[place] = {"positive": positive, "truth_source": MARK}
    return found


def number_at(study: ExportedStudy, fields: Sequence[str], level: str, side: str) -> float | None:
    """A number that a person gave for this place."""
    for label in study.content["labels"]:
        if label["field"] in fields and (label["level"], label["side"]) == (level, side) and label["value"] is not None:
            return float(label["value"])
    return None
