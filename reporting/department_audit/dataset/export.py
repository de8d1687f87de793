"""``export_dataset``: a training set in a folder, a study at a time. Killed, it goes on where it was; see ``files``."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.disk_sync import sync
from reporting.core.errors import InvalidInput, WrongState
from reporting.deidentification.profile import METHOD
from reporting.deidentification.pseudonyms import Pseudonyms, purpose_key, told_age
from reporting.department_audit.dataset import files
from reporting.department_audit.dataset.images import write_images
from reporting.department_audit.dataset.labels import Excluded
from reporting.department_audit.dataset.marks import marks_to_leave
from reporting.department_audit.dataset.reads import Sample, provenance_of, sample_of
from reporting.department_audit.dataset.split import side_of
from reporting.department_audit.filters import Filter
from reporting.reports.corrections.training import accepted_corrections
from reporting.reports.models import Report
from reporting.reports.states import ReportStatus
from reporting.studies.deidentified import patient_text
from reporting.studies.models import SopInstance

SCHEMA = 1
STUDY = "study.json"
LABELS, EXCLUDED, SPLIT, NOTE = "labels.csv", "excluded.csv", "split.json", "LICENCE.txt"
_STUDIES = "studies"
_COLUMNS = (
    *(
        "study",
        "patient",
        "side_of_split",
        "field",
        "level",
        "side",
        "instance",
        "value",
        "unit",
        "finding",
        "positive",
    ),
    *("truth_source", "final_value", "blind_first_value", "read_blind_first", "state", "outcome", "bulk"),
    *("machine_value", "machine_level", "machine_probability", "machine_threshold", "machine_mm"),
    *("version_number", "version_kind", "reader_role", "reader_group", "template_version", "vocabulary_version"),
    *("algorithm_name", "algorithm_version", "weights_sha256"),
)


@dataclass(frozen=True)
class Order:
    """What is asked for. ``purpose`` draws the pseudonyms, ``seed`` the sides; ``note``: who may use it for what."""

    purpose: str
    seed: int
    chosen: Filter
    note: str

    def as_started(self) -> dict[str, Any]:
        wanted = self.chosen.query()
        return {"schema": SCHEMA, "purpose": self.purpose, "seed": self.seed, "filter": wanted, "note": self.note}


def export_dataset(folder: Path, order: Order, *, by: User) -> dict[str, Any]:
    """Write the export into ``folder`` and return its manifest.

    Raises:
        NotAllowed: the role of ``by`` may not export training sets.
        WrongState: the folder holds a whole export, another one that was begun, or something else.
        InvalidInput: no purpose or no note.
    """
    require(by, Act.DATASET_EXPORT)
    if not order.purpose.strip() or not order.note.strip():
        raise InvalidInput(_("An export needs a purpose and a note on licence and consent"))
    _begin(folder, order)
    record(AuditAct.DATASET_EXPORT_STARTED, by=by, data={**order.as_started(), "folder": folder.name})
    key = purpose_key(settings.DEIDENTIFICATION_KEY, order.purpose)
    counts = _write_all(folder, order, key)
    facts = {
        **order.as_started(),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "deidentification": METHOD,
        "counts": counts,
    }
    manifest = files.seal(folder, facts)
    digest = manifest["manifest_sha256"]
    record(AuditAct.DATASET_EXPORTED, by=by, data={**order.as_started(), "counts": counts, "manifest_sha256": digest})
    return manifest


def _begin(folder: Path, order: Order) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    started, wanted = folder / files.STARTED, files.as_json(order.as_started())
    if started.exists():
        if started.read_bytes() != wanted:
            raise WrongState(_("The folder holds an unfinished export that was begun with other wishes"))
        # Killed between the manifest and the end: what it vouches for is written anew below.
        (folder / files.MANIFEST).unlink(missing_ok=True)
        return
    if any(folder.iterdir()):
        raise WrongState(_("The folder is not empty: an export is never added to or written over"))
    files.write_whole(started, wanted)


def _write_all(folder: Path, order: Order, key: bytes) -> dict[str, int]:
    """Every study's folder, then the tables over all of them; one study in memory at a time."""
    counts = {"studies": 0, "labels": 0, "marks": 0, "excluded": 0}
    sides: dict[str, str] = {}
    (folder / _STUDIES).mkdir(exist_ok=True)
    with _table(folder / LABELS, _COLUMNS) as labels, _table(folder / EXCLUDED, ("study", "what", "reason")) as out:
        for name, outcome in _outcomes(folder / _STUDIES, order, key):
            excluded = [outcome] if isinstance(outcome, Excluded) else [Excluded(**e) for e in outcome["excluded"]]
            for one in excluded:
                out.write({"study": name, "what": one.what, "reason": one.reason})
            counts["excluded"] += len(excluded)
            if isinstance(outcome, Excluded):
                continue
            shared = {"study": name, "patient": outcome["patient"], "side_of_split": outcome["side_of_split"]}
            for label in outcome["labels"]:
                labels.write({**shared, **outcome["read"], **label})
            sides[outcome["patient"]] = outcome["side_of_split"]
            counts["studies"] += 1
            counts["labels"] += len(outcome["labels"])
            counts["marks"] += len(outcome["marks"])
    files.write_whole(folder / SPLIT, files.as_json(sides))
    files.write_whole(folder / NOTE, f"{order.note}\n".encode())
    return {**counts, "patients": len(sides)}


def _outcomes(folder: Path, order: Order, key: bytes) -> Iterator[tuple[str, dict[str, Any] | Excluded]]:
    """Each report's study under its new UID: its ``study.json``, or why there is none. What is there is kept."""
    wanted = [ReportStatus.FINAL.value, ReportStatus.WITHDRAWN.value]
    reports = Report.objects.filter(status__in=wanted).select_related("study__patient").order_by("created_at", "pk")
    kept = set()
    for report in reports.iterator(chunk_size=100):
        names = Pseudonyms(key, patient_text(report.study.patient))
        name = names.uid(report.study.study_instance_uid)
        sample = sample_of(report, order.chosen)
        if sample is None:
            continue
        outcome = sample if isinstance(sample, Excluded) else _study(sample, names, folder / name, order)
        if isinstance(outcome, dict):
            kept.add(name)
        yield name, outcome
    # A report withdrawn since an earlier try, and what a kill left half done.
    for path in folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path)


def _study(sample: Sample, names: Pseudonyms, folder: Path, order: Order) -> dict[str, Any] | Excluded:
    accepted = accepted_corrections(sample.report.study)
    source = _source_of(sample, accepted)
    written = folder / STUDY
    if written.is_file():
        earlier: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
        if earlier["source"] == source:
            return earlier
        shutil.rmtree(folder)
    beside = folder.with_name(folder.name + files.UNFINISHED)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    series, withheld = write_images(sample.report.study, names, beside)
    marks, marks_left = marks_to_leave(accepted, names, {one["series_instance_uid"] for one in series})
    if not series or not sample.labels:
        shutil.rmtree(beside)
        images = [one.reason for one in withheld if one.reason != "series_not_used"]
        return Excluded("", "no_labels" if series else images[0] if images else "no_series_used")
    study = sample.report.study
    content = {
        "schema": SCHEMA,
        "source": source,
        "study": folder.name,
        "patient": names.patient_id,
        "side_of_split": side_of(names.patient, master=settings.DEIDENTIFICATION_KEY, seed=order.seed),
        "sex": sample.read.sex,
        "age_years": None if study.age_years is None else told_age(study.age_years),
        "vendor": sample.read.vendor,
        "field_strength": sample.read.field_strength,
        "protocol": sample.read.protocol,
        "read": provenance_of(sample),
        "series": series,
        "levels": sample.levels,
        "labels": sample.labels,
        "marks": marks,
        "excluded": [vars(one) for one in (*sample.excluded, *withheld, *marks_left)],
    }
    (beside / STUDY).write_bytes(files.as_json(content))
    for path in beside.rglob("*"):
        sync(path)
    beside.rename(folder)
    sync(folder.parent)
    return content


def _source_of(sample: Sample, accepted: list[dict[str, Any]]) -> str:
    """Changes when the read, the truth, the marks or the images did; tells nothing without the originals."""
    objects = SopInstance.objects.filter(series__study=sample.report.study_id).order_by("pk")
    parts = [
        sample.read.version.sha256,
        *objects.values_list("sha256", flat=True).iterator(),
        json.dumps([sample.labels, accepted], sort_keys=True, default=str),
    ]
    return purpose_key(settings.DEIDENTIFICATION_KEY, "\n".join(parts)).hex()


class _table:
    """A CSV file that appears whole when the block ends without an error."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path, self._beside = path, path.with_name(path.name + files.UNFINISHED)
        self._file = self._beside.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, columns, lineterminator="\n")
        self._writer.writeheader()

    def write(self, row: dict[str, Any]) -> None:
        self._writer.writerow({name: _cell(value) for name, value in row.items()})

    def __enter__(self) -> _table:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._beside.replace(self._path)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return ";".join(map(str, value)) if isinstance(value, list) else value
