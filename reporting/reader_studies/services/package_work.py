"""Building packages that wait: into a temporary file, kept under its digest when it is whole, and only then known.

A worker that dies leaves a temporary file that no row points at; it is swept with those of broken uploads.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from pathlib import Path

from django.db import transaction

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import DomainError
from reporting.reader_studies.models import PackageBuild, PackageFile, ReaderStudy, ReferenceStandard
from reporting.reader_studies.package.archive import write_package
from reporting.reader_studies.services.work_orders import fail, finish, go_on, take
from reporting.reader_studies.words import AnalysisStatus
from reporting.studies.blobs import StagedBlob, adopt, incoming_dir, keep, require_free_space

_TELL_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class _Lost(Exception):
    """Another worker has the build by now."""


def build_due_packages() -> None:
    """Everything that waits, one after the other; a build whose worker died is begun again."""
    while (build := take(PackageBuild)) is not None:
        try:
            _build(build)
        except _Lost:
            continue
        except DomainError as refused:
            logger.warning("a package of a reader study was not built: %s", refused.code)
            fail(build, refused.code)
        except Exception:
            # Whatever it was, the next one must not wait for it; the row says that this one failed.
            logger.exception("a package of a reader study failed")
            fail(build, "error")


def _build(build: PackageBuild) -> None:
    study = build.reader_study
    held = _what_may_change(study)
    handle, name = tempfile.mkstemp(prefix="package-", dir=incoming_dir())
    try:
        with os.fdopen(handle, "wb") as file:
            write_package(study, file, _Progress(build))
        staged = adopt(Path(name))
        if _what_may_change(study) != held:
            fail(build, "changed")
            return
        _publish(build, staged)
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(build: PackageBuild, staged: StagedBlob) -> None:
    keep(staged)
    with transaction.atomic():
        if finish(build):
            PackageFile.objects.create(build=build, sha256=staged.sha256, size_bytes=staged.size_bytes)
            data = {"number": build.number, "sha256": staged.sha256}
            record(AuditAct.PACKAGE_BUILT, by=None, about=build.reader_study, data=data)


def _what_may_change(study: ReaderStudy) -> tuple[int, ...]:
    """A closed study still takes reference values and analyses; a package holds the state of one moment."""
    return (
        ReferenceStandard.objects.filter(case__reader_study=study).count(),
        study.analyses.filter(status=AnalysisStatus.FINISHED).count(),
    )


class _Progress:
    """Called with the share that is done, as often as one likes."""

    def __init__(self, build: PackageBuild) -> None:
        self._build, self._told = build, 0.0

    def __call__(self, done: float) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_EVERY_S:
            return
        self._told = now
        require_free_space()
        if not go_on(self._build, done):
            raise _Lost
