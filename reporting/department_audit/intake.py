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
from django.db.models import Min, Model

from reporting.department_audit.building import Built, build
from reporting.department_audit.copying import copy_models, copy_rows
from reporting.department_audit.keeping import Counted, move, stored_under
from reporting.department_audit.models import Fact, PendingReport, SignedRead, SummaryGroup
from reporting.department_audit.recount import cell_batches, repeat_batches, write_all
from reporting.department_audit.rows import load
from reporting.department_audit.summaries import CELLS, REPEATS, stored_cell, stored_repeats
from reporting.reports.models import Report

BATCH = 100
"""Reports of one transaction."""
_LOCK = 0x46414354  # any constant of our own
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
    if not SummaryGroup.objects.exists() and SignedRead.objects.exists():
        write_all()  # facts of a time when summaries were kept in another form
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
    before = _counted(patients)
    SignedRead.objects.filter(report__in=reports).delete()
    _store(built)
    move(before, _counted(patients))


def _counted(patients: Iterable[uuid.UUID]) -> Counted:
    return Counted(*load("r.patient = ANY(%s)", [list(patients)]))


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
    write_all()


@transaction.atomic
def rebuild() -> str:
    """Forget every fact and make all of them again from the signed versions; returns :func:`digest`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for model in (Fact, SignedRead, PendingReport):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  our own names
    signed = Report.objects.annotate(since=Min("versions__created_at")).filter(since__isnull=False)
    for reports in _in_batches(signed.order_by("since", "pk"), 500):  # as they came: what is recent lies together
        _store(build(reports))
    write_all()
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
    return found + summary_faults()


def _columns(row: Model) -> dict[str, Any]:
    return {
        f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not _is_serial(type(row), f.attname)
    }


@transaction.atomic
def summary_faults() -> list[str]:
    """Cells and repeats that differ from a full recount, a few thousand reads at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    found, counted = [], []
    for groups, cells in cell_batches():
        expected: dict[Any, Any] = {key: stored_cell(cell) for key, cell in cells.items()}
        found += _differences(CELLS, expected, stored_under(CELLS, "group_id", groups))
        counted += groups
    found += _differences(CELLS, {}, stored_under(CELLS, "group_id", counted, without=True))
    for buckets, repeats in repeat_batches():
        expected = {key: stored_repeats(one) for key, one in repeats.items()}
        found += _differences(REPEATS, expected, stored_under(REPEATS, "bucket", list(buckets)))
    return found


def _differences(table: str, expected: dict[Any, Any], stored: dict[Any, Any]) -> list[str]:
    def said(key: tuple[Any, ...]) -> str:
        return f"{table.rpartition('_')[2]} {'|'.join(map(str, key))}"

    differing = [key for key, row in stored.items() if expected.get(key) != row]
    return [f"{said(key)}: differs from the recount" for key in differing] + [
        f"{said(key)}: is missing" for key in expected if key not in stored
    ]


__all__ = ["count_again", "digest", "faults", "rebuild", "refresh", "store_facts_of", "summary_faults", "take_pending"]
