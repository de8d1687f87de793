"""A study is designed by its owner, locked with a digest, and after that only amended."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import DomainError, Incomplete, InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.predictions.models import InferenceJob
from reporting.reader_studies import services
from reporting.reader_studies.models import Arm, Assignment, Case, ReaderStudy
from reporting.reader_studies.permissions import IN_STUDY, StudyAct, may_in_study
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.rated import RatedSpec
from reporting.reader_studies.words import STUDY_TRANSITIONS, ArmKind, Design, Scale, StudyRole, StudyStatus
from reporting.reports.content import sha256_of
from tests.reader_studies.factories import CANAL, in_design, locked, owner_of, ready
from tests.reports.factories import make_study, make_user

pytestmark = pytest.mark.django_db
BOTH = (ArmKind.UNAIDED, ArmKind.AIDED)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RESEARCHER])
def test_only_a_researcher_begins_a_study(role: Role) -> None:
    with pytest.raises(NotAllowed):
        services.create_study(title="Mine", by=make_user(role))


def test_only_the_owner_designs_and_locks() -> None:
    study = ready()
    owner = owner_of(study)
    others = [make_user(Role.RESEARCHER)]  # owns no part of this study
    for role in (StudyRole.COORDINATOR, StudyRole.STATISTICIAN, StudyRole.ADJUDICATOR):
        user = make_user(Role.RESEARCHER)
        services.add_member(study, user, role, by=owner, expected_version=study.version)
        others.append(user)
    others.append(study.readers.all()[0].member.user)
    for user in others:
        with pytest.raises(NotAllowed):
            services.describe_study(study, {"title": "Taken"}, by=user, expected_version=study.version)
        with pytest.raises(NotAllowed):
            services.lock_study(study, by=user, expected_version=study.version)
    services.lock_study(study, by=owner, expected_version=study.version)


def test_every_role_has_a_line_and_a_reader_only_reads() -> None:
    assert set(IN_STUDY) == set(StudyRole)
    assert IN_STUDY[StudyRole.READER] == {StudyAct.READ}
    assert [role for role in StudyRole if StudyAct.READ in IN_STUDY[role]] == [StudyRole.READER]


def test_studies_are_known_to_those_with_a_part_and_to_readers_from_the_lock_on() -> None:
    one, other = ready(), ready()
    owner, reader = owner_of(one), one.readers.all()[0].member.user
    assert set(ReaderStudy.objects.visible_to(owner)) == {one}
    assert set(ReaderStudy.objects.visible_to(owner_of(other))) == {other}
    assert not ReaderStudy.objects.visible_to(reader)
    services.lock_study(one, by=owner, expected_version=one.version)
    assert set(ReaderStudy.objects.visible_to(reader)) == {one}
    for role in (Role.SENIOR, Role.AUDITOR, Role.ADMIN, Role.READER, Role.RESEARCHER):
        assert not ReaderStudy.objects.visible_to(make_user(role))


def test_a_study_abandoned_in_design_is_never_shown_to_its_readers() -> None:
    study = ready()
    services.abandon_study(study, reason="no money", by=owner_of(study), expected_version=study.version)
    assert not ReaderStudy.objects.visible_to(study.readers.all()[0].member.user)


def test_a_person_has_one_part_and_a_reader_no_rights_on_patients() -> None:
    study = in_design()
    by = owner_of(study)
    reader = make_user(Role.READER)
    services.add_member(study, reader, StudyRole.READER, by=by, expected_version=study.version)
    with pytest.raises(InvalidInput, match="already"):
        services.add_member(study, reader, StudyRole.ADJUDICATOR, by=by, expected_version=study.version)
    for role in (Role.JUNIOR, Role.SENIOR, Role.AUDITOR, Role.RESEARCHER):
        with pytest.raises(InvalidInput, match="no rights on patients"):
            services.add_member(study, make_user(role), StudyRole.READER, by=by, expected_version=study.version)
    with pytest.raises(InvalidInput, match="one owner"):
        services.add_member(study, make_user(Role.RESEARCHER), StudyRole.OWNER, by=by, expected_version=study.version)


def test_a_change_made_from_an_old_page_is_refused() -> None:
    study = in_design()
    seen = study.version
    services.describe_study(study, {"title": "First"}, by=owner_of(study), expected_version=seen)
    with pytest.raises(StaleVersion):
        services.describe_study(study, {"title": "Second"}, by=owner_of(study), expected_version=seen)
    study.refresh_from_db()
    assert study.title == "First"


def test_only_signed_studies_become_cases_and_a_repeated_one_stays_one() -> None:
    study = ready(cases=2)
    by = owner_of(study)
    with pytest.raises(InvalidInput, match="signed"):
        services.add_cases(study, [make_study()], by=by, expected_version=study.version)
    study.refresh_from_db()
    again = [case.study for case in study.cases.all()]
    assert services.add_cases(study, again, by=by, expected_version=study.version) == []
    assert study.cases.count() == 2


@pytest.mark.parametrize(
    "spec",
    [
        RatedSpec("Canal", "Canal", Scale.BINARY),
        RatedSpec("canal", " ", Scale.BINARY),
        RatedSpec("canal", "Canal", Scale.ORDINAL, grades=("one",)),
        RatedSpec("canal", "Canal", Scale.ORDINAL, grades=("one", "one")),
        RatedSpec("canal", "Canal", Scale.BINARY, grades=("no", "yes")),
        RatedSpec("canal", "Canal", Scale.BINARY, levels=("C8/9",)),
        RatedSpec("canal", "Canal", Scale.BINARY, levels=("C5/6", "C5/6")),
        RatedSpec("canal", "Canal", Scale.CONFIDENCE, positive_from=0),
        RatedSpec("canal", "Canal", Scale.CONFIDENCE, positive_from=101),
        RatedSpec("canal", "Canal", Scale.ORDINAL, grades=("none", "some"), positive_from=2),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused(spec: RatedSpec) -> None:
    study = in_design()
    with pytest.raises(InvalidInput):
        services.set_findings(study, [spec], by=owner_of(study), expected_version=study.version)


def test_the_checklist_names_everything_that_is_missing_and_the_lock_refuses() -> None:
    study = in_design()
    with pytest.raises(Incomplete) as refused:
        services.lock_study(study, by=owner_of(study), expected_version=study.version)
    assert refused.value.details == [
        "The question is not written down",
        "No finding is rated",
        "There is no arm that people read in",
        "There are fewer than two cases",
    ]
    study.refresh_from_db()
    assert (study.status, study.version) == (StudyStatus.DESIGN, 1)


@pytest.mark.parametrize(
    ("fields", "arms", "said"),
    [
        ({"algorithm": None}, BOTH, "need an algorithm"),
        ({"washout_days": 0}, BOTH, "washout of at least one day"),
        ({"design": Design.SEQUENTIAL}, BOTH, "A sequential design has"),
        ({}, (ArmKind.UNAIDED, ArmKind.AIDED_AFTER_UNAIDED), "belongs to a sequential"),
        ({"design": Design.SPLIT_PLOT, "reader_groups": 3}, BOTH, "fewer readers"),
    ],
)
def test_the_checklist_knows_what_does_not_go_together(
    fields: dict[str, Any], arms: tuple[ArmKind, ...], said: str
) -> None:
    study = ready(arms=arms)
    if fields:
        services.describe_study(study, fields, by=owner_of(study), expected_version=study.version)
    assert any(said in problem for problem in problems(study))


def test_an_algorithm_that_has_not_read_a_case_holds_the_study_up() -> None:
    study = ready(arms=BOTH)
    case = study.cases.all()[0]
    InferenceJob.objects.filter(study=case.study_id).update(status="failed")
    assert problems(study) == ["The algorithm has not read 1 of the cases"]


def test_the_lock_freezes_algorithm_template_cases_and_order_under_one_digest() -> None:
    study = ready(arms=BOTH)
    protocol = services.lock_study(study, by=owner_of(study), expected_version=study.version)
    content = json.loads(protocol.content)
    assert protocol.digest == sha256_of(protocol.content)
    assert content["algorithm"]["name"] == "dens"
    assert len(content["template"]["digest"]) == 64
    assert len(content["cases"]) == 2
    assert all(case["reading"] for case in content["cases"])
    assert len(content["allocation"]) == Assignment.objects.count() == 2 * 2 * 2
    event = AuditEvent.objects.get(act="reader_study.locked")
    assert event.data == {"digest": protocol.digest, "assignments": 8}
    people = [reader.member.user for reader in study.readers.all()]
    assert not any(user.username in protocol.content or user.full_name in protocol.content for user in people)


def test_a_locked_study_is_designed_no_more() -> None:
    study = locked()
    by = owner_of(study)
    for change in (
        lambda: services.describe_study(study, {"title": "New"}, by=by, expected_version=study.version),
        lambda: services.set_findings(study, [CANAL], by=by, expected_version=study.version),
        lambda: services.set_arms(study, BOTH, by=by, expected_version=study.version),
        lambda: services.remove_cases(study, study.cases.all(), by=by, expected_version=study.version),
        lambda: services.lock_study(study, by=by, expected_version=study.version),
    ):
        with pytest.raises(WrongState):
            change()


REFUSED = [
    "UPDATE reader_studies_readerstudy SET title = 'Other'",
    "UPDATE reader_studies_readerstudy SET seed = repeat('0', 32)",
    "UPDATE reader_studies_readerstudy SET locked_at = NULL, status = 'design'",
    "DELETE FROM reader_studies_readerstudy",
    "UPDATE reader_studies_ratedfinding SET positive_from = 1",
    "DELETE FROM reader_studies_ratedfinding",
    "UPDATE reader_studies_arm SET kind = 'algorithm_alone' WHERE kind = 'aided'",
    "UPDATE reader_studies_case SET job_id = NULL",
    "DELETE FROM reader_studies_case",
    "UPDATE reader_studies_reader SET code = code || 'x'",
    "UPDATE reader_studies_session SET number = number + 5",
    "UPDATE reader_studies_studymember SET role = 'coordinator' WHERE role = 'reader'",
    "UPDATE reader_studies_assignment SET position = position + 100",
    "DELETE FROM reader_studies_assignment",
    "TRUNCATE reader_studies_assignment CASCADE",
    "UPDATE reader_studies_protocol SET reason = 'x'",
]


def test_the_database_refuses_to_change_what_is_locked() -> None:
    locked()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for sql in REFUSED:
            with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
                cursor.execute(sql)


def test_a_locked_case_cannot_be_moved_to_a_study_in_design() -> None:
    study, other = locked(), in_design()
    with pytest.raises(IntegrityError, match="locked"), transaction.atomic():
        Case.objects.filter(reader_study=study).update(reader_study=other)


def test_nothing_is_added_to_a_locked_study() -> None:
    study = locked()
    first = Assignment.objects.all()[0]
    with pytest.raises(IntegrityError, match="locked"), transaction.atomic():
        Arm.objects.create(reader_study=study, kind=ArmKind.ALGORITHM_ALONE)
    with pytest.raises(IntegrityError, match="before the lock"), transaction.atomic():
        Assignment.objects.create(
            reader=first.reader, case=first.case, arm=first.arm, session=first.session, block=1, position=999
        )


def test_an_amendment_is_a_further_version_that_names_the_one_before() -> None:
    study = locked()
    first = study.protocols.get()
    protocol = services.amend_study(
        study, {"washout_days": 14}, reason="holidays", by=owner_of(study), expected_version=study.version
    )
    content = json.loads(protocol.content)
    assert (protocol.number, content["washout_days"], content["amends"]) == (2, 14, first.digest)
    assert content["allocation"] == json.loads(first.content)["allocation"]


def test_what_was_locked_is_not_amended_away() -> None:
    study = locked()
    attempts: list[dict[str, Any]] = [{}, {"seed": "0" * 32}, {"design": "sequential"}, {"washout_days": 0}]
    for changes in attempts:
        with pytest.raises(InvalidInput):
            services.amend_study(study, changes, reason="why", by=owner_of(study), expected_version=study.version)
    assert study.protocols.count() == 1


def test_a_reader_who_withdraws_sees_the_study_no_more_and_the_protocol_says_so() -> None:
    study = locked()
    reader = study.readers.all()[0]
    protocol = services.withdraw_reader(reader, reason="ill", by=owner_of(study), expected_version=study.version)
    assert json.loads(protocol.content)["withdrawn"] == [reader.code]
    assert not ReaderStudy.objects.visible_to(reader.member.user)
    assert not may_in_study(study, reader.member.user, StudyAct.READ)
    study.refresh_from_db()
    with pytest.raises(WrongState):
        services.withdraw_reader(reader, reason="again", by=owner_of(study), expected_version=study.version)


def test_a_retracted_case_stays_a_row_with_its_reason() -> None:
    study = locked()
    first, second = study.cases.all()[:2]
    for case in (first, second):
        study.refresh_from_db()
        services.retract_case(case, reason="consent", by=owner_of(study), expected_version=study.version)
    assert sorted(json.loads(study.protocols.get(number=3).content)["retracted"]) == [first.code, second.code]
    assert study.cases.filter(retraction_reason="consent").count() == 2
    assert study.cases.count() == 2


def test_what_is_done_after_the_lock_needs_a_reason() -> None:
    study, reason = locked(), "   "
    by = owner_of(study)
    version = study.version
    for act in (
        lambda: services.retract_case(study.cases.all()[0], reason=reason, by=by, expected_version=version),
        lambda: services.withdraw_reader(study.readers.all()[0], reason=reason, by=by, expected_version=version),
        lambda: services.amend_study(study, {"washout_days": 9}, reason=reason, by=by, expected_version=version),
    ):
        with pytest.raises(InvalidInput, match="why"):
            act()
    study.refresh_from_db()
    assert (study.version, study.protocols.count()) == (version, 1)


@pytest.mark.parametrize("before", list(StudyStatus))
@pytest.mark.parametrize("after", list(StudyStatus))
def test_a_study_moves_forward_only(before: StudyStatus, after: StudyStatus) -> None:
    allowed = {
        (StudyStatus.DESIGN, StudyStatus.RUNNING),
        (StudyStatus.DESIGN, StudyStatus.ABANDONED),
        (StudyStatus.RUNNING, StudyStatus.CLOSED),
        (StudyStatus.RUNNING, StudyStatus.ABANDONED),
    }
    assert STUDY_TRANSITIONS.allows(before, after) is ((before, after) in allowed)


def test_a_closed_study_is_over() -> None:
    study = locked()
    services.close_study(study, by=owner_of(study), expected_version=study.version)
    assert study.status == StudyStatus.CLOSED
    for act in (services.close_study, lambda s, **rest: services.abandon_study(s, reason="late", **rest)):
        with pytest.raises(DomainError):
            act(study, by=owner_of(study), expected_version=study.version)


def test_the_row_cannot_say_running_without_a_lock() -> None:
    study = in_design()
    with pytest.raises(IntegrityError, match="was_locked"), transaction.atomic():
        ReaderStudy.objects.filter(pk=study.pk).update(status=StudyStatus.RUNNING)
    with pytest.raises(IntegrityError, match="was_locked"), transaction.atomic():
        ReaderStudy.objects.filter(pk=study.pk).update(locked_at=timezone.now())
