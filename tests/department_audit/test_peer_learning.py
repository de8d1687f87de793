"""Colleagues look again without knowing whose case it is or why they have it; what they agree on is a reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.department_audit import intake
from reporting.department_audit.models import Fact, PeerAnswer, PeerCase, PeerDraw, PeerNotice, ReferenceRead
from reporting.department_audit.peer_learning.choosing import Candidate, choose
from reporting.department_audit.peer_learning.drawing import draw_peer_cases
from reporting.department_audit.peer_learning.queue import (
    agreed,
    answer_case,
    give_case_back,
    grade_answer,
    note_notice_seen,
    take_case,
)
from reporting.department_audit.peer_models import CaseGroup
from reporting.reports.models import Report, VersionKind
from tests.department_audit.reports import make_report, pll, sign_version, withdraw
from tests.reports.factories import make_user

YES, NO = "thickened", "not_thickened"
LEVELS = ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7")


@pytest.fixture
def reader(db: None) -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def reviewers(db: None) -> list[User]:
    return [make_user(Role.SENIOR) for _ in range(3)]


def signed(reader: User, *places: tuple[float, str], **options: Any) -> Report:
    report = make_report()
    rows = [pll(level, value, p) for level, (p, value) in zip(LEVELS, places, strict=False)]
    sign_version(report, rows, by=reader, **options)
    intake.take_pending()
    return report


def one_case(reader: User) -> PeerCase:
    """A machine that was sure of what was not signed."""
    signed(reader, (0.9, NO))
    assert draw_peer_cases(by=None) is not None
    return PeerCase.objects.get()


def take(by: User) -> PeerCase:
    case = take_case(by=by)
    assert case is not None
    return case


def answer(by: User, value: str, comment: str = "") -> PeerCase:
    case = take(by)
    answer_case(case, value, comment=comment, by=by)
    case.refresh_from_db()
    return case


# --- choosing


def candidate(key: str, *, final: bool = False, **said: Any) -> Candidate:
    values: dict[str, Any] = {"machine": None, "probability": None, "threshold": 0.5, "prepared": None, **said}
    values = {"report": key, "finding": "pll", "blind_first": None, **values}
    return Candidate(key=key, final=final, **values)


def test_serious_findings_come_first_and_among_them_where_the_machine_was_surest() -> None:
    pool = [
        candidate("a", finding="osteophyte", machine=True, probability=0.99),
        candidate("b", finding="herniation", machine=True, probability=0.6),
        candidate("c", finding="herniation", machine=True, probability=0.95),
        candidate("d", finding="pll", prepared=True),
    ]
    assert [one.candidate.key for one in choose(pool, seed="s", most=8).chosen] == ["c", "b", "d", "a"]


def test_each_kind_of_disagreement_is_found_and_the_gravest_names_the_case() -> None:
    pool = [
        candidate("a", blind_first=True, machine=True, probability=0.9),
        candidate("b", machine=True, probability=0.9),
        candidate("c", prepared=True),
    ]
    groups = {one.candidate.key: one.group for one in choose(pool, seed="s", most=8).chosen}
    assert groups == {"a": CaseGroup.BLIND_FINAL, "b": CaseGroup.MODEL_FINAL, "c": CaseGroup.PREPARED_FINAL}


def test_a_quarter_is_a_random_sample_that_holds_positives_and_can_be_repeated() -> None:
    pool = [candidate(f"d{n}", machine=True, probability=0.9) for n in range(30)]
    pool += [candidate(f"n{n}", machine=False, probability=0.1) for n in range(300)]
    pool += [candidate(f"p{n}", final=True, machine=True, probability=0.9) for n in range(5)]
    first, again = choose(pool, seed="s", most=16), choose(reversed(pool), seed="s", most=16)
    assert first == again
    controls = [one.candidate for one in first.chosen if one.group is CaseGroup.CONTROL]
    assert (len(first.chosen), len(controls), sum(one.final for one in controls)) == (16, 4, 2)
    assert (first.disagreements, first.agreements) == (30, 305)
    assert choose(pool, seed="t", most=16) != first


def test_where_a_control_stands_in_the_order_differs_from_draw_to_draw() -> None:
    pool = [candidate(f"d{n}", machine=True, probability=0.9) for n in range(8)]
    pool += [candidate(f"n{n}") for n in range(50)]
    places = set()
    for seed in range(40):
        order = choose(pool, seed=str(seed), most=8).chosen
        places |= {n for n, one in enumerate(order) if one.group is CaseGroup.CONTROL}
    assert places == set(range(8))


def test_one_report_gives_two_cases_at_most() -> None:
    pool = [candidate(f"d{n}", report="same", machine=True, probability=0.9) for n in range(9)]
    assert len(choose(pool, seed="s", most=8).chosen) == 2


def test_nothing_to_choose_from_gives_nothing() -> None:
    assert choose([], seed="s", most=8).chosen == ()


# --- drawing


@pytest.mark.django_db
def test_the_draw_is_made_once_a_day_and_no_place_comes_twice(reader: User) -> None:
    signed(reader, (0.9, NO), (0.1, NO))
    first = draw_peer_cases(by=None)
    assert first is not None
    assert set(first.cases.values_list("group", flat=True)) == {"model_final", "control"}
    assert draw_peer_cases(by=None) is None
    assert draw_peer_cases(by=None, today=timezone.localdate() + timedelta(days=1)) is None
    assert AuditEvent.objects.get(act="peer.cases_drawn").data["seed"] == first.seed


@pytest.mark.django_db
def test_only_an_auditor_or_the_clock_draws(reader: User) -> None:
    signed(reader, (0.9, NO))
    with pytest.raises(NotAllowed):
        draw_peer_cases(by=reader)
    assert draw_peer_cases(by=make_user(Role.AUDITOR)) is not None


@pytest.mark.django_db
def test_a_report_of_long_ago_is_not_drawn(reader: User) -> None:
    signed(reader, (0.9, NO), at=timezone.now() - timedelta(days=40))
    assert draw_peer_cases(by=None) is None


@pytest.mark.django_db
def test_a_day_without_reports_draws_nothing_and_leaves_the_day_free(reader: User) -> None:
    assert draw_peer_cases(by=None) is None
    signed(reader, (0.9, NO))
    assert draw_peer_cases(by=None) is not None


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"group": "control"}, {"said": {}}, {"rank": 7}])
def test_the_database_keeps_what_was_drawn(reader: User, values: dict[str, Any]) -> None:
    case = one_case(reader)
    for change in (lambda: PeerCase.objects.update(**values), case.delete, lambda: PeerDraw.objects.update(seed="x")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


# --- taking


@pytest.mark.django_db
def test_who_read_the_report_never_gets_it(reader: User, reviewers: list[User]) -> None:
    case = one_case(reader)
    assert case.involved == [str(reader.pk)]
    assert take_case(by=reader) is None
    PeerCase.objects.filter(pk=case.pk).update(claimed_by=reader)
    with pytest.raises(NotAllowed, match="yourself"):
        answer_case(case, YES, by=reader)


@pytest.mark.django_db
def test_two_reviewers_do_not_get_the_same_case_at_once(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    held = take(reviewers[0])
    assert take_case(by=reviewers[1]) is None
    assert take(reviewers[0]).pk == held.pk


@pytest.mark.django_db
def test_a_case_given_back_or_held_too_long_goes_to_a_colleague(reader: User, reviewers: list[User]) -> None:
    case = one_case(reader)
    give_case_back(take(reviewers[0]), by=reviewers[0])
    take(reviewers[1])
    PeerCase.objects.filter(pk=case.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    take(reviewers[2])
    with pytest.raises(WrongState, match="colleague"):
        answer_case(case, YES, by=reviewers[1])


@pytest.mark.django_db
def test_a_late_answer_counts_while_nobody_else_has_taken_the_case(reader: User, reviewers: list[User]) -> None:
    case = take(reviewers[0]) if one_case(reader) else None
    assert case is not None
    PeerCase.objects.filter(pk=case.pk).update(claimed_until=timezone.now() - timedelta(hours=1))
    answer_case(case, YES, by=reviewers[0])
    assert PeerAnswer.objects.count() == 1


@pytest.mark.django_db
def test_a_withdrawn_report_is_looked_at_by_nobody(reader: User, reviewers: list[User]) -> None:
    case = one_case(reader)
    held = take(reviewers[0])
    withdraw(Report.objects.get())
    intake.take_pending()
    with pytest.raises(WrongState, match="not open"):
        answer_case(held, YES, by=reviewers[0])
    assert take_case(by=reviewers[1]) is None
    draw_peer_cases(by=None)
    case.refresh_from_db()
    assert case.status == "closed"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SENIOR])
def test_nobody_but_a_senior_reviews(reader: User, role: Role) -> None:
    one_case(reader)
    with pytest.raises(NotAllowed):
        take_case(by=make_user(role))


# --- answering


@pytest.mark.parametrize(
    ("values", "reviewers", "outcome"),
    [
        ([YES], 2, None),
        ([YES, YES], 2, YES),
        ([YES, NO], 2, None),
        ([YES, NO, NO], 2, NO),
        (["", ""], 2, ""),
        (["", YES], 2, None),
        ([YES, NO, ""], 2, ""),
        ([YES], 1, YES),
        ([""], 1, ""),
    ],
)
def test_two_who_agree_settle_it_and_two_who_differ_ask_a_third(
    values: list[str], reviewers: int, outcome: str | None
) -> None:
    assert agreed(values, reviewers) == outcome


@pytest.mark.django_db
def test_what_two_colleagues_see_becomes_the_adjudicated_reference(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    assert answer(reviewers[0], YES).status == "open"
    case = answer(reviewers[1], YES)
    assert (case.status, case.outcome) == ("settled", YES)
    reference = ReferenceRead.objects.get()
    assert (reference.field, reference.level, reference.value, reference.source) == ("pll", "C2/3", YES, "adjudicated")
    assert case.reference == reference
    intake.take_pending()
    assert Fact.objects.get(level="C2/3").adjudicated_positive is True


@pytest.mark.django_db
def test_a_later_outcome_supersedes_the_reference_and_the_earlier_one_stays(
    reader: User, reviewers: list[User]
) -> None:
    case = one_case(reader)
    place = {"study": case.study, "field": "pll", "level": "C2/3", "source": "adjudicated", "by": reader}
    before = ReferenceRead.objects.create(value=NO, **place)
    answer(reviewers[0], YES)
    answer(reviewers[1], YES)
    assert ReferenceRead.objects.get(value=YES).supersedes == before


@pytest.mark.django_db
def test_when_it_cannot_be_told_there_is_no_reference(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    answer(reviewers[0], "")
    case = answer(reviewers[1], "")
    assert (case.status, case.outcome, ReferenceRead.objects.count()) == ("settled", "", 0)


@pytest.mark.django_db
def test_a_department_may_be_content_with_one_reviewer(reader: User, reviewers: list[User], settings: Any) -> None:
    settings.PEER_LEARNING_REVIEWERS = 1
    one_case(reader)
    assert answer(reviewers[0], NO).outcome == NO


@pytest.mark.django_db
def test_nobody_answers_twice_or_something_the_field_does_not_know(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    case = take(reviewers[0])
    with pytest.raises(InvalidInput):
        answer_case(case, "purple", by=reviewers[0])
    with pytest.raises(InvalidInput):
        answer_case(case, YES, comment="x" * 501, by=reviewers[0])
    answer_case(case, YES, by=reviewers[0])
    assert take_case(by=reviewers[0]) is None
    with pytest.raises(WrongState):
        answer_case(case, YES, by=reviewers[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        PeerAnswer.objects.update(value=NO)


@pytest.mark.django_db
def test_a_grade_fits_its_answer_and_is_given_once_by_who_answered(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    given = answer(reviewers[0], YES).answers.get()
    with pytest.raises(InvalidInput):
        grade_answer(given, "1", by=reviewers[0])  # the signed value was another one
    with pytest.raises(InvalidInput):
        grade_answer(given, "4", by=reviewers[0])
    with pytest.raises(NotAllowed):
        grade_answer(given, "2a", by=reviewers[1])
    assert grade_answer(given, "2a", by=reviewers[0]).grade == "2a"
    with pytest.raises(WrongState):
        grade_answer(given, "3b", by=reviewers[0])


# --- telling


@pytest.mark.django_db
def test_who_prepared_and_who_signed_are_each_told_their_own_word(reviewers: list[User]) -> None:
    junior, senior = make_user(Role.JUNIOR), make_user(Role.SENIOR)
    report = make_report()
    sign_version(report, [pll("C5/6", YES, 0.9)], kind=VersionKind.PRELIMINARY, by=junior)
    sign_version(report, [pll("C5/6", NO, 0.9)], by=senior)
    intake.take_pending()
    draw_peer_cases(by=None)
    answer(reviewers[0], YES)
    answer(reviewers[1], YES, "look at the slice below")
    told = {notice.person: notice.value for notice in PeerNotice.objects.all()}
    assert told == {junior: YES, senior: NO}


@pytest.mark.django_db
def test_a_notice_is_for_one_person_alone(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    answer(reviewers[0], NO)
    answer(reviewers[1], NO)
    notice = PeerNotice.objects.get(person=reader)
    with pytest.raises(NotAllowed):
        note_notice_seen(notice, by=reviewers[0])
    note_notice_seen(notice, by=reader)
    notice.refresh_from_db()
    assert notice.seen_at is not None


# --- pages


def client_of(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def page_of(user: User, case: PeerCase) -> Any:
    return client_of(user).get(reverse("department_audit:peer_case", args=[case.pk]))


@pytest.mark.django_db
def test_before_the_answer_the_page_tells_neither_who_nor_what_nor_why(reader: User, reviewers: list[User]) -> None:
    case = one_case(reader)
    take(reviewers[0])
    shown = page_of(reviewers[0], case).content.decode()
    tells = (
        reader.full_name,
        "machine",
        "0.9",
        "Drawn because",
        str(case.version.report_id),
        case.study.accession_number,
    )
    assert [tell for tell in tells if tell in shown.split("quality-case")[1]] == []
    answer_case(case, YES, by=reviewers[0])
    after = page_of(reviewers[0], case).content.decode()
    assert "machine and final read differ" in after
    assert "p = 0.90" in after
    assert reader.full_name not in after


@pytest.mark.django_db
def test_a_control_looks_like_every_other_case_before_the_answer(reader: User, reviewers: list[User]) -> None:
    signed(reader, (0.9, NO), (0.1, NO))
    draw_peer_cases(by=None)
    pages = []
    for case in PeerCase.objects.order_by("level"):
        PeerCase.objects.filter(pk=case.pk).update(claimed_by=reviewers[0], claimed_until=timezone.now())
        shown = page_of(reviewers[0], case).content.decode().split("<main")[1]
        for own in (str(case.pk), case.level):
            shown = shown.replace(own, "X")
        pages.append([line for line in shown.splitlines() if "csrf" not in line])
    assert pages[0] == pages[1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["peer_case", "peer_picture"])
def test_a_case_does_not_exist_for_who_does_not_hold_it(reader: User, reviewers: list[User], name: str) -> None:
    case = one_case(reader)
    take(reviewers[0])
    more = [0] if name == "peer_picture" else []
    address = reverse(f"department_audit:{name}", args=[case.pk, *more])
    for other in (reader, reviewers[1], make_user(Role.AUDITOR), make_user(Role.JUNIOR)):
        assert client_of(other).get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_one_reads_about_ones_own_reads_and_nobody_elses(reader: User, reviewers: list[User], language: str) -> None:
    one_case(reader)
    answer(reviewers[0], YES)
    answer(reviewers[1], YES, "look at the slice below")
    address = reverse("department_audit:peer_learning")
    own = client_of(reader, language).get(address).content.decode()
    assert "look at the slice below" in own
    for other in (*reviewers, make_user(Role.AUDITOR), make_user(Role.JUNIOR)):
        shown = client_of(other, language).get(address).content.decode()
        assert "look at the slice below" not in shown
        assert reader.full_name not in shown


@pytest.mark.django_db
def test_from_the_page_a_case_is_taken_answered_and_graded(reader: User, reviewers: list[User], settings: Any) -> None:
    settings.PEER_LEARNING_GRADES = True
    case = one_case(reader)
    client = client_of(reviewers[0])
    assert "What do you see?" in client.post(reverse("department_audit:peer_take"), follow=True).content.decode()
    to = reverse("department_audit:peer_answer", args=[case.pk])
    assert "Choose a value" in client.post(to, {}, follow=True).content.decode()
    assert "3b" in client.post(to, {"value": YES}, follow=True).content.decode()
    client.post(reverse("department_audit:peer_grade", args=[case.pk]), {"grade": "2b"})
    assert PeerAnswer.objects.get().grade.grade == "2b"


@pytest.mark.django_db
def test_counts_by_finding_name_nobody_and_say_that_they_are_no_rate(reader: User, reviewers: list[User]) -> None:
    one_case(reader)
    answer(reviewers[0], YES)
    answer(reviewers[1], YES)
    answered = client_of(make_user(Role.AUDITOR)).get(reverse("department_audit:peer_learning"))
    counts = dict(zip(("settled", "told", "as_signed", "machine", "as_machine"), [1, 1, 0, 1, 1], strict=True))
    table = answered.context["chart"].table
    assert {name: table.column(name) for name in counts} == {name: [number] for name, number in counts.items()}
    shown = answered.content.decode()
    assert "these counts say nothing about how often" in shown
    assert not [name for name in (reader.full_name, *(one.full_name for one in reviewers)) if name in shown]
