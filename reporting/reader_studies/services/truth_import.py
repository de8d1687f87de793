"""Reference values from a file: all of its lines or none, and never the same file twice."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.reader_studies.models import ReaderStudy, ReferenceStandard, TruthImport
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.services.truth import next_number, require_standing
from reporting.reader_studies.truth_file import FileRefused, Line, read_truth_file


def import_truth(study: ReaderStudy, data: bytes, *, by: User) -> TruthImport:
    """Keep what the file says is true. A place that has a value already needs a ``reason`` in its line.

    Raises :class:`FileRefused` with every wrong line, :class:`WrongState` for a file that was taken before.
    """
    require_in_study(study, by, StudyAct.SET_TRUTH)
    require_standing(study)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        ReaderStudy.objects.select_for_update().get(pk=study.pk)  # one file at a time
        if study.truth_imports.filter(sha256=digest).exists():
            raise WrongState(_("This very file was imported before"))
        lines = read_truth_file(study, data)
        numbers = [next_number(line.case, line.finding, line.level, line.side) for line in lines]
        bare = [
            _("Line %(line)d: %(message)s") % {"line": at, "message": _("there is a value already; give a reason")}
            for at, (line, number) in enumerate(zip(lines, numbers, strict=True), start=2)
            if number > 1 and not line.reason
        ]
        if bare:
            raise FileRefused(_("Nothing was taken: %(n)d lines are wrong") % {"n": len(bare)}, details=bare)
        taken = TruthImport.objects.create(reader_study=study, sha256=digest, lines=len(lines), made_by=by)
        rows = [_row(line, number, taken, by) for line, number in zip(lines, numbers, strict=True)]
        ReferenceStandard.objects.bulk_create(rows, batch_size=5000)
        record(AuditAct.TRUTH_IMPORTED, by=by, about=study, data={"sha256": digest, "lines": len(lines)})
    return taken


def _row(line: Line, number: int, taken: TruthImport, by: User) -> ReferenceStandard:
    x, y, z = line.truth.place_lps_mm or (None, None, None)
    return ReferenceStandard(
        case=line.case,
        finding=line.finding,
        level=line.level,
        side=line.side,
        value=line.truth.value,
        x_mm=x,
        y_mm=y,
        z_mm=z,
        number=number,
        source=line.source,
        imported=taken,
        reason=line.reason,
        made_by=by,
    )
