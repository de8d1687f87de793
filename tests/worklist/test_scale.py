"""Every page of a long list is read off an index: nothing is walked from the start or skipped over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from reporting.accounts.models import Role, User
from reporting.worklist.filters import Assigned, Machine, Status, WorklistFilter
from reporting.worklist.models import WorklistEntry
from reporting.worklist.page import matching, worklist_page
from tests.factories import make_user

pytestmark = pytest.mark.django_db
STUDIES = 20_000
# Without the triggers, which would make each row alone; the entries are then made as the migration makes them.
SEED = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO studies_patient (id, created_at, updated_at, patient_id, issuer, name, sex)
        SELECT gen_random_uuid(), now(), now(), 'P' || n, '',
            'Family' || n %% 997 || '^Given=' || chr(19968 + n::int %% 20000), 'F'
        FROM generate_series(1, %(n)s) n;
    INSERT INTO studies_study (id, created_at, updated_at, patient_id, study_instance_uid, accession_number,
            description, referring_unit, section, assigned_to_id, assignment_version)
        SELECT gen_random_uuid(), now() - n * interval '1 minute', now(), p.id, '1.2.' || n, 'A' || n, 'MR neck',
            'unit ' || n %% 20, CASE WHEN n %% 10 = 0 THEN 'msk' ELSE 'neuroradiology' END,
            CASE WHEN n %% 200 = 0 THEN %(reader)s::uuid END, 1
        FROM (SELECT id, row_number() OVER () AS n FROM studies_patient) p;
    INSERT INTO worklist_worklistentry (study_id, received_at, section, referring_unit, assigned_to_id, report_status,
            machine_state, suspicion, is_open, search_text, changed_at)
        SELECT s.id, s.created_at, s.section, s.referring_unit, s.assigned_to_id,
            CASE WHEN random() < 0.01 THEN 'draft' ELSE 'final' END,
            CASE WHEN random() < 0.01 THEN 'failed' ELSE 'analysed' END,
            floor(random() * 4), false,
            dens_worklist_words(concat_ws(' ', p.name, p.patient_id, s.accession_number)), now()
        FROM studies_study s JOIN studies_patient p ON p.id = s.patient_id;
    UPDATE worklist_worklistentry SET is_open = true WHERE report_status = 'draft';
    SET LOCAL session_replication_role = DEFAULT;
    SELECT gin_clean_pending_list('entry_by_words');
    ANALYZE studies_patient; ANALYZE studies_study; ANALYZE worklist_worklistentry;
"""


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
    ],
    ids=lambda chosen: chosen.to_query(),
)
def test_no_page_walks_over_what_it_does_not_show(
    reader: User, chosen: WorklistFilter, django_assert_max_num_queries: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    for before in ("", deep_cursor()):
        with django_assert_max_num_queries(1) as asked:
            worklist_page(matching(reader, chosen), chosen, before=before)
        sql = asked.captured_queries[0]["sql"]
        assert " OFFSET " not in sql
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            [(plan,)] = cursor.fetchall()
        found = list(steps(plan[0]["Plan"]))
        scanned = [step for step in found if step["Node Type"] == "Seq Scan" and "worklist" in step["Relation Name"]]
        assert scanned == []
        walked = sum(
            (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
            for step in found
            if step.get("Relation Name") == "worklist_worklistentry"
        )
        assert walked <= 2_000


@pytest.mark.parametrize("words", ["family77 given", "丁", "A1999", "p12345"])
def test_a_search_reads_the_index_of_words(reader: User, words: str) -> None:
    entries = matching(reader, WorklistFilter(status=Status.ALL, search="token"), words)
    names = {step.get("Index Name") for step in plan_of(entries)}
    assert "entry_by_words" in names
