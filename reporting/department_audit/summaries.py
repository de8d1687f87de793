"""Summary cells and repeats in the database: asked instead of the facts, whatever a page asks.

However many reports there are, there are only so many groups of reads alike; what grows on is the patients who come
again, a few bytes each. What was asked is added up here: all places, groups and months that the filter takes in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from reporting.department_audit.binary import columns, pieces
from reporting.department_audit.cells import WHOLE, WIDTH, Cell, sheet_of
from reporting.department_audit.filters import PLACE_DIMENSIONS, Dimension, Filter
from reporting.department_audit.groups import all_groups, all_places, places_asked_for
from reporting.department_audit.kinds import PROCESS, Kind
from reporting.department_audit.models import SummaryCell, SummaryRepeat
from reporting.department_audit.repeats import Repeats, correction
from reporting.department_audit.words import Truth
from reporting.statistics.arrays import Bools, Ints

CELLS, REPEATS = SummaryCell._meta.db_table, SummaryRepeat._meta.db_table
_WHERE, _GROUP, _PATIENT = np.dtype("<u4"), np.dtype("<u4"), np.dtype("<u8")
_WIDTHS = tuple(np.dtype(name) for name in ("<i1", "<i2", "<i4", "<i8"))
CELL_COLUMNS = ("kind", "truth", "sheet", "group_id", "places", "sums")
REPEAT_COLUMNS = ("kind", "truth", "place_id", "bucket", "patients", "groups", "counts")
Stored = tuple[bytes, ...]


def stored_cell(cell: Cell) -> Stored:
    where, values = cell
    return where.astype(_WHERE).tobytes(), _narrow(values)


def cell_of(stored: Sequence[bytes]) -> Cell:
    where = np.frombuffer(stored[0], dtype=_WHERE).astype(np.int64)
    return where, _wide(stored[1], len(where))


def stored_repeats(repeats: Repeats) -> Stored:
    patient, group, counts = repeats
    return patient.astype(_PATIENT).tobytes(), group.astype(_GROUP).tobytes(), _narrow(counts.ravel())


def repeats_from(kind: Kind, stored: Sequence[bytes]) -> Repeats:
    patient = np.frombuffer(stored[0], dtype=_PATIENT).astype(np.uint64)
    group = np.frombuffer(stored[1], dtype=_GROUP).astype(np.int64)
    n = len(kind.counts)
    return patient, group, _wide(stored[2], len(patient) * n).reshape(len(patient), n)


def _narrow(values: Ints) -> bytes:
    """In as few bytes each as the largest needs."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    fits = (kind for kind in _WIDTHS if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return values.astype(next(fits)).tobytes()


def _wide(stored: bytes, n: int) -> Ints:
    kind = next((kind for kind in _WIDTHS if kind.itemsize * n == len(stored)), _WIDTHS[-1])
    return np.frombuffer(stored, dtype=kind).astype(np.int64)


Answer = TypeVar("Answer")
_answered: ContextVar[dict[Hashable, Any] | None] = ContextVar("answered", default=None)


@contextmanager
def asking_once() -> Iterator[None]:
    """Within it a question is asked once, however many charts of a page ask it."""
    token = _answered.set({})
    try:
        yield
    finally:
        _answered.reset(token)


def once(question: Hashable, answer: Callable[[], Answer]) -> Answer:
    """What ``answer`` gives, worked out once within ``asking_once``, and each time outside of it."""
    answered = _answered.get()
    if answered is None:
        return answer()
    if question not in answered:
        answered[question] = answer()
    return cast("Answer", answered[question])


def summed(kind: Kind, chosen: Filter, by: Dimension | None, truth: str) -> dict[str, Ints]:
    """Value of ``by`` ("" without a breakdown) → vector, with patients as clusters. Empty groups are left out."""
    question = kind.name, replace(chosen, outcome="", truth=Truth.FINAL.value), by, truth
    return once(question, lambda: _summed(kind, chosen, by, truth))


def _summed(kind: Kind, chosen: Filter, by: Dimension | None, truth: str) -> dict[str, Ints]:
    places = places_asked_for(chosen, by)
    groups = all_groups()
    kept = groups.asked_for(chosen)
    if not places or not kept.any():
        return {}
    names: list[str]
    if by is None or by in PLACE_DIMENSIONS:
        names = sorted(set(places.values()))
        of_group = np.zeros(len(kept), dtype=np.int64)
    else:
        of_group, names = groups.values(by)
    of_place = np.full(max(all_places()) + 1, -1, dtype=np.int64)
    for number, place_value in places.items():
        of_place[number] = names.index(place_value) if place_value in names else 0
    which = None if (kept == (groups.month >= 0)).all() else np.flatnonzero(kept)
    totals = _cells_summed(kind, truth, places, which, of_place, of_group, len(names))
    for value, repeats in _repeats_asked_for(kind, truth, places, kept, of_place, of_group):
        totals[value] += correction(kind, repeats)
    return {name: totals[n] for name, n in sorted((name, n) for n, name in enumerate(names)) if totals[n].any()}


def counted_groups() -> Ints:
    """Groups that have reads now: every read is counted once as a whole."""
    statement = f"SELECT group_id::int FROM {CELLS} WHERE kind = %s AND truth = %s AND sheet = %s"
    return columns(statement, [PROCESS.name, Truth.FINAL.value, WHOLE], {"group": "int4"})["group"]


def _cells_summed(
    kind: Kind, truth: str, places: Iterable[int], which: Ints | None, of_place: Ints, of_group: Ints, values: int
) -> Ints:
    """``which``: the groups that are asked for; ``None``: all of them."""
    totals = np.zeros(values * kind.length)
    numbered = all_places()
    sheets = sorted({sheet_of(kind, numbered[place]) for place in places})
    condition = "" if which is None else " AND group_id = ANY(%s)"
    parameters = [] if which is None else [which.tolist()]
    statement = (
        "SELECT string_agg(int4send(group_id::int), ''), string_agg(int4send(octet_length(places) / 4), ''),"
        f" string_agg(places, ''), string_agg(sums, '') FROM {CELLS}"
        f" WHERE kind = %s AND truth = %s AND sheet = ANY(%s){condition}"
        " GROUP BY 4 * octet_length(sums) / octet_length(places)"
    )
    for group, size, where_bytes, sums in pieces(statement, [kind.name, truth, sheets, *parameters]):
        sizes = np.frombuffer(size, dtype=">i4")
        where = np.frombuffer(where_bytes, dtype=_WHERE)
        known = of_place[where // WIDTH]
        value = np.repeat(of_group[np.frombuffer(group, dtype=">i4")], sizes) + known
        at, weights = value * kind.length + where % WIDTH, _wide(sums, len(where))
        if (known < 0).any():  # other places of the same sheet
            at, weights = at[known >= 0], weights[known >= 0]
        totals += np.bincount(at, weights=weights, minlength=len(totals))
    # Real numbers hold whole ones exactly up to 2⁵³: the largest sum here is that of millionths or of tenths⁴.
    return np.rint(totals).astype(np.int64).reshape(values, kind.length)


def _repeats_asked_for(
    kind: Kind, truth: str, places: Iterable[int], kept: Bools, of_place: Ints, of_group: Ints
) -> Iterable[tuple[int, Repeats]]:
    """(value, reads of the group and patient by patient): of each place, width and value of the breakdown."""
    statement = (
        f"SELECT int4send(place_id::int), string_agg(patients, ''), string_agg(groups, ''), string_agg(counts, '')"
        f" FROM {REPEATS} WHERE kind = %s AND truth = %s AND place_id = ANY(%s)"
        " GROUP BY place_id, octet_length(counts) / octet_length(groups)"
    )
    for place, *stored in pieces(statement, [kind.name, truth, list(places)]):
        patient, group, counts = repeats_from(kind, stored)
        asked = kept[group]
        if not asked.all():
            patient, group, counts = patient[asked], group[asked], counts[asked]
        first = int(of_place[int.from_bytes(place, "big")])
        value = of_group[group]
        if len(value) and value.min() == value.max():
            yield first + int(value[0]), (patient, group, counts)
            continue
        order = np.argsort(value, kind="stable")
        patient, group, counts, value = patient[order], group[order], counts[order], value[order]
        for one in np.unique(value).tolist():
            low, high = np.searchsorted(value, [one, one + 1])
            yield first + one, (patient[low:high], group[low:high], counts[low:high])
