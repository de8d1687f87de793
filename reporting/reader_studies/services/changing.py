"""What every change of a reader study begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.core.errors import InvalidInput, StaleVersion, WrongState
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.words import StudyStatus


def begin_change(
    study: ReaderStudy,
    act: StudyAct,
    *,
    by: User,
    expected_version: int,
    status: StudyStatus = StudyStatus.DESIGN,
    setting: Mapping[str, Any] | None = None,
) -> None:
    """Check person and state, then take the next version, ``setting`` fields, if nobody changed the study meanwhile.

    Call inside a transaction. Raises :class:`NotAllowed`, :class:`WrongState` or :class:`StaleVersion`.
    """
    require_in_study(study, by, act)
    taken = ReaderStudy.objects.filter(pk=study.pk, status=status, version=expected_version)
    changed = taken.update(version=F("version") + 1, **(setting or {}))
    study.refresh_from_db()
    if changed:
        return
    if study.status != status:
        raise WrongState(_("The reader study is no longer in a state in which this is possible"))
    raise StaleVersion(_("Somebody else changed the reader study meanwhile; look at it again"))


def said_reason(reason: str) -> str:
    """The reason, without its margins. Raises :class:`InvalidInput` where none is given."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Please say why"))
    return reason
