"""Say how two frames of reference of a study lie to each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, StaleVersion
from reporting.studies.models import FrameAlignment, Study

MAX_OFFSET_MM = 300.0
"""Nobody lies farther from where they lay before."""


def align_frames(
    study: Study, *, from_uid: str, to_uid: str, offset_mm: Sequence[float] | None, by: User, expected_version: int
) -> FrameAlignment:
    """Store that points of ``from_uid`` lie at the same point plus ``offset_mm`` (LPS) in ``to_uid``.

    ``offset_mm`` of zero states that the coordinates agree; ``None`` takes back what was said. ``expected_version``:
    the version of the stored alignment the actor saw, 0 where there was none.

    Raises:
        NotAllowed: the actor's role does not write reports.
        InvalidInput: not two frames of reference of the study, or no offset in millimetres.
        StaleVersion: somebody said otherwise meanwhile.
    """
    require(by, Act.REPORT_EDIT)
    known = set(study.series_set.values_list("frame_of_reference_uid", flat=True))
    if from_uid == to_uid or not {from_uid, to_uid} <= known:
        raise InvalidInput(_("These are not two frames of reference of this study"))
    if offset_mm is not None and not _is_offset(offset_mm):
        raise InvalidInput(_("The offset must be three lengths in millimetres"))
    offset = None if offset_mm is None else [round(float(mm), 2) for mm in offset_mm]
    try:
        with transaction.atomic():
            stored = _store(study, from_uid, to_uid, offset, by, expected_version)
            data = {"from": from_uid, "to": to_uid, "offset_mm": offset, "version": stored.version}
            record(AuditAct.FRAMES_ALIGNED, by=by, about=study, data=data)
    except IntegrityError as error:  # two said it for the first time at once
        raise _stale() from error
    return stored


def _store(
    study: Study, from_uid: str, to_uid: str, offset: list[float] | None, by: User, expected_version: int
) -> FrameAlignment:
    either_way = Q(from_uid=from_uid, to_uid=to_uid) | Q(from_uid=to_uid, to_uid=from_uid)
    stored = study.alignments.select_for_update().filter(either_way).first()
    if (stored.version if stored else 0) != expected_version:
        raise _stale()
    if stored is None:
        return FrameAlignment.objects.create(study=study, from_uid=from_uid, to_uid=to_uid, offset_mm=offset, set_by=by)
    turned = stored.from_uid == to_uid
    stored.offset_mm = [-mm for mm in offset] if turned and offset else offset
    stored.version += 1
    stored.set_by = by
    stored.save(update_fields=["offset_mm", "version", "set_by", "updated_at"])
    return stored


def _is_offset(offset_mm: Sequence[float]) -> bool:
    return len(offset_mm) == 3 and all(math.isfinite(mm) and abs(mm) <= MAX_OFFSET_MM for mm in offset_mm)


def _stale() -> StaleVersion:
    return StaleVersion(_("Somebody else aligned these series meanwhile. Load the page again."))
