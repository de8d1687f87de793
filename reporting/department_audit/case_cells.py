"""What a number of a chart counts, as a condition on facts and reads: the word ``cell`` in the address of cases.

A word, or a word with what it must be told: ``fn``, ``tenth@3``, ``tp@0.37``, ``differ@2026-11-03``. Every word says
the same as the count of its name in ``measures``; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.department_audit.days import midnight
from reporting.department_audit.filters import Filter
from reporting.department_audit.kinds import DECILES, MOST_EDITS, TENTHS
from reporting.department_audit.models import Fact, SignedRead
from reporting.department_audit.rows import POSITIVES
from reporting.department_audit.time_steps import seconds_of_step
from reporting.department_audit.words import Comparison, Outcome

MATRIX = ("tp", "fp", "fn", "tn")
NEVER = "never"
"""In place of a threshold: above every probability."""
_ROUNDING = 5e-10  # probabilities are compared to nine digits
_Reads = QuerySet[SignedRead]


def _all(reads: _Reads) -> _Reads:
    return reads


@dataclass(frozen=True)
class Behind:
    """``facts``: the places that are listed. ``reads`` narrows the reports, which must have such a place too.

    ``is_whole``: of whole reports, which need no such place, and which the filter's places do not narrow.
    """

    facts: Q
    reads: Callable[[_Reads], _Reads] = _all
    is_whole: bool = False


_Build = Callable[[str, Filter], Behind]


def behind(cell: str, chosen: Filter) -> Behind:
    """Raises :class:`InvalidInput` for a word that does not exist."""
    word, _at, told = cell.partition("@")
    if not cell:
        return Behind(_CLASS)
    try:
        return _WORDS[word](told, chosen)
    except (KeyError, ValueError, OverflowError) as error:
        raise InvalidInput(_("%(name)s cannot be %(value)s") % {"name": "cell", "value": cell[:40]}) from error


_CLASS = Q(comparison=Comparison.CLASS.value)
_SPOKEN = _CLASS & Q(machine_counts=True, machine_positive__isnull=False)
_EDITED = (
    Q(outcome__in=[Outcome.CHANGED.value, Outcome.REJECTED.value, Outcome.ADDED.value])
    & ~Q(comparison=Comparison.SIZE.value)
    & ~Q(outcome=Outcome.ADDED.value, positive__isnull=False, positive=False)
)
_SAID = Q(machine_counts=True) & ~Q(comparison=Comparison.SIZE.value)


def _differs(one: str, other: str) -> Q:
    """Both are known and are not the same."""
    return Q(**{one: True, other: False}) | Q(**{one: False, other: True})


def _same(one: str, other: str) -> Q:
    return Q(**{f"{one}__isnull": False, one: F(other)})


_MOVED = _differs("blind_first_positive", "positive")


def _matrix(cell: str) -> _Build:
    """Against the truth, as shown or, with a threshold, as it would have been there."""

    def build(told: str, chosen: Filter) -> Behind:
        true = Q(**{POSITIVES[chosen.truth]: cell in ("tp", "fn")})
        called = cell in ("tp", "fp")
        said = _called_at(told, called) if told else Q(machine_positive=called)
        return Behind(_SPOKEN & said & true)

    return build


def _called_at(told: str, called: bool) -> Q:
    known = Q(machine_probability__isnull=False)
    if told == NEVER:
        return known & (Q(pk__in=[]) if called else Q())
    threshold = float(told) - _ROUNDING
    return known & (Q(machine_probability__gte=threshold) if called else Q(machine_probability__lt=threshold))


def _moved_call(told: str, chosen: Filter) -> Behind:
    """Places whose call another threshold would have turned."""
    up = Q(machine_positive=False) & _called_at(told, True)
    return Behind(_SPOKEN & (up | (Q(machine_positive=True) & _called_at(told, False))))


def _turned(up: bool, *, right: bool = False) -> _Build:
    """Calls that another threshold would have turned up or down; ``right``: those of them toward the truth."""

    def build(told: str, chosen: Filter) -> Behind:
        toward = Q(**{POSITIVES[chosen.truth]: up}) if right else Q()
        return Behind(_SPOKEN & Q(machine_positive=not up) & _called_at(told, up) & toward)

    return build


def _tenth(told: str, chosen: Filter) -> Behind:
    place = int(told)
    if not 0 <= place < DECILES:
        raise ValueError(told)
    low = Q(machine_probability__gte=place / DECILES - _ROUNDING) if place else Q(machine_probability__isnull=False)
    high = Q(machine_probability__lt=(place + 1) / DECILES - _ROUNDING) if place + 1 < DECILES else Q()
    return Behind(_SPOKEN & low & high & Q(**{f"{POSITIVES[chosen.truth]}__isnull": False}))


def _plain(condition: Q) -> _Build:
    def build(told: str, chosen: Filter) -> Behind:
        if told:
            raise ValueError(told)
        return Behind(_CLASS & condition)

    return build


def _judged(before: bool, after: bool) -> _Build:
    def build(told: str, chosen: Filter) -> Behind:
        true = POSITIVES[chosen.truth]
        held = [
            (_same if right else _differs)(name, true)
            for name, right in (("blind_first_positive", before), ("positive", after))
        ]
        return Behind(_CLASS & held[0] & held[1])

    return build


def _both_judged(told: str, chosen: Filter) -> Behind:
    known = ("blind_first_positive", "positive", POSITIVES[chosen.truth])
    return Behind(_CLASS & Q(**{f"{name}__isnull": False for name in known}))


def _agreement(first: str) -> dict[str, _Build]:
    pairs = {"both": (True, True), "first_only": (True, False), "second_only": (False, True), "neither": (False, False)}
    read = f"{first}_positive"
    return {
        first: _plain(Q(**{f"{read}__isnull": False, "positive__isnull": False})),
        **{f"{first}-{name}": _plain(Q(**{read: one, "positive": other})) for name, (one, other) in pairs.items()},
    }


def _pairs(told: str, chosen: Filter) -> Behind:
    """Both sizes are known; told "machine,person" in mm, those that are shown as these."""
    sizes = Q(comparison=Comparison.SIZE.value, number__isnull=False, machine_number__isnull=False)
    for name, text in zip(("machine_number", "number"), told.split(",") if told else (), strict=False):
        half = 0.5 / TENTHS
        sizes &= Q(**{f"{name}__gte": float(text) - half - 1e-9, f"{name}__lte": float(text) + half + 1e-9})
    return Behind(sizes)


def _of_read(condition: Q) -> Exists:
    return Exists(Fact.objects.filter(condition, read=OuterRef("pk")))


def _whole(condition: Q) -> _Build:
    """Reports, whatever their places."""
    return lambda told, chosen: Behind(_CLASS, lambda reads: reads.filter(condition), is_whole=True)


def _with_machine(told: str, chosen: Filter) -> Behind:
    return Behind(_SAID, lambda reads: reads.filter(_of_read(_SAID)), is_whole=True)


def _stood(told: str, chosen: Filter) -> Behind:
    return Behind(_SAID, lambda reads: reads.filter(_of_read(_SAID), ~_of_read(_SAID & _EDITED)), is_whole=True)


def _edits(told: str, chosen: Filter) -> Behind:
    n = int(told)
    if not 0 <= n <= MOST_EDITS:
        raise ValueError(told)
    of_read = Fact.objects.filter(_EDITED, read=OuterRef("pk")).order_by().values("read")
    counted = Coalesce(Subquery(of_read.annotate(n=Count("pk")).values("n")), 0)
    asked = Q(edits__gte=n) if n == MOST_EDITS else Q(edits=n)
    return Behind(_EDITED, lambda reads: reads.alias(edits=counted).filter(asked), is_whole=True)


def _time(told: str, chosen: Filter) -> Behind:
    low, high = seconds_of_step(int(told))
    asked = Q(shown_to_signed_s__gte=low) & (Q() if high is None else Q(shown_to_signed_s__lt=high))
    return Behind(_CLASS, lambda reads: reads.filter(asked), is_whole=True)


def _on_day(condition: Q) -> _Build:
    """Of reports signed on one day, in the department's time zone."""

    def build(told: str, chosen: Filter) -> Behind:
        day = date.fromisoformat(told)
        start, end = midnight(day), midnight(day + timedelta(days=1))
        return Behind(_CLASS & condition, lambda reads: reads.filter(signed_at__gte=start, signed_at__lt=end))

    return build


_COMPARED = _SPOKEN & Q(positive__isnull=False)
_SCORED = Q(machine_probability__isnull=False)
_WORDS: dict[str, _Build] = {
    **{cell: _matrix(cell) for cell in MATRIX},
    "n": lambda told, chosen: Behind(_SPOKEN & Q(**{f"{POSITIVES[chosen.truth]}__isnull": False})),
    "class_positive": lambda told, chosen: Behind(_SPOKEN & Q(**{POSITIVES[chosen.truth]: True})),
    "class_negative": lambda told, chosen: Behind(_SPOKEN & Q(**{POSITIVES[chosen.truth]: False})),
    "moved": _moved_call,
    "to_positive": _turned(True),
    "to_negative": _turned(False),
    "to_positive_right": _turned(True, right=True),
    "to_negative_right": _turned(False, right=True),
    "tenth": _tenth,
    "kept": _plain(_same("blind_first_positive", "positive")),
    "toward_machine": _plain(_MOVED & Q(machine_counts=True) & _same("machine_positive", "positive")),
    "away_from_machine": _plain(_MOVED & Q(machine_counts=True) & _same("machine_positive", "blind_first_positive")),
    "other": _plain(_MOVED & (Q(machine_counts=False) | Q(machine_positive__isnull=True))),
    "judged": _both_judged,
    "right_right": _judged(True, True),
    "right_wrong": _judged(True, False),
    "wrong_right": _judged(False, True),
    "wrong_wrong": _judged(False, False),
    **_agreement("prepared"),
    **_agreement("blind_first"),
    "pairs": _pairs,
    "report": _whole(Q()),
    "timed": _whole(Q(shown_to_signed_s__isnull=False)),
    "received": _whole(Q(received_to_signed_s__isnull=False)),
    "with_machine": _with_machine,
    "stood": _stood,
    "edits": _edits,
    "time": _time,
    "signed": _on_day(Q()),
    "compared": _on_day(_COMPARED),
    "differ": _on_day(_COMPARED & _differs("machine_positive", "positive")),
    "said": _on_day(_SCORED),
    "withheld": _on_day(_SCORED & Q(machine_counts=False)),
}
