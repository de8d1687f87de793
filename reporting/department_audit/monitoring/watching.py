"""The clock's part: count the days, hold them against their baseline, raise what left it. Twice does what once does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.department_audit.models import Alarm, AlarmEvent, Baseline, DailyFigure, PendingReport
from reporting.department_audit.monitoring.collecting import collect
from reporting.department_audit.monitoring.judging import Day, Judgement, Verdict, judge
from reporting.department_audit.monitoring.measures import MEASURES
from reporting.department_audit.monitoring_models import AlarmAct, AlarmRule, AlarmStatus
from reporting.predictions.models import InferenceJob, JobStatus, WorkerHeartbeat

FIRST_LOOK = 180
"""Days counted when nothing was yet."""
LOOKS_AGAIN = 14
"""Days counted again each time: reports are withdrawn and signed late."""
LONGEST_WAIT = timedelta(minutes=30)
LONGEST_LAG = timedelta(minutes=15)


@dataclass(frozen=True)
class SeriesKey:
    """One line of figures over days."""

    measure: str
    group: str
    algorithm: str

    def as_filter(self) -> dict[str, str]:
        return {"measure": self.measure, "group": self.group, "algorithm": self.algorithm}


def watch(*, today: date | None = None) -> list[Alarm]:
    """Everything up to yesterday, and the state of this moment; returns the alarms that are new."""
    last = (today or timezone.localdate()) - timedelta(days=1)
    known = DailyFigure.objects.exists()
    collect(last - timedelta(days=(LOOKS_AGAIN if known else FIRST_LOOK) - 1), last)
    raised = []
    for key in watched():
        judgement = judgement_of(key, up_to=last)
        for verdict in judgement.verdicts if judgement is not None else ():
            raised.append(_raise(key, verdict))
    raised += [_raise(SeriesKey(measure, "", ""), verdict) for measure, verdict in _states(last + timedelta(days=1))]
    return [alarm for alarm in raised if alarm is not None]


def watched() -> list[SeriesKey]:
    rows = DailyFigure.objects.order_by("measure", "group", "algorithm").values_list("measure", "group", "algorithm")
    return [SeriesKey(*row) for row in rows.distinct() if row[0] in MEASURES]


def baseline_of(key: SeriesKey) -> Baseline | None:
    return Baseline.objects.filter(**key.as_filter()).select_related("frozen_by").first()


def days_of(key: SeriesKey, first: date | None = None, last: date | None = None) -> list[Day]:
    rows = DailyFigure.objects.filter(**key.as_filter()).order_by("day")
    rows = rows.filter(day__gte=first) if first else rows
    rows = rows.filter(day__lte=last) if last else rows
    return [Day(*row) for row in rows.values_list("day", "n", "total")]


def judgement_of(key: SeriesKey, *, up_to: date | None = None) -> Judgement | None:
    """``None`` without a baseline."""
    baseline = baseline_of(key)
    if baseline is None:
        return None
    frozen = [Day(date.fromisoformat(day), int(n), float(total)) for day, n, total in baseline.days]
    after = baseline.last_day + timedelta(days=1)
    return judge(MEASURES[key.measure], frozen, days_of(key, after, up_to), _closed(key))


def _closed(key: SeriesKey) -> Mapping[AlarmRule, date]:
    """Rule → last day of its closed alarm: what somebody has dealt with is not raised again by the same days."""
    found: dict[AlarmRule, date] = {}
    for rule, day in Alarm.objects.filter(**key.as_filter(), status=AlarmStatus.CLOSED).values_list("rule", "last_day"):
        found[AlarmRule(rule)] = max(day, found.get(AlarmRule(rule), day))
    return found


@transaction.atomic
def _raise(key: SeriesKey, verdict: Verdict) -> Alarm | None:
    """A new alarm, or the standing one brought up to date; ``None`` unless it is new."""
    standing = Alarm.objects.filter(**key.as_filter(), rule=verdict.rule).exclude(status=AlarmStatus.CLOSED)
    row = standing.select_for_update(of=("self",)).first()
    if row is not None:
        if verdict.last_day > row.last_day:
            standing.filter(pk=row.pk).update(last_day=verdict.last_day, figures=verdict.figures, updated_at=Now())
            AlarmEvent.objects.create(alarm=row, act=AlarmAct.AGAIN)
        return None
    dealt_with = _closed(key).get(verdict.rule)
    if dealt_with is not None and verdict.last_day <= dealt_with:
        return None
    days = {"first_day": verdict.first_day, "last_day": verdict.last_day}
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(
                **key.as_filter(), **days, rule=verdict.rule, owner=_owner(key), figures=verdict.figures
            )
    except IntegrityError:  # raised by another worker in this moment
        return None
    AlarmEvent.objects.create(alarm=alarm, act=AlarmAct.RAISED)
    data: dict[str, Any] = {**key.as_filter(), "rule": verdict.rule.value, "day": verdict.last_day.isoformat()}
    record(AuditAct.ALARM_RAISED, by=None, about=alarm, data=data)
    return alarm


def _owner(key: SeriesKey) -> User | None:
    """Who said what is usual is asked first; where nobody did, it waits for whoever takes it."""
    baseline = baseline_of(key)
    return baseline.frozen_by if baseline is not None and baseline.frozen_by.is_active else None


def _states(today: date) -> list[tuple[str, Verdict]]:
    found = []
    queued = InferenceJob.objects.filter(status=JobStatus.QUEUED, created_at__lt=timezone.now() - LONGEST_WAIT)
    waiting = queued.count()
    if waiting and not WorkerHeartbeat.objects.consuming("inference").alive().exists():
        found.append(("worker", Verdict(AlarmRule.STATE, today, today, {"waiting": waiting})))
    oldest = PendingReport.objects.aggregate(oldest=Min("since"))["oldest"]
    if oldest is not None and timezone.now() - oldest > LONGEST_LAG:
        minutes = round((timezone.now() - oldest).total_seconds() / 60)
        found.append(("facts_lag", Verdict(AlarmRule.STATE, today, today, {"minutes": minutes})))
    return found


def all_days() -> dict[SeriesKey, list[Day]]:
    """Every line of figures with its days, for the overview and for freezing baselines."""
    found: dict[SeriesKey, list[Day]] = defaultdict(list)
    for measure, group, algorithm, day, n, total in DailyFigure.objects.values_list(
        "measure", "group", "algorithm", "day", "n", "total"
    ):
        if measure in MEASURES:
            found[SeriesKey(measure, group, algorithm)].append(Day(day, n, total))
    return dict(found)
