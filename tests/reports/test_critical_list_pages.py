"""The pages of the critical list: read by all who read reports, proposed by a senior, decided by an auditor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.reports import services
from reporting.reports.critical import SHIPPED
from reporting.reports.critical_forms import forms_of
from reporting.reports.critical_page import duration
from reporting.reports.models import CriticalList
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def logged_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def page(user: User, name: str = "rules:critical", *args: Any, language: str = "en", **query: str) -> str:
    answer = logged_in(user, language).get(reverse(name, args=args), query)
    return str(answer.content.decode()).split("<main")[1]


def filled(**changes: str) -> dict[str, str]:
    """What the browser sends back of the form as it opens, but for ``changes``."""
    clocks, triggers = forms_of(SHIPPED)
    sent = {name: str(value) for name, value in clocks.initial.items()}
    sent |= {f"form-{name}": str(value) for name, value in triggers.management_form.initial.items()}
    for form in triggers:
        for name in form.fields:
            value = form.initial.get(name, {"category": "1", "keep": True}.get(name, ""))
            if value is not False:
                sent[form.add_prefix(name)] = "on" if value is True else str(value)
    sent["reason"] = "decided on Monday"
    return {**sent, **changes}


def post(user: User, form: dict[str, str]) -> str:
    return str(logged_in(user).post(reverse("rules:critical_propose"), form, follow=True).content.decode())


def decide(user: User, number: int, act: str, **form: str) -> Any:
    return logged_in(user).post(reverse("rules:critical_decide", args=[number, act]), form, follow=True)


def at(code: str) -> int:
    return next(n for n, trigger in enumerate(SHIPPED.triggers) if trigger.code == code)


def test_the_list_is_told_in_the_words_of_the_form_in_both_languages(junior: User) -> None:
    english, chinese = page(junior), page(junior, language="zh-hans")
    for words in ("New slip of grade II or more", "Cord signal: ", "not known from before", "1 hour", "3 days"):
        assert words in english, words
    for words in ("新出现的II度及以上滑脱", "脊髓信号：", "此前未见", "1小时", "3天"):
        assert words in chinese, words
    assert "Propose a change" not in english
    assert "slip_grade in" not in english


def test_from_proposal_to_activation_on_the_pages(senior: User, auditor: User) -> None:
    slip, new = at("slip"), len(SHIPPED.triggers)
    form = filled(
        **{
            "minutes_1": "30",
            f"form-{slip}-category": "1",
            f"form-{new}-code": "bulge",
            f"form-{new}-en": "A bulge",
            f"form-{new}-zh": "膨出",
            f"form-{new}-when": "disc_class in (bulge)",
        }
    )
    del form[f"form-{at('marrow')}-keep"]
    assert "Proposed. It changes nothing" in post(senior, form)
    assert "waits for its decision" in page(auditor)
    shown = page(auditor, "rules:critical_version", 2)
    for words in ("decided on Monday", "<del>1 hour</del>", "<ins>30 minutes</ins>", "A bulge", "Suspicious marrow"):
        assert words in shown, words
    assert shown.count("not in the list") == 2
    assert "Activate" not in page(senior, "rules:critical_version", 2)
    assert decide(senior, 2, "activate").status_code == 403
    assert "In force: reports opened from now on" in decide(auditor, 2, "activate").content.decode()
    rules = services.active_critical_list().rules
    assert rules.minutes == {1: 30, 2: 720, 3: 4320}
    codes = {trigger.code: trigger.category for trigger in rules.triggers}
    assert codes["slip"] == codes["bulge"] == 1
    assert "marrow" not in codes
    assert "Retired" in page(auditor)


def test_a_proposal_is_declined_with_a_reason(senior: User, auditor: User) -> None:
    post(senior, filled(minutes_1="30"))
    assert "Give a reason" in decide(auditor, 2, "decline", reason=" ").content.decode()
    assert "was declined" in decide(auditor, 2, "decline", reason="too soon").content.decode()
    assert "declined" in decide(auditor, 2, "decline", reason="again").content.decode()
    assert decide(auditor, 2, "delete").status_code == 404
    assert decide(auditor, 7, "activate").status_code == 404
    assert services.active_critical_list().number == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"form-0-when": "canal_grade in (9)"}, "Not understood at “9”"),
        ({"form-0-when": ""}, "Not understood at “the end”"),
        ({"minutes_1": "0"}, "The proposal has a fault"),
        ({"minutes_1": "900"}, "Each category needs a time"),
        ({"reason": ""}, "The proposal has a fault"),
        ({}, "Nothing differs from the list in force"),
    ],
)
def test_a_fault_is_said_and_nothing_typed_is_lost(changes: dict[str, str], words: str, senior: User) -> None:
    said = post(senior, filled(**{f"form-{at('slip')}-en": "My own words", **changes} if changes else {}))
    assert words in said
    assert not changes or "My own words" in said
    assert CriticalList.objects.filter(status="proposed").count() == 0


def test_an_earlier_version_can_be_begun_from(senior: User, auditor: User) -> None:
    post(senior, filled(minutes_1="30"))
    decide(auditor, 2, "activate")
    assert 'value="30"' in page(senior, "rules:critical_propose")
    assert 'value="60"' in page(senior, "rules:critical_propose", **{"from": "1"})
    assert 'value="30"' in page(senior, "rules:critical_propose", **{"from": "²"})


def test_times_are_told_in_the_largest_unit_that_is_exact() -> None:
    assert [duration(minutes) for minutes in (1, 90, 60, 720, 1440, 4320)] == [
        *("1 minute", "90 minutes", "1 hour", "12 hours", "1 day", "3 days"),
    ]
