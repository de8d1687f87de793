"""What each part of a study opens: two studies with one of every part each, and every page of both."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from reporting.accounts.models import Role, User
from reporting.reader_studies import services
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import ReaderStudy, Reading
from reporting.reader_studies.words import ArmKind, PanelScheme, StudyRole
from tests.reader_studies.factories import owner_of, ready
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
PARTS = ("owner", "coordinator", "statistician", "reader", "other reader", "adjudicator", "second adjudicator")
RUNS = {"owner", "coordinator"}
SEES_PROTOCOL = {*RUNS, "statistician"}
JUDGES = {"adjudicator", "second adjudicator"}

PAGES: dict[str, set[str]] = {
    "{study}/words/": SEES_PROTOCOL,
    "{study}/power/": SEES_PROTOCOL,
    "{study}/check/": SEES_PROTOCOL,
    "{study}/people/": RUNS,
    "{study}/progress/": RUNS,
    "{study}/reference/": RUNS,
    "{study}/reference/example.csv": {"owner"},
    "{study}/reading/": {"reader", "other reader"},
    "{study}/panel/": JUDGES,
    "cases/{case}/": JUDGES,
    "readings/{reading}/": {"reader"},
}
"""Address below /reader-studies/ → who opens it."""


@dataclass(frozen=True)
class Cast:
    study: ReaderStudy
    people: dict[str, User]
    reading: Reading


def _cast() -> Cast:
    study = ready(arms=(ArmKind.UNAIDED,))
    by = owner_of(study)
    people = {"owner": by}
    for name, part, role in (
        ("coordinator", StudyRole.COORDINATOR, Role.RESEARCHER),
        ("statistician", StudyRole.STATISTICIAN, Role.RESEARCHER),
        ("adjudicator", StudyRole.ADJUDICATOR, Role.READER),
        ("second adjudicator", StudyRole.ADJUDICATOR, Role.READER),
    ):
        people[name] = make_user(role)
        services.add_member(study, people[name], part, by=by, expected_version=study.version)
    first, second = study.members.filter(role=StudyRole.ADJUDICATOR)
    seats = {"first": first, "second": second, "adjudicator": None}
    services.seat_panel(study, PanelScheme.JUNIOR_SENIOR, by=by, expected_version=study.version, **seats)
    services.lock_study(study, by=by, expected_version=study.version)
    readers = list(study.readers.all())
    people |= {"reader": readers[0].member.user, "other reader": readers[1].member.user}
    return Cast(study, people, services.open_reading(readers[0], by=people["reader"]))


def _status(user: User, address: str) -> int:
    client = Client()
    client.force_login(user)
    return client.get(f"/reader-studies/{address}").status_code


def test_each_part_opens_its_pages_of_its_own_study_and_nothing_of_another() -> None:
    one, other = _cast(), _cast()
    assert set(one.people) == set(PARTS)
    wrong = []
    for page, allowed in PAGES.items():
        for at in (one, other):
            case = at.study.cases.order_by("code")[0].pk
            address = page.format(study=at.study.pk, case=case, reading=at.reading.pk)
            for part, user in one.people.items():
                status = _status(user, address)
                # The senior's turn comes after the junior's: they are led to the list of what waits.
                expected = {200, 302} if part in allowed and at is one else {403, 404}
                if status not in expected or (at is other and status != 404):
                    wrong.append((page, part, "own" if at is one else "foreign", status))
    assert not wrong


def test_who_runs_a_study_sees_how_many_are_submitted_and_no_answer() -> None:
    cast = _cast()
    reading = cast.reading
    for finding, level in (("canal", "C4/5"), ("canal", "C5/6"), ("herniation", "C5/6")):
        answer = _answer(finding, level)
        reading = services.save_rating(reading, answer, by=cast.people["reader"], expected_version=reading.version)
    services.submit_reading(reading, by=cast.people["reader"], expected_version=reading.version)
    client = Client()
    client.force_login(cast.people["coordinator"])
    shown = client.get(f"/reader-studies/{cast.study.pk}/progress/").content.decode()
    assert "Session 1: 1/2" in shown
    for person in cast.people.values():  # their names bear numbers
        shown = shown.replace(person.full_name, "")
    for secret in ("moderate", "73", "herniation", "canal", reading.assignment.case.code):
        assert f">{secret}" not in shown
        assert f" {secret}<" not in shown
    assert "Re-open" not in shown  # that is the owner's


def _answer(finding: str, level: str) -> Answer:
    return Answer(finding, level, "", 2.0 if finding == "canal" else 73.0)
