"""When the reading is over: limits, how far each is, who sees it, and what an amendment changes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.core.errors import InvalidInput
from reporting.reader_studies import services
from reporting.reader_studies.models import ReaderStudy, Reading
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.stopping import Limits, Rule, limits_of, rules
from reporting.reader_studies.words import StudyRole
from tests.reader_studies.factories import locked, owner_of, read_next, ready
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 27)


def _limited(**limits: Any) -> ReaderStudy:
    """Locked with two readers and two cases."""
    study = ready()
    words = {"stopping_limits": Limits(**limits).stored()}
    services.describe_study(study, words, by=owner_of(study), expected_version=study.version)
    services.lock_study(study, by=owner_of(study), expected_version=study.version)
    return study


def _by_key(study: ReaderStudy, today: dt.date = TODAY) -> dict[str, Rule]:
    return {rule.key: rule for rule in rules(study, today)}


def _page(study: ReaderStudy, user: User) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse("reader_studies:progress", args=[study.pk]))


def test_readers_and_cases_count_once_everything_of_theirs_is_submitted() -> None:
    study = _limited(readers=1, cases=1)
    first, second = study.readers.all()
    read_next(first)
    assert {key: (rule.done, rule.is_reached) for key, rule in _by_key(study).items()} == {
        "all": (1, False),
        "readers": (0, False),
        "cases": (0, False),
    }
    read_next(first)
    assert _by_key(study)["readers"].is_reached
    assert not _by_key(study)["cases"].is_reached
    read_next(second)
    assert (_by_key(study)["cases"].done, _by_key(study)["cases"].is_reached) == (1, True)
    assert not _by_key(study)["all"].is_reached
    read_next(second)
    assert _by_key(study)["all"].is_reached


def test_who_withdrew_and_what_was_retracted_hold_nothing_up() -> None:
    study = _limited(readers=1)
    first, second = study.readers.all()
    by = owner_of(study)
    unread = services.open_reading(first, by=first.member.user).assignment.case
    services.retract_case(unread, reason="consent", by=by, expected_version=study.version)
    read_next(first)
    study.refresh_from_db()
    services.withdraw_reader(second, reason="ill", by=by, expected_version=study.version)
    found = _by_key(study)
    assert (found["all"].done, found["all"].planned, found["all"].is_reached) == (1, 1, True)
    assert found["readers"].is_reached


def test_the_last_day_is_still_a_day_of_reading() -> None:
    study = _limited(until=timezone.localdate() + dt.timedelta(days=1))
    last = limits_of(study).until
    assert last is not None
    assert not _by_key(study, last)["until"].is_reached
    assert _by_key(study, last + dt.timedelta(days=1))["until"].is_reached


def test_a_reading_longer_than_the_limit_is_counted_submitted_or_not() -> None:
    study = _limited(minutes=2)
    first, second = study.readers.all()
    services.open_reading(first, by=first.member.user)
    services.open_reading(second, by=second.member.user)
    assert _by_key(study)["minutes"].done == 0
    Reading.objects.filter(assignment__reader=first).update(active_ms=120_000)
    assert not _by_key(study)["minutes"].is_reached
    Reading.objects.filter(assignment__reader=first).update(active_ms=120_001)
    assert (_by_key(study)["minutes"].done, _by_key(study)["minutes"].is_reached) == (1, True)


def test_limits_stand_in_the_protocol_and_are_amended_with_a_reason() -> None:
    study = _limited(cases=1, minutes=5)
    locked_at = json.loads(study.protocols.get().content)
    assert locked_at["stopping_limits"] == {"cases": 1, "minutes": 5}
    client = Client()
    client.force_login(owner_of(study))
    said = {"act": "amend_limits", "version": study.version, "stop_cases": "2", "stop_until": "2027-01-31"}
    client.post(reverse("reader_studies:progress", args=[study.pk]), said | {"reason": "more cases came"})
    assert limits_of(study) == Limits(cases=2, until=dt.date(2027, 1, 31))
    study.refresh_from_db()
    assert study.stopping_limits == {"cases": 1, "minutes": 5}  # what was locked stays
    services.amend_study(
        study, {"washout_days": 9}, reason="holidays", by=owner_of(study), expected_version=study.version
    )
    assert limits_of(study).cases == 2


def test_a_limit_of_nothing_is_refused_and_one_out_of_reach_is_on_the_checklist() -> None:
    study = ready()
    by = owner_of(study)
    with pytest.raises(InvalidInput):
        services.describe_study(study, {"stopping_limits": {"cases": 0}}, by=by, expected_version=study.version)
    study.refresh_from_db()
    assert problems(study) == []
    too_much = Limits(readers=3, cases=3, until=timezone.localdate() - dt.timedelta(days=1)).stored()
    services.describe_study(study, {"stopping_limits": too_much}, by=by, expected_version=study.version)
    assert len(problems(study)) == 3


def test_owner_and_coordinator_see_the_state_and_readers_and_statistician_do_not() -> None:
    study = ready()
    people = {role: make_user(Role.RESEARCHER) for role in (StudyRole.COORDINATOR, StudyRole.STATISTICIAN)}
    for role, user in people.items():
        services.add_member(study, user, role, by=owner_of(study), expected_version=study.version)
    services.lock_study(study, by=owner_of(study), expected_version=study.version)
    read_next(study.readers.all()[0])
    for user in (owner_of(study), people[StudyRole.COORDINATOR]):
        page = _page(study, user).content.decode()
        assert "Stopping rules" in page
        assert "1/4" in page
    assert _page(study, people[StudyRole.STATISTICIAN]).status_code == 403
    assert _page(study, study.readers.all()[0].member.user).status_code == 403
    assert "Everything is read" not in _check(study, people[StudyRole.STATISTICIAN])


def _check(study: ReaderStudy, user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.get(reverse("reader_studies:design", args=[study.pk, "check"])).content.decode())


def test_the_states_cost_as_many_questions_however_many_cases_there_are(
    django_assert_num_queries: Any,
) -> None:
    for study in (locked(), _limited(readers=1, cases=1, minutes=5, until=timezone.localdate())):
        with django_assert_num_queries(4 if study.stopping_limits else 2):
            rules(study, TODAY)
