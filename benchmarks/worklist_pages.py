"""Inside a database that may be filled with invented studies: make them, ask for pages, print JSON, stop the database.

DENS_STATE_DIR=… python -m benchmarks.worklist_pages STUDIES REPEATS
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django
from django.conf import settings

from config import embedded_postgres

# Rows are made without triggers, which only the superuser may do.
settings.DATABASES["default"] |= {"USER": "postgres", "OPTIONS": {}}
django.setup()

from django.db import connection, transaction  # noqa: E402  settings must be ready first

from benchmarks.many_studies import SEED  # noqa: E402
from reporting.accounts.models import Role, User  # noqa: E402
from reporting.worklist.filters import Assigned, Machine, Status, WorklistFilter  # noqa: E402
from reporting.worklist.models import WorklistEntry  # noqa: E402
from reporting.worklist.page import count_up_to, matching, worklist_page  # noqa: E402

ALL = Status.ALL
LISTS: dict[str, tuple[str, WorklistFilter, str]] = {
    "senior, to do": ("senior", WorklistFilter(), ""),
    "senior, all": ("senior", WorklistFilter(status=ALL), ""),
    "senior, assigned to me": ("senior", WorklistFilter(status=ALL, assigned=Assigned.ME), ""),
    "senior, models failed": ("senior", WorklistFilter(status=ALL, machine=Machine.FAILED), ""),
    "senior, one referring unit": ("senior", WorklistFilter(status=ALL, referrer="unit 7"), ""),
    "senior, searched for": ("senior", WorklistFilter(status=ALL, search="token"), "family77 given"),
    "junior, to do": ("junior", WorklistFilter(), ""),
    "junior, all": ("junior", WorklistFilter(status=ALL), ""),
    "junior, unit with studies": ("junior", WorklistFilter(status=ALL, referrer="unit 10"), ""),
    "junior, unit without any": ("junior", WorklistFilter(status=ALL, referrer="unit 7"), ""),
}


def main(studies: int, repeats: int) -> None:
    people = {
        role: User(username=role, full_name=role, role=Role(role), section="msk") for role in ("senior", "junior")
    }
    began = time.perf_counter()
    with transaction.atomic():
        for person in people.values():
            person.set_unusable_password()
            person.save()
        with connection.cursor() as cursor:
            cursor.execute(SEED, {"n": studies, "reader": people["senior"].pk})
    made_s = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE worklist_worklistentry")
    far, lists = _far(studies), {}
    for name, (role, chosen, words) in LISTS.items():
        parts = matching(people[role], chosen, words)
        lists[name] = {
            "first_ms": _median_ms(lambda: worklist_page(parts, chosen), repeats),  # noqa: B023  called at once
            "far_ms": _median_ms(lambda: worklist_page(parts, chosen, before=far), repeats),  # noqa: B023
            "count_ms": _median_ms(lambda: count_up_to(parts), repeats),  # noqa: B023
        }
    print(json.dumps({"studies": studies, "made_s": round(made_s, 1), "lists": lists}))


def _far(studies: int) -> str:
    """A cursor behind nine tenths of the list: studies were received a minute apart."""
    now = WorklistEntry.objects.latest("received_at").received_at
    at = now - timedelta(minutes=studies * 9 // 10)
    return f"{int(at.timestamp() * 1_000_000)}-{'0' * 32}"


def _median_ms(call: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return round(1000 * statistics.median(times[1:]), 2)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    finally:
        connection.close()
        embedded_postgres.stop(settings.STATE_DIR)
