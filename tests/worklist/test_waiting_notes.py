"""The list says where a colleague's words wait for its reader: a question, an answer, a report that came back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.reports import services
from reporting.reports.models import Report
from reporting.reports.states import ReportStatus
from tests.factories import make_user
from tests.reports.factories import change, make_draft
from tests.worklist.conftest import logged_in

pytestmark = pytest.mark.django_db


def seen(client: Client, words: str, who: User) -> bool:
    """Whether the row says ``words``, and of whom; then the view of what waits holds the study, else not."""
    page = client.get(reverse("worklist:list"), {"status": "all", "asked": "1"}).content.decode()
    is_said = words in page
    assert is_said is ("data-open" in page)
    assert is_said is (f'<span class="sub">{who.full_name}</span>' in page)
    return is_said


def tag(client: Client) -> str:
    return client.get(reverse("worklist:rows"), {"status": "all"}).headers["ETag"]


def test_a_question_waits_for_who_was_asked_then_its_answer_for_who_asked(senior: User) -> None:
    report, colleague = make_draft(), make_user(Role.SENIOR)
    theirs, mine = logged_in(colleague), logged_in(senior)
    asks, answered = ("question for you", senior), ("your question answered", colleague)
    before = tag(theirs)
    note = services.ask_colleague(report, colleague=colleague, text="2?", by=senior, expected_version=report.version)
    assert seen(theirs, *asks)
    assert not seen(mine, *asks)
    assert tag(theirs) != before, "a list that is open asks again"
    report.refresh_from_db()
    services.answer_colleague(note, text="2.", by=colleague, expected_version=report.version)
    assert not seen(theirs, *asks)
    assert seen(mine, *answered)
    report.refresh_from_db()
    change(report, "height@C4", "loss_mild", senior)
    assert not seen(mine, *answered)


def test_a_report_that_was_returned_waits_for_its_author_until_the_comment_is_resolved(
    senior: User, junior: User
) -> None:
    report, author = make_draft(), logged_in(junior)
    Report.objects.filter(pk=report.pk).update(status=ReportStatus.PRELIMINARY, author=junior)
    report.refresh_from_db()
    note = services.return_report(report, text="Look at C5/6.", by=senior, expected_version=report.version)
    words = ("returned to you", senior)
    assert seen(author, *words)
    report.refresh_from_db()
    services.resolve_comment(note, by=junior, expected_version=report.version)
    assert not seen(author, *words)
