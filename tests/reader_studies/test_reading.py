"""A reader reads: in the drawn order, on the server's clock, with an answer that is final once it is submitted."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from reporting.accounts.models import Role, User
from reporting.core.errors import Incomplete, InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reader_studies import services
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.desk import next_step, progress
from reporting.reader_studies.models import Rating, Reader, ReaderStudy, Reading, ReadingEvent, Submission
from reporting.reader_studies.permissions import StudyAct, may_in_study
from reporting.reader_studies.words import ArmKind, Design, ReadingState
from tests.reader_studies.clock import Clock, clock
from tests.reader_studies.factories import CANAL, HERNIATION, answer_all, locked, owner_of, read_next, ready

__all__ = ["clock"]
pytestmark = pytest.mark.django_db


def _reader(study: ReaderStudy, code: str = "R01") -> tuple[Reader, User]:
    reader = study.readers.get(code=code)
    return reader, reader.member.user


def test_cases_come_in_their_order_one_at_a_time() -> None:
    study = locked()
    reader, user = _reader(study)
    expected = list(reader.assignments.filter(session__number=1).order_by("position"))
    first = services.open_reading(reader, by=user)
    assert services.open_reading(reader, by=user) == first  # nothing is skipped
    assert first.assignment == expected[0]
    answer_all(first, user)
    services.submit_reading(first, by=user, expected_version=Reading.objects.get(pk=first.pk).version)
    assert services.open_reading(reader, by=user).assignment == expected[1]


def test_the_washout_is_the_servers_and_counts_from_the_last_submission(clock: Clock) -> None:
    study = locked()
    reader, user = _reader(study)
    for _ in range(2):
        read_next(reader)
        clock.move(days=1)
    waits = next_step(reader, clock.now).waits_until
    assert waits == clock.now + dt.timedelta(days=27)
    with pytest.raises(WrongState, match="washout"):
        services.open_reading(reader, by=user)
    clock.move(days=27, seconds=-1)
    with pytest.raises(WrongState, match="washout"):
        services.open_reading(reader, by=user)
    clock.move(seconds=1)
    assert services.open_reading(reader, by=user).assignment.session.number == 2


def test_a_clock_that_is_set_back_opens_nothing_and_counts_nothing(clock: Clock) -> None:
    study = locked()
    reader, user = _reader(study)
    for _ in range(2):
        read_next(reader)
    clock.move(days=-400)
    with pytest.raises(WrongState, match="washout"):
        services.open_reading(reader, by=user)
    other, their = _reader(study, "R02")
    reading = services.open_reading(other, by=their)
    clock.move(hours=-5)
    reading = answer_all(reading, their)
    submission = services.submit_reading(reading, by=their, expected_version=reading.version)
    assert (submission.active_ms, submission.wall_ms) == (0, 0)


def test_an_amended_washout_holds_from_then_on(clock: Clock) -> None:
    study = locked()
    reader, user = _reader(study)
    for _ in range(2):
        read_next(reader)
    services.amend_study(
        study, {"washout_days": 3}, reason="holidays", by=owner_of(study), expected_version=study.version
    )
    clock.move(days=3)
    assert services.open_reading(reader, by=user).assignment.session.number == 2


def test_time_counts_while_the_page_is_at_work_and_goes_to_the_finding_it_led_to(clock: Clock) -> None:
    study = locked()
    reader, user = _reader(study)
    reading = services.open_reading(reader, by=user)
    clock.move(seconds=20)
    services.see_reading(reading, by=user)
    clock.move(seconds=10)
    canal = Answer("canal", "C4/5", "", 2.0)
    reading = services.save_rating(reading, canal, by=user, expected_version=reading.version)
    clock.move(seconds=5)
    reading = services.pause_reading(reading, by=user, expected_version=reading.version)
    clock.move(hours=9)
    reading = services.resume_reading(reading, by=user)
    clock.move(seconds=7)
    for answer in (Answer("canal", "C5/6", "", 0.0), Answer("herniation", "C5/6", "", 55.0)):
        reading = services.save_rating(reading, answer, by=user, expected_version=reading.version)
        clock.move(seconds=3)
    clock.move(minutes=20)  # silence: nobody says that they pause
    submission = services.submit_reading(reading, by=user, expected_version=reading.version)
    times = {(rating.finding.key, rating.level): rating.active_ms for rating in submission.ratings.all()}
    assert times == {("canal", "C4/5"): 30_000, ("canal", "C5/6"): 12_000, ("herniation", "C5/6"): 3_000}
    assert submission.active_ms == 45_000
    assert submission.wall_ms == (20 + 10 + 5 + 9 * 3600 + 7 + 6 + 20 * 60) * 1000
    assert submission.pauses == 2


def test_what_is_saved_is_no_answer_until_all_is_rated_and_submitted() -> None:
    study = locked()
    reader, user = _reader(study)
    reading = services.open_reading(reader, by=user)
    reading = services.save_rating(reading, Answer("canal", "C4/5", "", 1.0), by=user, expected_version=reading.version)
    with pytest.raises(Incomplete) as refused:
        services.submit_reading(reading, by=user, expected_version=reading.version)
    assert refused.value.details == ["Canal narrowing · C5/6", "Herniation · C5/6"]
    assert (Submission.objects.count(), Rating.objects.count()) == (0, 0)
    assert [one.submitted for one in progress(reader)] == [0, 0]


def test_a_submitted_reading_is_final() -> None:
    study = locked()
    reader, user = _reader(study)
    reading = read_next(reader).reading
    with pytest.raises(WrongState, match="submitted"):
        services.save_rating(reading, Answer("canal", "C4/5", "", 0.0), by=user, expected_version=reading.version)
    with connection.cursor() as cursor:
        for sql in (
            "UPDATE reader_studies_rating SET value = 3",
            "DELETE FROM reader_studies_rating",
            "UPDATE reader_studies_submission SET active_ms = 1",
            "DELETE FROM reader_studies_readingevent",
        ):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(sql)


def test_only_the_owner_reopens_with_a_reason_and_the_first_answer_stays() -> None:
    study = locked()
    reader, user = _reader(study)
    first = read_next(reader)
    for by in (user, _reader(study, "R02")[1]):
        with pytest.raises(NotAllowed):
            services.reopen_reading(first.reading, reason="slip", by=by)
    with pytest.raises(InvalidInput, match="why"):
        services.reopen_reading(first.reading, reason=" ", by=owner_of(study))
    services.reopen_reading(first.reading, reason="slip of the mouse", by=owner_of(study))
    again = services.open_reading(reader, by=user)
    assert (again.pk, again.attempt, again.state) == (first.reading_id, 2, ReadingState.OPEN)
    assert again.drafts.count() == 3  # exactly as it was
    second = services.submit_reading(again, by=user, expected_version=again.version)
    assert [one.attempt for one in again.submissions.all()] == [1, 2]
    assert second.ratings.count() == first.ratings.count() == 3


def test_a_second_window_cannot_write_unseen_and_the_attempt_is_counted() -> None:
    study = locked()
    reader, user = _reader(study)
    reading = services.open_reading(reader, by=user)
    seen = reading.version
    services.save_rating(reading, Answer("canal", "C4/5", "", 1.0), by=user, expected_version=seen)
    with pytest.raises(StaleVersion):
        services.save_rating(reading, Answer("canal", "C4/5", "", 3.0), by=user, expected_version=seen)
    assert reading.drafts.get().value == 1.0
    assert ReadingEvent.objects.filter(reading=reading, kind="refused").count() == 1


def test_nobody_reads_for_another_and_a_former_reader_with_rights_on_patients_is_out() -> None:
    study = locked()
    reader, user = _reader(study)
    _other, their = _reader(study, "R02")
    reading = services.open_reading(reader, by=user)
    for by in (their, owner_of(study)):
        with pytest.raises(NotAllowed):
            services.open_reading(reader, by=by)
        with pytest.raises(NotAllowed):
            services.see_reading(reading, by=by)
    User.objects.filter(pk=user.pk).update(role=Role.JUNIOR)
    user = User.objects.get(pk=user.pk)
    assert not may_in_study(study, user, StudyAct.READ)
    with pytest.raises(NotAllowed):
        services.see_reading(reading, by=user)


def test_a_reader_who_withdraws_and_a_case_that_is_retracted_end_a_reading_in_the_middle() -> None:
    study = locked()
    reader, user = _reader(study)
    reading = services.open_reading(reader, by=user)
    services.retract_case(reading.assignment.case, reason="consent", by=owner_of(study), expected_version=study.version)
    with pytest.raises(WrongState, match="retracted"):
        services.save_rating(reading, Answer("canal", "C4/5", "", 1.0), by=user, expected_version=reading.version)
    following = services.open_reading(reader, by=user)
    assert following.assignment.case != reading.assignment.case
    assert [one.assigned for one in progress(reader)] == [1, 1]
    study.refresh_from_db()
    services.withdraw_reader(reader, reason="ill", by=owner_of(study), expected_version=study.version)
    with pytest.raises(NotAllowed):
        services.see_reading(following, by=user)


def test_a_study_that_is_closed_during_a_reading_takes_no_more_answers() -> None:
    study = locked()
    reader, user = _reader(study)
    reading = answer_all(services.open_reading(reader, by=user), user)
    services.close_study(study, by=owner_of(study), expected_version=study.version)
    with pytest.raises(WrongState, match="closed"):
        services.submit_reading(reading, by=user, expected_version=reading.version)
    assert not Submission.objects.exists()


def test_the_aided_look_of_a_sequential_design_follows_at_once_and_begins_with_the_first_answers() -> None:
    study = ready(arms=(ArmKind.UNAIDED, ArmKind.AIDED_AFTER_UNAIDED))
    by = owner_of(study)
    services.describe_study(study, {"design": Design.SEQUENTIAL}, by=by, expected_version=study.version)
    services.lock_study(study, by=by, expected_version=study.version)
    reader, user = _reader(study)
    for _case in range(2):
        unaided = read_next(reader, value=1.0).reading
        aided = services.open_reading(reader, by=user)
        assert aided.assignment.case == unaided.assignment.case
        assert aided.assignment.arm.kind == ArmKind.AIDED_AFTER_UNAIDED
        assert {draft.value for draft in aided.drafts.all()} == {1.0}
        services.submit_reading(aided, by=user, expected_version=aided.version)
    assert next_step(reader, aided.seen_at).is_over


@pytest.mark.parametrize(
    ("finding", "level", "side", "value"),
    [
        ("canal", "C5/6", "", 4.0),
        ("canal", "C5/6", "", 1.5),
        ("canal", "C5/6", "", float("nan")),
        ("canal", "C3/4", "", 1.0),
        ("canal", "C5/6", "left", 1.0),
        ("herniation", "C5/6", "", 101.0),
        ("nothing", "C5/6", "", 1.0),
    ],
)
def test_an_answer_that_is_not_on_the_scale_is_refused(finding: str, level: str, side: str, value: float) -> None:
    study = locked()
    reader, user = _reader(study)
    reading = services.open_reading(reader, by=user)
    with pytest.raises(InvalidInput):
        services.save_rating(reading, Answer(finding, level, side, value), by=user, expected_version=reading.version)
    assert not reading.drafts.exists()


def test_every_reader_meets_every_case_in_every_arm(clock: Clock) -> None:
    study = locked()
    for reader in study.readers.all():
        while not next_step(reader, clock.now).is_over:
            read_next(reader)
            clock.move(days=28)
        assert [one.submitted for one in progress(reader)] == [2, 2]
    read = {
        (s.reading.assignment.reader.code, s.reading.assignment.case.code, s.reading.assignment.arm.kind)
        for s in Submission.objects.all()
    }
    codes = [[one.code for one in rows] for rows in (study.readers.all(), study.cases.all())]
    assert read == set(itertools.product(*codes, ["unaided", "aided"]))
    assert {CANAL.key, HERNIATION.key} == set(Rating.objects.values_list("finding__key", flat=True))
