"""What is true is said by a panel or a file, kept apart from what readers answer, and never overwritten."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from reporting.accounts.models import Role, User
from reporting.core.errors import DomainError, Incomplete, InvalidInput, NotAllowed, WrongState
from reporting.reader_studies import services
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import (
    Case,
    RatedFinding,
    ReaderStudy,
    ReferenceStandard,
    StudyMember,
    TruthStatement,
)
from reporting.reader_studies.panel import shown_to, units_to_state, waiting_cases
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.truth import TruthValue, agreed
from reporting.reader_studies.truth_file import FileRefused, example
from reporting.reader_studies.truth_progress import truth_progress
from reporting.reader_studies.words import PanelScheme, Scale, Seat, StudyRole
from tests.reader_studies.factories import owner_of, ready
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db


def _with_panel(scheme: PanelScheme = PanelScheme.INDEPENDENT) -> tuple[ReaderStudy, list[User]]:
    """Locked, with a panel; the users by seat."""
    study = ready()
    by = owner_of(study)
    users = [make_user(Role.READER) for _ in range(3)]
    members = [
        services.add_member(study, user, StudyRole.ADJUDICATOR, by=by, expected_version=study.version) for user in users
    ]
    _seat(study, scheme, members)
    services.lock_study(study, by=by, expected_version=study.version)
    return study, users


def _seat(study: ReaderStudy, scheme: PanelScheme, members: list[StudyMember]) -> None:
    third = members[2] if scheme is PanelScheme.INDEPENDENT else None
    services.seat_panel(
        study,
        scheme,
        first=members[0],
        second=members[1],
        adjudicator=third,
        by=owner_of(study),
        expected_version=study.version,
    )


def _answers(canal: float, herniation: float, other_canal: float = 0.0) -> list[Answer]:
    return [
        Answer("canal", "C4/5", "", other_canal),
        Answer("canal", "C5/6", "", canal),
        Answer("herniation", "C5/6", "", herniation),
    ]


def _truth(case: Case) -> dict[tuple[str, str], tuple[float, str]]:
    rows = ReferenceStandard.objects.filter(case=case).order_by("number").select_related("finding")
    return {(row.finding.key, row.level): (row.value, row.source) for row in rows}


def test_what_two_independent_readers_agree_on_is_true_and_the_rest_is_decided_by_a_third() -> None:
    study, (first, second, third) = _with_panel()
    case = study.cases.all()[0]
    with pytest.raises(WrongState, match="yours to say now"):
        services.state_truth(case, _answers(2, 1), by=third)
    services.state_truth(case, _answers(2, 1), by=first)
    assert not ReferenceStandard.objects.exists()
    services.state_truth(case, _answers(3, 1), by=second)
    assert _truth(case) == {("canal", "C4/5"): (0, "agreement"), ("herniation", "C5/6"): (1, "agreement")}
    assert list(waiting_cases(study.panel, Seat.ADJUDICATOR)) == [case]
    assert case not in waiting_cases(study.panel, Seat.FIRST)
    asked = units_to_state(study.panel, case, Seat.ADJUDICATOR)
    assert [(finding.key, level) for finding, level, _side in asked] == [("canal", "C5/6")]
    services.state_truth(case, [Answer("canal", "C5/6", "", 3.0)], by=third)
    assert _truth(case)["canal", "C5/6"] == (3.0, "adjudication")
    assert not waiting_cases(study.panel, Seat.ADJUDICATOR)
    (row,) = [row for row in long_rows(study) if (row.case, row.finding, row.level) == (case.code, "canal", "C5/6")][:1]
    assert (row.truth, row.truth_positive, row.truth_source) == (3.0, True, "adjudication")


def test_independent_readers_see_nothing_of_each_other_an_adjudicator_sees_both() -> None:
    study, (first, _second, _third) = _with_panel()
    case = study.cases.all()[0]
    services.state_truth(case, _answers(2, 1), by=first)
    assert shown_to(study.panel, case, Seat.SECOND).seats == ()
    assert shown_to(study.panel, case, Seat.FIRST).seats == ()
    assert shown_to(study.panel, case, Seat.ADJUDICATOR).seats == (Seat.FIRST, Seat.SECOND)


def test_in_the_papers_scheme_the_senior_reviews_what_the_junior_said() -> None:
    study, (junior, senior, _unused) = _with_panel(PanelScheme.JUNIOR_SENIOR)
    case = study.cases.all()[0]
    with pytest.raises(WrongState):
        services.state_truth(case, _answers(1, 0), by=senior)
    services.state_truth(case, _answers(1, 0), by=junior)
    seen = shown_to(study.panel, case, Seat.SECOND).said[0]
    assert {value.value for value in seen.values()} == {0.0, 1.0}
    services.state_truth(case, _answers(2, 0), by=senior)
    assert _truth(case)["canal", "C5/6"] == (2.0, "senior_review")


def test_one_speaks_once_from_ones_own_seat_and_of_every_place() -> None:
    study, (first, _second, _third) = _with_panel()
    case = study.cases.all()[0]
    with pytest.raises(Incomplete):
        services.state_truth(case, _answers(2, 1)[:2], by=first)
    with pytest.raises(InvalidInput, match="0 or 1"):
        services.state_truth(case, _answers(2, 60), by=first)
    services.state_truth(case, _answers(2, 1), by=first)
    with pytest.raises(WrongState):
        services.state_truth(case, _answers(1, 1), by=first)
    for by in (owner_of(study), study.readers.all()[0].member.user, make_user(Role.READER)):
        with pytest.raises(NotAllowed):
            services.state_truth(case, _answers(2, 1), by=by)
    assert TruthStatement.objects.count() == 3


def test_a_panel_is_of_different_adjudicators_and_stays_once_it_has_spoken() -> None:
    study, (first, _second, _third) = _with_panel()
    members = list(study.members.filter(role=StudyRole.ADJUDICATOR))
    with pytest.raises(InvalidInput, match="person of its own"):
        _seat(study, PanelScheme.INDEPENDENT, [members[0], members[0], members[1]])
    with pytest.raises(InvalidInput, match="part of an adjudicator"):
        _seat(study, PanelScheme.INDEPENDENT, [study.readers.all()[0].member, *members[:2]])
    services.state_truth(study.cases.all()[0], _answers(2, 1), by=first)
    with pytest.raises(WrongState, match="has begun"):
        _seat(study, PanelScheme.INDEPENDENT, members[::-1])


def test_the_database_keeps_what_was_said_to_be_true() -> None:
    study, users = _with_panel()
    for user in users[:2]:
        services.state_truth(study.cases.all()[0], _answers(2, 1), by=user)
    with connection.cursor() as cursor:
        for table, verb in itertools.product(
            ("referencestandard", "truthstatement"), ("UPDATE {} SET value = 0", "DELETE FROM {}")
        ):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(verb.format(f"reader_studies_{table}"))


@pytest.mark.parametrize(
    ("scale", "one", "other", "middle"),
    [
        (Scale.MILLIMETRES, TruthValue(3.0), TruthValue(4.0), TruthValue(3.5)),
        (Scale.MILLIMETRES, TruthValue(3.0), TruthValue(4.1), None),
        (Scale.LOCATION, TruthValue(1, (0, 0, 0)), TruthValue(1, (0, 0, 10)), TruthValue(1, (0, 0, 5))),
        (Scale.LOCATION, TruthValue(1, (0, 0, 0)), TruthValue(1, (0, 0, 11)), None),
        (Scale.LOCATION, TruthValue(1, (0, 0, 0)), TruthValue(0), None),
        (Scale.ORDINAL, TruthValue(1), TruthValue(2), None),
    ],
)
def test_lengths_and_places_agree_when_they_are_near(
    scale: Scale, one: TruthValue, other: TruthValue, middle: TruthValue | None
) -> None:
    assert agreed(RatedFinding(scale=scale), one, other) == middle


def _imported(study: ReaderStudy, text: str) -> None:
    services.import_truth(study, text.encode(), by=owner_of(study))


def test_the_example_of_a_file_can_be_imported_as_it_is_and_only_once() -> None:
    study, _users = _with_panel()
    text = example(study)
    assert len(text.splitlines()) == 1 + 2 * 3
    _imported(study, text)
    assert ReferenceStandard.objects.count() == 6
    assert set(ReferenceStandard.objects.values_list("source", flat=True)) == {"surgery", "follow_up"}
    with pytest.raises(WrongState, match="imported before"):
        _imported(study, text)
    assert ReferenceStandard.objects.count() == 6


def test_a_value_that_is_there_is_replaced_only_for_a_reason() -> None:
    study, _users = _with_panel()
    _imported(study, example(study))
    code = study.cases.all()[0].code
    line = f"{code},canal,C5/6,,3,surgery,,,,"
    head = "case,finding,level,side,value,source,x_mm,y_mm,z_mm,reason\n"
    with pytest.raises(FileRefused) as refused:
        _imported(study, head + line)
    assert refused.value.details == ["Line 2: there is a value already; give a reason"]
    _imported(study, head + line + "operated since")
    assert _truth(study.cases.get(code=code))["canal", "C5/6"] == (3.0, "surgery")
    assert ReferenceStandard.objects.filter(number=2).count() == 1
    counted = truth_progress(study)  # each place once, by the value that counts now
    assert (counted.places, counted.known, dict(counted.by_source)) == (6, 6, {"Follow-up": 2, "Surgery": 4})


def test_a_file_with_mistakes_is_refused_whole_with_each_line_that_is_wrong() -> None:
    study, _users = _with_panel()
    code = study.cases.all()[0].code
    lines = [
        "case;finding;level;side;value;source",
        f"{code};canal;C5/6;;2;surgery",
        "0000;canal;C5/6;;2;surgery",
        f"{code};spleen;;;1;surgery",
        f"{code};canal;C5/6;;many;surgery",
        f"{code};canal;C5/6;;2;agreement",
        f"{code};canal;C5/6;;2;surgery",
        f"{code};herniation;C5/6;;55;imported",
        f"{code};canal;C5/6;;2",
    ]
    with pytest.raises(FileRefused) as refused:
        _imported(study, "\ufeff" + "\r\n".join(lines))
    said = refused.value.details
    assert [line.split(":")[0] for line in said] == [f"Line {n}" for n in (3, 4, 5, 6, 7, 8, 9)]
    assert "no case 0000" in said[0]
    assert "said already in line 2" in said[4]
    assert not ReferenceStandard.objects.exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00c", b"case,finding\n", b"case,finding,value,source,name\n", b'case,finding,value,source\n"'],
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    study, _users = _with_panel()
    with pytest.raises(DomainError):
        services.import_truth(study, data, by=owner_of(study))


def test_a_file_is_imported_by_the_owner_of_a_locked_study() -> None:
    study, users = _with_panel()
    for by in (*users, study.readers.all()[0].member.user):
        with pytest.raises(NotAllowed):
            services.import_truth(study, example(study).encode(), by=by)
    open_study = ready()
    with pytest.raises(WrongState, match="locked"):
        services.import_truth(open_study, example(open_study).encode(), by=owner_of(open_study))
