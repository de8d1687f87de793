"""The images of one sample, made ready to leave: whole series only, so that a volume never has a hole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reporting.deidentification.pseudonyms import Pseudonyms
from reporting.deidentification.withholding import Withheld
from reporting.department_audit.dataset.files import digest_of
from reporting.department_audit.dataset.labels import Excluded
from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.deidentified import deidentified_file
from reporting.studies.models import Series, Study
from reporting.vocabulary import SeriesRole

ROLES = (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2, SeriesRole.AXIAL_T2)


def write_images(study: Study, names: Pseudonyms, folder: Path) -> tuple[list[dict[str, Any]], list[Excluded]]:
    """Write the series that the networks read into ``folder``; what was written, and what was left out and why."""
    written: list[dict[str, Any]] = []
    left_out: list[Excluded] = []
    for series in study.series_set.order_by("series_number", "series_instance_uid"):
        what = f"series {names.uid(series.series_instance_uid)}"
        if series.role not in [role.value for role in ROLES]:
            left_out.append(Excluded(what, "series_not_used"))
            continue
        outcome = _write_series(series, names, folder / f"series_{len(written) + 1}")
        if isinstance(outcome, str):
            left_out.append(Excluded(what, outcome))
        else:
            written.append(outcome)
    return written, left_out


def _write_series(series: Series, names: Pseudonyms, folder: Path) -> dict[str, Any] | str:
    folder.mkdir()
    files = []
    for number, instance in enumerate(series.sop_instances.all(), start=1):
        try:
            outcome = deidentified_file(verified_path(instance.sha256), names)
        except BlobDamaged:
            outcome = Withheld.UNREADABLE
        if isinstance(outcome, Withheld):
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
            return outcome.value
        path = folder / f"{number:05d}.dcm"
        path.write_bytes(outcome)
        files.append(
            {
                "path": f"{folder.name}/{path.name}",
                "sop_instance_uid": names.uid(instance.sop_instance_uid),
                "sha256": digest_of(path),
            }
        )
    if not files:
        folder.rmdir()
        return "no_objects"
    return {
        "role": series.role,
        "series_instance_uid": names.uid(series.series_instance_uid),
        "frame_of_reference_uid": names.uid(series.frame_of_reference_uid) if series.frame_of_reference_uid else "",
        "files": files,
    }
