"""People's part: say what is usual, take an alarm, hand it on, close it with a reason."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.core.two_people import checked_reason
from reporting.department_audit.models import Alarm, AlarmEvent, Baseline
from reporting.department_audit.monitoring.judging import FEWEST_DAYS, why_no_baseline
from reporting.department_audit.monitoring.measures import MEASURES
from reporting.department_audit.monitoring.watching import SeriesKey, all_days
from reporting.department_audit.monitoring_models import ALARM_TRANSITIONS, AlarmAct, AlarmStatus


@transaction.atomic
def freeze_baselines(
    first: date, last: date, *, reason: str, only: SeriesKey | None = None, by: User
) -> list[Baseline]:
    """Let these days stand for "as usual": of one line of figures, or of every one that has enough of them.

    An earlier baseline stays and counts no more.

    Raises:
        NotAllowed: the actor's role may not say so.
        InvalidInput: no reason, days in the wrong order, or no line has enough days and rows.
    """
    require(by, Act.BASELINE_FREEZE)
    reason = checked_reason(reason)
    if first > last:
        raise InvalidInput(_("The first day lies after the last one"))
    frozen = []
    for key, days in all_days().items():
        chosen = [day for day in days if first <= day.day <= last]
        if (only is not None and key != only) or why_no_baseline(chosen, MEASURES[key.measure]):
            continue
        kept = [[day.day.isoformat(), day.n, day.total] for day in chosen]
        row = Baseline.objects.create(
            **key.as_filter(), first_day=first, last_day=last, days=kept, frozen_by=by, reason=reason
        )
        record(
            AuditAct.BASELINE_FROZEN, by=by, about=row, data={**key.as_filter(), "days": len(kept), "reason": reason}
        )
        frozen.append(row)
    if not frozen:
        raise InvalidInput(_("A baseline needs %(days)s days with enough cases") % {"days": FEWEST_DAYS})
    return frozen


@transaction.atomic
def acknowledge_alarm(alarm: Alarm, *, by: User) -> Alarm:
    """Take it: from now on ``by`` owns it. Raises :class:`NotAllowed`, and :class:`WrongState` if it is not open."""
    require(by, Act.ALARM_HANDLE)
    row = _locked(alarm)
    ALARM_TRANSITIONS.check(AlarmStatus(row.status), AlarmStatus.ACKNOWLEDGED)
    Alarm.objects.filter(pk=row.pk).update(status=AlarmStatus.ACKNOWLEDGED, owner=by, updated_at=Now())
    _note(row, AlarmAct.ACKNOWLEDGED, AuditAct.ALARM_ACKNOWLEDGED, by=by)
    return _fresh(alarm)


@transaction.atomic
def assign_alarm(alarm: Alarm, *, to: User, by: User) -> Alarm:
    """Hand it to somebody who may handle it. Raises :class:`NotAllowed`, :class:`InvalidInput`, :class:`WrongState`."""
    require(by, Act.ALARM_HANDLE)
    row = _locked(alarm)
    if row.status == AlarmStatus.CLOSED:
        ALARM_TRANSITIONS.check(AlarmStatus.CLOSED, AlarmStatus.ACKNOWLEDGED)  # refuses
    if not may(to, Act.ALARM_HANDLE):
        raise InvalidInput(_("This person does not handle alarms"))
    Alarm.objects.filter(pk=row.pk).update(owner=to, updated_at=Now())
    _note(row, AlarmAct.ASSIGNED, AuditAct.ALARM_ASSIGNED, by=by, to=to)
    return _fresh(alarm)


@transaction.atomic
def close_alarm(alarm: Alarm, *, reason: str, by: User) -> Alarm:
    """The end of it; the same days raise it no more. Raises :class:`NotAllowed`, :class:`InvalidInput` without a
    reason, :class:`WrongState` if it is closed."""
    require(by, Act.ALARM_HANDLE)
    reason = checked_reason(reason)
    row = _locked(alarm)
    ALARM_TRANSITIONS.check(AlarmStatus(row.status), AlarmStatus.CLOSED)
    Alarm.objects.filter(pk=row.pk).update(status=AlarmStatus.CLOSED, updated_at=Now())
    _note(row, AlarmAct.CLOSED, AuditAct.ALARM_CLOSED, by=by, reason=reason)
    return _fresh(alarm)


def _locked(alarm: Alarm) -> Alarm:
    return Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)


def _note(row: Alarm, act: AlarmAct, audited: AuditAct, *, by: User, to: User | None = None, reason: str = "") -> None:
    AlarmEvent.objects.create(alarm=row, act=act, by=by, to=to, reason=reason)
    data = {"to": str(to.pk)} if to else {"reason": reason} if reason else {}
    record(audited, by=by, about=row, data=data)


def _fresh(alarm: Alarm) -> Alarm:
    alarm.refresh_from_db()
    return alarm
