"""What the pages of the critical list show: each finding in words, and what a proposal would change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.two_people import ProposalStatus, why_not_second
from reporting.reports.critical import CriticalRules, Trigger
from reporting.reports.critical.expressions import AllOf, AnyOf, Expression, FirstTime, Is, Together
from reporting.reports.models import CriticalList
from reporting.reports.template import CURRENT
from reporting.reports.template.spec import Template
from reporting.vocabulary import ACTIONABLE_CODES


@dataclass(frozen=True)
class ClockRow:
    category: int
    radlex: str
    time: str


@dataclass(frozen=True)
class TriggerRow:
    """One finding in the language of the page; ``other_name`` in the other one."""

    code: str
    category: int
    name: str
    other_name: str
    condition: str
    silent_where: str


@dataclass(frozen=True)
class Change:
    """One line of what a proposal would change; ``before`` or ``after`` is empty where there is none."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ListPage:
    row: CriticalList
    clocks: tuple[ClockRow, ...]
    triggers: tuple[TriggerRow, ...]
    changes: tuple[Change, ...]
    may_activate: bool
    may_decline: bool
    why_not: str


def list_page(row: CriticalList, active: CriticalList, user: User, *, chinese: bool) -> ListPage:
    """One version; ``changes`` against the one in force, for any other."""
    rules = row.rules
    is_proposed = row.status == ProposalStatus.PROPOSED
    may_activate = is_proposed and may(user, Act.CRITICAL_LIST_ACTIVATE)
    why_not = why_not_second(row, user) if may_activate else ""
    changes = () if row == active else tuple(_changes(active.rules, rules, chinese=chinese))
    return ListPage(
        row=row,
        clocks=tuple(
            ClockRow(category, ACTIONABLE_CODES[category].value, duration(minutes))
            for category, minutes in sorted(rules.minutes.items())
        ),
        triggers=tuple(_trigger(one, rules, chinese=chinese) for one in rules.triggers),
        changes=changes,
        may_activate=may_activate and not why_not,
        may_decline=is_proposed and may(user, Act.CRITICAL_LIST_DECLINE),
        why_not=why_not,
    )


def duration(minutes: int) -> str:
    """A time in the largest unit that says it exactly."""
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def in_words(expression: Expression, template: Template = CURRENT, *, chinese: bool) -> str:
    """An expression as a reader would say it, in the words of the form."""
    match expression:
        case Is():
            return _is_words(expression, template, chinese=chinese)
        case FirstTime():
            return _("%(what)s, not known from before") % {"what": in_words(expression.what, template, chinese=chinese)}
        case AnyOf():
            joined = f" {_('or')} "
        case AllOf():
            joined = f" {_('and')} "
        case Together():
            joined = f" {_('and at the same place')} "
    parts = []
    for part in expression.parts:
        words = in_words(part, template, chinese=chinese)
        parts.append(f"({words})" if isinstance(part, AnyOf | AllOf | Together) else words)
    return joined.join(parts)


def _is_words(expression: Is, template: Template, *, chinese: bool) -> str:
    spec = template.by_key.get(expression.field)
    if spec is None:
        return str(expression)
    labels = {choice.code: choice.zh if chinese else choice.en for choice in spec.choices}
    values = [labels.get(value, value) for value in expression.values]
    short = [
        value.replace("：", ":").partition(":")[0] if ":" in value.replace("：", ":") else value for value in values
    ]
    return f"{spec.zh}：{'、'.join(short)}" if chinese else f"{spec.en}: {' / '.join(short)}"


def _trigger(trigger: Trigger, rules: CriticalRules, *, chinese: bool) -> TriggerRow:
    names = {one.code: one.zh if chinese else one.en for one in rules.triggers}
    return TriggerRow(
        code=trigger.code,
        category=trigger.category,
        name=names[trigger.code],
        other_name=trigger.en if chinese else trigger.zh,
        condition=in_words(trigger.when, chinese=chinese),
        silent_where=("、" if chinese else ", ").join(names.get(code, code) for code in trigger.superseded_by),
    )


def _changes(before: CriticalRules, after: CriticalRules, *, chinese: bool) -> Iterator[Change]:
    for category in sorted(after.minutes):
        if before.minutes.get(category) != after.minutes[category]:
            what = _("Time of category %(n)d") % {"n": category}
            yield Change(what, duration(before.minutes[category]), duration(after.minutes[category]))
    old = {one.code: one for one in before.triggers}
    new = {one.code: one for one in after.triggers}
    for code in dict.fromkeys([*old, *new]):
        was, now = old.get(code), new.get(code)
        if was != now:
            what = (now or was).zh if chinese else (now or was).en  # type: ignore[union-attr]
            told = [_told(one, chinese=chinese) if one is not None else "" for one in (was, now)]
            yield Change(what, told[0], told[1])


def _told(trigger: Trigger, *, chinese: bool) -> str:
    """All that a version says of a finding, so that no change of it can hide."""
    silent = f" · {_('silent where')} {', '.join(trigger.superseded_by)}" if trigger.superseded_by else ""
    words = in_words(trigger.when, chinese=chinese)
    category = _("category %(n)d") % {"n": trigger.category}
    return f"{category} · {trigger.en} · {trigger.zh} · {words}{silent}"
