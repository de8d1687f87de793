"""A second opinion from a named colleague, and a report returned to its author with what was changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reports import services
from reporting.reports.models import Report, ReportNote
from reporting.reports.version_diff import FieldChange, changed_since_handed_over
from reporting.studies.services import end_share
from tests.reports.factories import change, complete, make_draft, make_user, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere() -> User:
    user = make_user(Role.JUNIOR)
    User.objects.filter(pk=user.pk).update(section="trauma")
    user.refresh_from_db()
    return user


def ask(report: Report, colleague: User, by: User, text: str = "Is this a herniation?") -> ReportNote:
    return services.ask_colleague(report, colleague=colleague, text=text, by=by, expected_version=report.version)


def handed_over(report: Report, by: User) -> Report:
    complete(report, by)
    digest = services.preview(report).digest
    services.approve_preliminary(report, by=by, expected_version=report.version, content_digest=digest)
    return report


def test_a_colleague_who_is_asked_may_see_the_study_and_answer(junior: User, elsewhere: User) -> None:
    report = make_draft()
    assert not Report.objects.visible_to(elsewhere).filter(pk=report.pk).exists()
    note = ask(report, elsewhere, junior)
    assert Report.objects.visible_to(elsewhere).filter(pk=report.pk).exists()
    answer = services.answer_colleague(note, text="Yes.", by=elsewhere, expected_version=report.version + 0)
    assert (answer.answers, answer.to, answer.by) == (note, junior, elsewhere)
    report.refresh_from_db()
    assert report.author is None  # asking and answering is not writing it
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert {"consult.asked", "consult.answered", "study.shared"} <= acts


def test_who_asked_ends_the_share_and_the_colleague_sees_nothing_from_then_on(
    junior: User, senior: User, elsewhere: User
) -> None:
    report = make_draft()
    note = ask(report, elsewhere, junior)
    share = report.study.shares.get()
    for nobody in (elsewhere, make_user(Role.JUNIOR), make_user(Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            end_share(share, by=nobody)
    client = Client()
    client.force_login(elsewhere)
    address = f"/api/reports/{report.pk}/"
    assert client.get(address).status_code == 200
    end_share(share, by=junior)
    assert client.get(address).status_code == 404
    assert not Report.objects.visible_to(elsewhere).filter(pk=report.pk).exists()
    with pytest.raises(NotAllowed):
        services.answer_colleague(note, text="Yes.", by=elsewhere, expected_version=report.version)
    with pytest.raises(WrongState):
        end_share(share, by=senior)
    ask(report, elsewhere, junior)
    assert Report.objects.visible_to(elsewhere).filter(pk=report.pk).exists(), "asked again, shared again"
    end_share(report.study.shares.get(ended_at=None), by=senior)
    ended = AuditEvent.objects.filter(act="study.share_ended")
    assert [(event.actor_id, event.data) for event in ended] == [
        (junior.pk, {"of": str(elsewhere.pk)}),
        (senior.pk, {"of": str(elsewhere.pk)}),
    ]


def test_a_share_is_ended_from_the_page_of_the_study(junior: User, elsewhere: User) -> None:
    report = make_draft()
    ask(report, elsewhere, junior)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(junior)
    shown = client.get(f"/studies/{report.study_id}/").content.decode()
    assert elsewhere.full_name in shown
    assert "终止共享" in shown
    share = report.study.shares.get()
    client.post(f"/studies/{report.study_id}/shares/{share.pk}/end/")
    assert "终止共享" not in client.get(f"/studies/{report.study_id}/").content.decode()


def test_only_the_one_asked_answers_and_nobody_asks_themselves(junior: User, senior: User, elsewhere: User) -> None:
    report = make_draft()
    note = ask(report, elsewhere, junior)
    with pytest.raises(NotAllowed):
        services.answer_colleague(note, text="I think so.", by=senior, expected_version=report.version)
    for nobody in (junior, make_user(Role.AUDITOR), make_user(Role.SENIOR, is_active=False)):
        with pytest.raises(InvalidInput):
            ask(report, nobody, junior)
    with pytest.raises(InvalidInput):
        ask(report, senior, junior, text="  ")


def test_the_note_lets_see_but_not_change(junior: User, elsewhere: User) -> None:
    report = make_draft()
    change(report, "quality", "good", junior)
    ask(report, elsewhere, junior)
    with pytest.raises(NotAllowed):
        change(report, "quality", "limited", elsewhere)


def test_a_report_is_returned_to_its_author_with_a_comment_about_a_place(junior: User, senior: User) -> None:
    report = handed_over(make_draft(), junior)
    services.return_report(
        report, text="Look at the right side again.", place="lf@C5/6:right", by=senior, expected_version=report.version
    )
    assert (report.status, report.author) == ("draft", junior)
    note = report.notes.get()
    assert (note.kind, note.to, note.place) == ("return", junior, "lf@C5/6:right")
    change(report, "lf@C5/6:right", "not_thickened", junior)
    with pytest.raises(WrongState):
        services.return_report(report, text="again", by=senior, expected_version=report.version)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportNote.objects.update(text="")


def test_a_comment_stands_at_its_place_until_the_author_resolves_it(junior: User, senior: User) -> None:
    report = handed_over(make_draft(), junior)
    place = "lf@C5/6:right"
    note = services.return_report(
        report, text="Look at the right side again.", place=place, by=senior, expected_version=report.version
    )
    client = Client()
    client.force_login(junior)

    def field() -> str:
        page = client.get(f"/reports/{report.pk}/").content.decode()
        return str(page.split(f'data-place="{place}"')[1].split("data-finding")[0])

    assert "Look at the right side again." in field()
    with pytest.raises(NotAllowed):
        services.resolve_comment(note, by=make_user(Role.JUNIOR), expected_version=report.version)
    services.resolve_comment(
        note, by=junior, expected_version=report.version, text="Measured again: 4 mm, so it stays."
    )
    assert "Look at the right side again." not in field()
    page = client.get(f"/reports/{report.pk}/").content.decode()
    assert f'id="note-{note.pk}"' in page, "the comment itself is kept"
    assert "Measured again: 4 mm, so it stays." in page, "what the author said about it is beside it"
    with pytest.raises(WrongState):
        services.resolve_comment(note, by=junior, expected_version=report.version)
    event = AuditEvent.objects.get(act="report.comment_resolved")
    assert (event.actor_id, event.data) == (junior.pk, {"note": str(note.pk), "place": place, "characters": 34})


def test_from_a_comment_one_comes_to_what_was_changed_since(junior: User, senior: User) -> None:
    report = handed_over(make_draft(), junior)
    services.return_report(report, text="See the curve.", by=senior, expected_version=report.version)
    client = Client()
    client.force_login(junior)
    assert "#senior-changes" not in client.get(f"/reports/{report.pk}/").content.decode()
    change(report, "lordosis", "straightened", senior)
    page = client.get(f"/reports/{report.pk}/").content.decode()
    assert 'href="#senior-changes"' in page
    assert 'id="senior-changes"' in page


def test_what_the_senior_changed_is_shown_as_fields(junior: User, senior: User) -> None:
    report = handed_over(make_draft(), junior)
    assert changed_since_handed_over(report, services.preview(report)) == (junior.full_name, [])
    services.reopen_report(report, by=senior, expected_version=report.version)
    change(report, "disc_class@C3/4", "bulge", senior)
    services.mark_not_evaluable(
        report, change(report, "lordosis", "straightened", senior).place, by=senior, expected_version=report.version
    )
    sign(report, senior)
    _who, fields = changed_since_handed_over(report, services.preview(report))
    assert FieldChange("disc_class@C3/4", "normal", "bulge") in fields
    assert FieldChange("lordosis", "preserved", "not_evaluable") in fields
    assert len(fields) == 2


def test_a_senior_who_changed_and_approved_again_still_changed_what_the_author_wrote(
    junior: User, senior: User
) -> None:
    report = handed_over(make_draft(), junior)
    services.reopen_report(report, by=senior, expected_version=report.version)
    change(report, "lordosis", "straightened", senior)
    report = handed_over(report, senior)
    services.return_report(report, text="See the curve.", by=senior, expected_version=report.version)
    who, fields = changed_since_handed_over(report, services.preview(report))
    assert (who, fields) == (junior.full_name, [FieldChange("lordosis", "preserved", "straightened")])
