"""Whoever reads "Failed" reads why, in their language; no code of the program reaches a page."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from inference.gate_reasons import GateReason
from inference.results import PipelineError
from reporting.accounts.models import Role
from reporting.predictions.failure_words import FAILURES, failure_text
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.reports.wording import reason_text
from reporting.studies.blobs import BlobDamaged
from reporting.studies.series_roles import RoleReason
from tests.factories import make_job, make_user
from tests.paths import REPOSITORY

ENDS_A_JOB = {"Refused", "TryAgain", "give_up", "InvalidResult", "CallableFailed"}


def strings_of_calls(folder: str, names: set[str], position: int = 0) -> Iterator[str]:
    """Literal argument ``position`` of every call of one of ``names`` in the sources of ``folder``."""
    for path in (REPOSITORY / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in names:
                continue
            argument = node.args[position] if len(node.args) > position else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def level_reasons() -> set[str]:
    """Codes that the level solver returns: ``return -1, "code"``, ``return "code"`` and ``Levels(…, ("code",))``."""
    tree = ast.parse((REPOSITORY / "inference" / "levels.py").read_text())
    returned = [node for outer in ast.walk(tree) if isinstance(outer, ast.Return) for node in ast.walk(outer)]
    return {node.value for node in returned if isinstance(node, ast.Constant) and isinstance(node.value, str)} - {""}


def test_every_reason_that_ends_a_job_has_a_sentence() -> None:
    reasons = {*strings_of_calls("reporting/predictions", ENDS_A_JOB), *strings_of_calls("inference", ENDS_A_JOB)}
    reasons |= set(strings_of_calls("reporting/predictions", {"_member", "_optional"}, 2))
    reasons |= {"nothing_readable", "worker_lost", BlobDamaged.code}
    assert len(reasons) > 15
    assert reasons == set(FAILURES)


def test_every_reason_of_the_gate_has_words_in_both_languages() -> None:
    reasons = {reason.value for reason in GateReason} | {reason.value for reason in RoleReason} | level_reasons()
    reasons |= set(strings_of_calls("inference", {PipelineError.__name__})) - {"nothing_readable"}
    assert len(reasons) > 60
    with translation.override("en"):
        english = {reason: reason_text(reason) for reason in reasons}
    with translation.override("zh-hans"):
        chinese = {reason: reason_text(reason) for reason in reasons}
    assert [reason for reason in reasons if "_" in english[reason] or english[reason] == chinese[reason]] == []


@pytest.mark.django_db
def test_a_failed_job_says_why_in_the_readers_language() -> None:
    job = make_job(
        status=JobStatus.FAILED, failure_reason="unknown_level", failure_message="predictions[3]: 'L4' is no DiscLevel"
    )
    client = Client()
    client.force_login(make_user(Role.SENIOR))
    chinese = {"Accept-Language": "zh-hans"}
    with translation.override("zh-hans"):  # a request leaves its language active
        said = failure_text(job)
        page = client.get(f"/studies/{job.study_id}/", headers=chinese).content.decode()
        client.post("/worklist/filter/", {"show": "all"})
        rows = client.get("/worklist/rows/", headers=chinese).content.decode()
        told = client.get(f"/api/inference-jobs/{job.pk}/", headers=chinese).json()
    assert said in page
    assert "predictions[3]" in page, "the administrator still finds the place"
    assert said in rows
    assert "DiscLevel" not in rows
    assert (told["failure_reason"], told["failure_message"]) == ("unknown_level", said)
    assert "DiscLevel" in told["failure_details"]


def test_an_unknown_reason_is_told_as_it_was_stored_and_success_says_nothing() -> None:
    assert failure_text(InferenceJob(failure_reason="new_code", failure_message="It rained.")) == "It rained."
    assert failure_text(InferenceJob(failure_reason="new_code")) == "new_code"
    assert failure_text(InferenceJob()) == ""
