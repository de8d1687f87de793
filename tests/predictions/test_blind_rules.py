"""Who reads blind first: decided by the server, once, from rules that are kept."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed
from reporting.predictions.blind import blind_study_ids, decide, draw_of, is_blind, reveal
from reporting.predictions.models import BlindDecision, BlindRule
from reporting.predictions.services import set_blind_rule
from reporting.studies.models import Study
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def junior() -> User:
    return make_user(Role.JUNIOR)


def test_without_a_rule_nobody_reads_blind(junior: User) -> None:
    study = make_study()
    assert not is_blind(junior, study)
    assert BlindDecision.objects.get().because == "no_rule"


def test_a_reader_may_choose_to_read_blind_but_not_for_others(junior: User) -> None:
    set_blind_rule(by=junior, user=junior, is_on=True)
    assert is_blind(junior, make_study())
    for given in ({"user": make_user(Role.JUNIOR)}, {"fraction": 0.5}, {"study": make_study()}):
        with pytest.raises(NotAllowed):
            set_blind_rule(by=junior, is_on=True, **given)  # type: ignore[arg-type]


def test_a_rule_for_a_study_is_for_everybody_who_reads_it(senior: User, junior: User) -> None:
    study, other = make_study(), make_study()
    set_blind_rule(by=senior, study=study, is_on=True)
    assert is_blind(junior, study)
    assert is_blind(senior, study)
    assert not is_blind(junior, other)
    assert not is_blind(make_user(Role.AUDITOR), study)


def test_a_decision_is_kept_whatever_rule_comes_later(senior: User, junior: User) -> None:
    seen, unseen = make_study(), make_study()
    assert not is_blind(junior, seen)
    set_blind_rule(by=senior, user=junior, is_on=True)
    assert not is_blind(junior, seen)
    assert is_blind(junior, unseen)
    set_blind_rule(by=senior, user=junior, is_on=False)
    assert is_blind(junior, unseen)
    assert not is_blind(junior, make_study())


def test_a_random_fraction_is_drawn_from_a_kept_seed(senior: User, junior: User) -> None:
    rule = set_blind_rule(by=senior, fraction=0.5, is_on=True)
    drawn = []
    for _ in range(60):
        study = make_study(objects=0)
        drawn.append(is_blind(junior, study))
        decision = BlindDecision.objects.get(study=study)
        assert decision.draw == draw_of(rule.seed, study.pk, junior.pk)
        assert decision.blind == (decision.draw < 0.5)
    assert 10 < sum(drawn) < 50
    assert len(rule.seed) == 32


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, False), (1.0, True)])
def test_none_and_all_are_fractions_too(fraction: float, expected: bool, senior: User, junior: User) -> None:
    set_blind_rule(by=senior, fraction=fraction, is_on=True)
    assert is_blind(junior, make_study()) is expected


def test_the_reveal_is_for_one_reader_or_for_all(senior: User, junior: User) -> None:
    study = make_study()
    set_blind_rule(by=senior, study=study, is_on=True)
    assert is_blind(junior, study)
    reveal(study, to=junior)
    assert not is_blind(junior, study)
    assert is_blind(senior, study)
    reveal(study, to=None)
    assert not is_blind(senior, study)


def test_what_another_wrote_in_sight_is_no_first_read(senior: User, junior: User) -> None:
    study = make_study()
    set_blind_rule(by=senior, user=junior, is_on=True)
    assert not decide(junior, study, already_read=True).blind
    assert not is_blind(junior, study)


def test_a_list_asks_once_and_decides_nothing(senior: User, junior: User) -> None:
    blind, open_, revealed = make_study(), make_study(), make_study()
    for study in (blind, revealed):
        set_blind_rule(by=senior, study=study, is_on=True)
    reveal(revealed, to=None)
    ids = [study.pk for study in (blind, open_, revealed)]
    assert blind_study_ids(junior, ids) == {blind.pk}
    assert not BlindDecision.objects.exists()
    assert blind_study_ids(make_user(Role.AUDITOR), ids) == set()


def test_rules_and_decisions_are_never_rewritten(senior: User, junior: User) -> None:
    set_blind_rule(by=senior, user=junior, is_on=True)
    is_blind(junior, make_study())
    for model in (BlindRule, BlindDecision):
        for act in (lambda m: m.objects.all().delete(), lambda m: m.objects.update(created_at=None)):
            with pytest.raises(IntegrityError), transaction.atomic():
                act(model)
    assert {"blind.rule_set", "blind.reading_begun"} <= set(AuditEvent.objects.values_list("act", flat=True))


def test_a_rule_is_of_exactly_one_kind(senior: User) -> None:
    with pytest.raises(InvalidInput):
        set_blind_rule(by=senior, is_on=True)
    with pytest.raises(InvalidInput):
        set_blind_rule(by=senior, is_on=True, study=Study(), fraction=0.1)
    with pytest.raises(InvalidInput):
        set_blind_rule(by=senior, is_on=True, fraction=1.5)
    with pytest.raises(InvalidInput):
        set_blind_rule(by=senior, is_on=True, user=make_user(Role.AUDITOR))
