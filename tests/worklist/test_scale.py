"""Every page of a long list is read off an index: nothing is walked from the start or skipped over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from benchmarks.many_studies import SEED
from reporting.accounts.models import Role, User
from reporting.studies.models import Study
from reporting.worklist.filters import Assigned, Machine, Status, WorklistFilter
from reporting.worklist.models import WorklistEntry
from reporting.worklist.page import matching, worklist_page
from tests.factories import make_user

pytestmark = pytest.mark.django_db
STUDIES = 20_000


@pytest.fixture
def reader(db: None) -> User:
    reader = make_user(Role.SENIOR)
    with connection.cursor() as cursor:
        cursor.execute(SEED, {"n": STUDIES, "reader": reader.pk})
    return reader


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


def plan_of(query: Any) -> list[dict[str, Any]]:
    return list(steps(json.loads(query.explain(format="json", analyze=True))[0]["Plan"]))


def deep_cursor() -> str:
    """Behind 15 000 rows."""
    at = WorklistEntry.objects.order_by("-received_at", "-study_id")[15_000]
    return f"{int(at.received_at.timestamp() * 1_000_000)}-{at.study_id.hex}"


@pytest.mark.parametrize(
    "chosen",
    [
        WorklistFilter(),
        WorklistFilter(status=Status.ALL),
        WorklistFilter(status=Status.FINAL),
        WorklistFilter(status=Status.ALL, machine=Machine.FAILED),
        WorklistFilter(status=Status.ALL, assigned=Assigned.ME),
        WorklistFilter(status=Status.ALL, referrer="unit 7"),
        WorklistFilter(status=Status.ALL, section="msk", referrer="unit 7"),
    ],
    ids=lambda chosen: chosen.to_query(),
)
def test_no_page_walks_over_what_it_does_not_show(
    reader: User, chosen: WorklistFilter, django_assert_max_num_queries: Any
) -> None:
    for before in ("", deep_cursor()):
        with django_assert_max_num_queries(1) as asked:
            worklist_page(matching(reader, chosen), chosen, before=before)
        assert walked([query["sql"] for query in asked.captured_queries]) <= 2_000


@pytest.mark.parametrize(
    "chosen", [WorklistFilter(status=Status.ALL), WorklistFilter(status=Status.ALL, referrer="unit 7")]
)
def test_a_junior_of_a_small_section_walks_over_no_other_section(
    reader: User, chosen: WorklistFilter, django_assert_max_num_queries: Any
) -> None:
    """One referring unit has no study of the section at all: the page is empty, and known to be at once."""
    junior = make_user(Role.JUNIOR, section="msk")
    elsewhere = WorklistEntry.objects.filter(section="neuroradiology", referring_unit="unit 7")
    given = elsewhere.latest("received_at").study
    Study.objects.filter(pk=given.pk).update(assigned_to=junior)
    with django_assert_max_num_queries(2) as asked:
        page = worklist_page(matching(junior, chosen), chosen)
    assert given.pk in {entry.study_id for entry in page.entries}
    assert len(page.entries) == (1 if chosen.referrer else 50)
    assert walked([query["sql"] for query in asked.captured_queries]) <= 200


def walked(asked: list[str]) -> int:
    """Rows of the list that these queries look at; none of them may skip, or read the table from its start."""
    rows = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        for sql in asked:
            assert " OFFSET " not in sql
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            [(plan,)] = cursor.fetchall()
            for step in steps(plan[0]["Plan"]):
                if step.get("Relation Name") == "worklist_worklistentry":
                    assert step["Node Type"] != "Seq Scan"
                    rows += (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
    return rows


@pytest.mark.parametrize("words", ["family77 given", "丁", "A1999", "p12345"])
def test_a_search_reads_the_index_of_words(reader: User, words: str) -> None:
    [entries] = matching(reader, WorklistFilter(status=Status.ALL, search="token"), words)
    names = {step.get("Index Name") for step in plan_of(entries)}
    assert "entry_by_words" in names
