"""A whole study as a file that may leave: each series de-identified, its pixels checked, and what is in it listed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.deidentification.pseudonyms import Pseudonyms, purpose_key
from reporting.deidentification.withholding import Withheld
from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.deidentified import deidentified_file, patient_text
from reporting.studies.models import Series, Study

SCHEMA = "dens-deidentified-study-1"
MAX_TEXT = 1000


@dataclass(frozen=True)
class Exported:
    """``left_out``: reasons (``Withheld``) of the series that did not leave."""

    name: str
    objects: int
    left_out: tuple[str, ...]
    manifest_sha256: str


def export_deidentified(study: Study, out: IO[bytes], *, purpose: str, note: str, by: User) -> Exported:
    """Write a zip of the study into ``out``. Equal purposes give equal pseudonyms, other purposes cannot be joined.

    A series with an object that may not leave stays here as a whole: a volume has no holes.

    Raises:
        NotAllowed: the actor may not export, or not see the study.
        InvalidInput: no purpose or no note.
        WrongState: no series may leave; then nothing is written but the audit event.
    """
    require(by, Act.DATASET_EXPORT)
    if not Study.objects.visible_to(by).filter(pk=study.pk).exists():
        raise NotAllowed(_("You may not see this study"))
    purpose, note = purpose.strip(), note.strip()
    if not purpose or not note or max(len(purpose), len(note)) > MAX_TEXT:
        raise InvalidInput(_("An export needs a purpose and a note on licence and consent"))
    names = Pseudonyms(purpose_key(settings.DEIDENTIFICATION_KEY, purpose), patient_text(study.patient))
    files: list[dict[str, str]] = []
    left_out: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, series in enumerate(study.series_set.order_by("series_number", "series_instance_uid"), start=1):
            contents = _contents(series, names)
            if isinstance(contents, Withheld):
                left_out.append(contents.value)
                continue
            for position, content in enumerate(contents, start=1):
                path = f"series_{number:02d}/{position:05d}.dcm"
                _add(archive, path, content)
                files.append({"path": path, "sha256": hashlib.sha256(content).hexdigest()})
        manifest = _manifest(purpose, note, names, files, left_out)
        _add(archive, "manifest.json", manifest)
    digest = hashlib.sha256(manifest).hexdigest()
    data = {"purpose": purpose, "objects": len(files), "left_out": left_out, "manifest_sha256": digest}
    outcome = "success" if files else "failure"
    record(AuditAct.STUDY_DEIDENTIFIED, by=by, about=study, outcome=outcome, data=data)
    if not files:
        raise WrongState(_("No series of this study may leave: %(reasons)s") % {"reasons": ", ".join(left_out) or "0"})
    name = f"{names.patient_id}-{names.uid(study.study_instance_uid)[-8:]}.zip"
    return Exported(name, len(files), tuple(left_out), digest)


def _contents(series: Series, names: Pseudonyms) -> list[bytes] | Withheld:
    """Of all objects, or the first reason why one may not leave."""
    made = []
    for outcome in _outcomes(series, names):
        if isinstance(outcome, Withheld):
            return outcome
        made.append(outcome)
    return made


def _outcomes(series: Series, names: Pseudonyms) -> Iterator[bytes | Withheld]:
    for instance in series.sop_instances.defer("header").order_by("instance_number", "sop_instance_uid"):
        try:
            yield deidentified_file(verified_path(instance.sha256), names)
        except BlobDamaged:
            yield Withheld.UNREADABLE


def _manifest(purpose: str, note: str, names: Pseudonyms, files: list[dict[str, str]], left_out: list[str]) -> bytes:
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "purpose": purpose,
        "note": note,
        "patient": names.patient_id,
        "files": files,
        "series_left_out": left_out,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """With the first date that a zip can hold, not the day of the export."""
    archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED, 1)
