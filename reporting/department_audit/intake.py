"""Keeps facts and summaries in step with what was signed. Every function may run twice, at once, and be killed.

One transaction takes waiting reports, replaces their facts, moves the summaries by the difference and forgets the
request: all of it is kept, or none. One writer at a time; another one finds the lock taken and leaves.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from reporting.department_audit.building import Built, build
from reporting.department_audit.cells import Cells
from reporting.department_audit.copying import copy_models, copy_rows
from reporting.department_audit.models import Fact, PendingReport, SignedRead, SummaryCell
from reporting.department_audit.rows import Facts, Reads, load
from reporting.department_audit.summaries import apply, bytes_of, replace_all
from reporting.reports.models import Report

BATCH = 100
"""Reports of one transaction."""
_LOCK = 0x46414354  # any constant of our own
_COUNTED_AT_ONCE = 20_000
_FACT_COLUMNS = [field.attname for field in Fact._meta.concrete_fields if field.attname != "id"]


def take_pending(*, most_batches: int = 50) -> int:
    """Make the facts of reports that wait for it; returns how many reports were taken."""
    taken = 0
    for _batch in range(most_batches):
        found = _take_batch()
        taken += found
        if not found:
            break
    return taken


@transaction.atomic
def _take_batch() -> int:
    if not _locked():
        return 0
    waiting = list(PendingReport.objects.order_by("id").values_list("id", "report")[:BATCH])
    reports = sorted({report for _id, report in waiting})
    if reports:
        refresh(reports)
        PendingReport.objects.filter(pk__in=[pk for pk, _report in waiting]).delete()
    return len(reports)


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool((cursor.fetchone() or (False,))[0])


def refresh(reports: Sequence[uuid.UUID]) -> None:
    """Replace the facts of these reports and move the summaries along. Call with the lock held."""
    built = build(reports)
    patients = {read.patient for read, _facts in built}
    patients |= set(SignedRead.objects.filter(report__in=reports).values_list("patient", flat=True))
    change = Cells()
    change.add(*_rows_of(patients), sign=-1)
    SignedRead.objects.filter(report__in=reports).delete()
    _store(built)
    change.add(*_rows_of(patients))
    apply(change)


def _rows_of(patients: Iterable[uuid.UUID]) -> tuple[Reads, Facts]:
    return load("r.patient = ANY(%s)", [list(patients)])


def _store(built: Iterable[Built]) -> None:
    reads: list[SignedRead] = []
    facts: list[dict[str, Any]] = []
    for read, of_read in built:
        reads.append(read)
        facts.extend(of_read)
    copy_models(reads)
    copy_rows(Fact, _FACT_COLUMNS, ([row.get(name) for name in _FACT_COLUMNS] for row in facts))


def store_facts_of(reports: Sequence[uuid.UUID]) -> None:
    """Facts of reports that have none yet; :func:`count_again` must follow."""
    _store(build(reports))


@transaction.atomic
def count_again() -> None:
    """Make the summaries anew from all facts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    replace_all(recounted())


@transaction.atomic
def rebuild() -> str:
    """Forget every fact and make all of them again from the signed versions; returns :func:`digest`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for model in (Fact, SignedRead, PendingReport):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  our own names
    for reports in _in_batches(Report.objects.filter(versions__isnull=False).order_by("pk").distinct(), 500):
        _store(build(reports))
    replace_all(recounted())
    return digest()


def _in_batches(reports: Any, size: int) -> Iterator[list[uuid.UUID]]:
    batch: list[uuid.UUID] = []
    for pk in reports.values_list("pk", flat=True).iterator(chunk_size=10_000):
        batch.append(pk)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def recounted() -> Cells:
    """Summary cells counted from all facts."""
    cells = Cells()
    for low, high in _patient_ranges():
        condition = "r.patient >= %s" + (" AND r.patient < %s" if high else "")
        cells.add(*load(condition, [low, high] if high else [low]))
    return cells


def _patient_ranges() -> Iterator[tuple[uuid.UUID, uuid.UUID | None]]:
    """Ranges of patient keys with about so many reads each: keys are digests, so they lie evenly."""
    reads = SignedRead.objects.count()
    parts = max(1, -(-reads // _COUNTED_AT_ONCE))
    bounds = [uuid.UUID(int=(part << 128) // parts) for part in range(parts)]
    yield from zip(bounds, [*bounds[1:], None], strict=True)


def digest() -> str:
    """SHA-256 over every fact in order of report, version and place; equal tables have equal digests."""
    sha = hashlib.sha256()
    for model, order in (
        (SignedRead, ("report_id", "number")),
        (Fact, ("read__report_id", "read__number", "field", "level", "side", "instance")),
    ):
        names = [field.attname for field in model._meta.concrete_fields if not _is_serial(model, field.attname)]
        for row in model._default_manager.order_by(*order).values_list(*names).iterator(chunk_size=5000):
            sha.update(json.dumps(row, default=str, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return sha.hexdigest()


def _is_serial(model: type[Model], name: str) -> bool:
    return model is Fact and name == "id"


def faults() -> list[str]:
    """What does not hold: facts that differ from the signed versions, cells that differ from a full recount."""
    found = []
    for reports in _in_batches(Report.objects.filter(versions__isnull=False).order_by("pk").distinct(), 500):
        expected = {
            read.pk: (_columns(read), [{name: row.get(name) for name in _FACT_COLUMNS} for row in facts])
            for read, facts in build(reports)
        }
        stored: dict[Any, tuple[dict[str, Any], list[dict[str, Any]]]]
        stored = {read.pk: (_columns(read), []) for read in SignedRead.objects.filter(report__in=reports)}
        for fact in Fact.objects.filter(read__report__in=reports).order_by("field", "level", "side", "instance"):
            stored[fact.read_id][1].append(_columns(fact))
        waiting = set(PendingReport.objects.filter(report__in=reports).values_list("report", flat=True))
        for pk in sorted(expected.keys() | stored.keys()):
            if expected.get(pk) != stored.get(pk):
                report = (expected.get(pk) or stored[pk])[0]["report_id"]
                found.append(f"version {pk}: " + ("waits to be counted" if report in waiting else "differs"))
    return found + _cell_faults()


def _columns(row: Model) -> dict[str, Any]:
    return {
        f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not _is_serial(type(row), f.attname)
    }


def _cell_faults() -> list[str]:
    expected = {(*names, *months): bytes_of(vector) for names, months, vector in recounted().rows()}
    names = [f.name for f in SummaryCell._meta.concrete_fields if f.name != "id"]
    found = []
    for *key, vector in SummaryCell.objects.values_list(*names).iterator(chunk_size=5000):
        if expected.pop(tuple(key), None) != bytes(vector):
            found.append(f"summary {'|'.join(map(str, key))}: differs from the recount")
    return found + [f"summary {'|'.join(map(str, key))}: is missing" for key in expected]


__all__ = ["count_again", "digest", "faults", "rebuild", "recounted", "refresh", "store_facts_of", "take_pending"]
