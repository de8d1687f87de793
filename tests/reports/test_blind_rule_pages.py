"""The page of blind-first rules: who adds, who ends, what it shows and what it must not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.predictions.blind import is_blind
from reporting.predictions.models import BlindRule
from reporting.predictions.services import end_blind_rule, set_blind_rule
from tests.reports.factories import make_draft, make_study, make_user

pytestmark = pytest.mark.django_db
PAGE = "rules:blind"


def logged_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def shown(user: User, language: str = "en", **query: str) -> str:
    return str(logged_in(user, language).get(reverse(PAGE), query).content.decode()).split("<main")[1]


def add(user: User, **form: Any) -> str:
    return str(logged_in(user).post(reverse("rules:blind_add"), form, follow=True).content.decode())


def end(user: User, rule: BlindRule) -> Any:
    return logged_in(user).post(reverse("rules:blind_end", args=[rule.pk]), follow=True)


def test_a_senior_adds_and_ends_a_rule_of_each_kind(senior: User, junior: User) -> None:
    study = make_study()
    for form in (
        {"kind": "reader", "reader": str(junior.pk)},
        {"kind": "study", "study": study.accession_number},
        {"kind": "fraction", "percent": "12.5"},
    ):
        add(senior, **form)
    text = shown(senior)
    for words in (junior.full_name, study.accession_number, "12.5 %"):
        assert words in text
    assert BlindRule.objects.in_force().count() == 3
    for rule in list(BlindRule.objects.in_force()):
        assert end(senior, rule).status_code == 200
    assert not BlindRule.objects.in_force().exists()
    assert "No rule is in force" in shown(senior)
    assert shown(senior, show="all").count("ended or replaced") == 3
    acts = AuditEvent.objects.filter(act="blind.rule_set")
    assert [event.data["is_on"] for event in acts] == [True] * 3 + [False] * 3
    assert {event.actor_id for event in acts} == {senior.pk}


def test_an_ended_rule_decides_no_more_and_ends_once(senior: User, junior: User) -> None:
    rule = set_blind_rule(by=senior, user=junior, is_on=True)
    begun = make_study()
    assert is_blind(junior, begun)
    end_blind_rule(rule, by=senior)
    assert is_blind(junior, begun), "a reading that began stays as it was decided"
    assert not is_blind(junior, make_study())
    with pytest.raises(WrongState):
        end_blind_rule(rule, by=senior)
    assert "This rule has ended already" in end(senior, rule).content.decode()


def test_a_newer_share_takes_the_place_of_the_older(senior: User) -> None:
    for percent in ("10", "30"):
        add(senior, kind="fraction", percent=percent)
    assert "30 %" in shown(senior)
    assert "10 %" not in shown(senior)


def test_a_reader_chooses_for_themselves_but_cannot_leave_what_a_senior_set(senior: User, junior: User) -> None:
    add(junior, kind="self")
    own = BlindRule.objects.get()
    assert (own.user, own.set_by, own.is_on) == (junior, junior, True)
    assert end(junior, own).status_code == 200
    assert not BlindRule.objects.in_force().exists()
    rule = set_blind_rule(by=senior, user=junior, is_on=True)
    assert "Only a senior or an auditor may end it." in shown(junior)
    assert end(junior, rule).status_code == 403
    with pytest.raises(NotAllowed):
        set_blind_rule(by=junior, user=junior, is_on=False)
    assert BlindRule.objects.in_force().get() == rule


def test_a_reader_sees_only_rules_about_themselves(senior: User, junior: User) -> None:
    other = make_user(Role.JUNIOR)
    set_blind_rule(by=senior, user=other, is_on=True)
    set_blind_rule(by=senior, fraction=0.25, is_on=True)
    text = shown(junior)
    assert other.full_name not in text
    assert "25 %" not in text
    assert end(junior, BlindRule.objects.filter(user=other).get()).status_code == 404


def test_what_names_nothing_is_said_on_the_page(senior: User) -> None:
    same = [make_study(), make_study()]
    type(same[0]).objects.update(accession_number="TWICE")
    for form, words in (
        ({"kind": "study", "study": "nowhere"}, "No study has this accession number"),
        ({"kind": "study", "study": "TWICE"}, "Several studies have this accession number"),
        ({"kind": "study", "study": " "}, "Give the accession number"),
        ({"kind": "fraction", "percent": "101"}, "Give a percentage between 0 and 100"),
        ({"kind": "reader", "reader": "x"}, "Choose a reader"),
        ({"kind": "reader", "reader": str(make_user(Role.AUDITOR).pk)}, "Only those who write reports"),
    ):
        assert words in add(senior, **form), form
    assert not BlindRule.objects.exists()


def test_the_study_page_leads_here_with_the_study_filled_in(senior: User) -> None:
    study = make_study()
    page = logged_in(senior).get(reverse("studies:detail", args=[study.pk])).content.decode()
    address = f"{reverse(PAGE)}?study={study.pk}"
    assert address in page
    assert f'value="{study.study_instance_uid}"' in shown(senior, study=str(study.pk))
    assert shown(senior, study="nonsense")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_blinded_reader_finds_nothing_of_the_machine_and_no_seed_here(language: str, senior: User) -> None:
    report = make_draft()
    rule = set_blind_rule(by=senior, fraction=1.0, is_on=True)
    set_blind_rule(by=senior, study=report.study, is_on=True)
    assert is_blind(senior, report.study)
    text = shown(senior, language, show="all")
    assert report.study.accession_number in text
    for secret in (rule.seed, "herniation", "突出", str(report.job_id), "0.9", "positive", "suspected"):
        assert secret not in text


def test_the_page_speaks_chinese(senior: User, junior: User) -> None:
    set_blind_rule(by=senior, user=junior, is_on=True)
    text = shown(senior, "zh-hans")
    assert "先盲读" in text
    assert "Rules" not in text
