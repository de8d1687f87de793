"""Who may do what to which report, and the one conditional UPDATE that every change begins with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import NotAllowed, StaleVersion, WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.models import Report
from reporting.reports.services.reading import changes_since
from reporting.reports.states import ReportStatus


def require_act(report: Report, by: User, act: Act) -> None:
    """Role and object together. Raises :class:`NotAllowed`."""
    require(by, act)
    if not Report.objects.visible_to(by).filter(pk=report.pk).exists():
        raise NotAllowed(_("You may not see this report"))


def require_edit(report: Report, by: User, act: Act = Act.REPORT_EDIT) -> None:
    """Juniors change their own drafts and those of nobody yet; seniors take over. Raises :class:`NotAllowed`."""
    require_act(report, by, act)
    if Role(by.role) is Role.JUNIOR and report.author_id not in (None, by.pk):
        raise NotAllowed(_("Another radiologist is writing this report"))


@contextmanager
def changing(
    report: Report,
    *,
    by: User,
    expected_version: int,
    allowed: tuple[ReportStatus, ...],
    becomes_author: bool = True,
    **updates: Any,
) -> Iterator[None]:
    """One transaction that begins by taking the next version number, if the report is at the one the caller saw.

    The first person to change a draft becomes its author, unless the act says nothing of its own in it. The new values
    are set on ``report``, and taken back when anything inside refuses. Raises :class:`WrongState`, or
    :class:`StaleVersion` with what has changed since.
    """
    before = dict(report.__dict__)
    try:
        with transaction.atomic():
            current = Report.objects.select_for_update().get(pk=report.pk)
            if current.version != expected_version:
                message = _("The report has changed since you opened it. Nothing was lost: compare and decide.")
                blind = reads_blind(current, by)
                raise StaleVersion(message, details=changes_since(current, expected_version, blind=blind))
            if ReportStatus(current.status) not in allowed:
                status = {"status": current.get_status_display()}
                raise WrongState(_("This is not possible while the report is %(status)s") % status)
            if becomes_author and current.author_id is None and current.is_draft:
                updates["author"] = by
            Report.objects.filter(pk=report.pk).update(version=F("version") + 1, updated_at=timezone.now(), **updates)
            report.refresh_from_db()
            yield
    except BaseException:
        report.__dict__.clear()
        report.__dict__.update(before)
        raise
