"""A reader's own views and order: theirs alone, without patient data, and logged where it matters."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.predictions.services import set_blind_rule
from reporting.worklist.filters import Assigned, Status, WorklistFilter
from reporting.worklist.models import WorklistView
from reporting.worklist.services import delete_view, make_default_view, rename_view, save_view, set_suspicion_first
from reporting.worklist.services.views import MOST_VIEWS
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MINE = WorklistFilter(assigned=Assigned.ME, search="abc123")


def test_a_view_keeps_the_filter_and_not_the_words(senior: User) -> None:
    view = save_view(by=senior, name="  My   drafts ", chosen=MINE)
    assert (view.name, view.query) == ("My drafts", "status=open&assigned=me")
    again = save_view(by=senior, name="My drafts", chosen=WorklistFilter(status=Status.DRAFT))
    assert (again.pk, again.query) == (view.pk, "status=draft")


def test_one_view_opens_first(senior: User) -> None:
    first = save_view(by=senior, name="a", chosen=MINE, is_default=True)
    second = save_view(by=senior, name="b", chosen=MINE, is_default=True)
    assert list(WorklistView.objects.filter(is_default=True)) == [second]
    make_default_view(first, by=senior)
    assert list(WorklistView.objects.filter(is_default=True)) == [first]
    make_default_view(None, by=senior)
    assert not WorklistView.objects.filter(is_default=True).exists()
    WorklistView.objects.filter(pk=first.pk).update(is_default=True)
    with pytest.raises(IntegrityError, match="one_default_view_per_person"), transaction.atomic():
        WorklistView.objects.filter(pk=second.pk).update(is_default=True)


def test_a_view_that_opens_first_still_does_with_other_filters_or_another_name(senior: User) -> None:
    view = save_view(by=senior, name="a", chosen=MINE, is_default=True)
    save_view(by=senior, name="b", chosen=MINE)
    save_view(by=senior, name="a", chosen=WorklistFilter(status=Status.DRAFT))
    rename_view(view, by=senior, name="  My   drafts ")
    assert WorklistView.objects.get(is_default=True, name="My drafts").query == "status=draft"
    for name, error in (("", InvalidInput), ("b", WrongState)):
        with pytest.raises(error):
            rename_view(view, by=senior, name=name)
    with pytest.raises(InvalidInput):
        rename_view(view, by=make_user(Role.JUNIOR), name="taken over")


def test_nobody_touches_the_views_of_others(senior: User, junior: User) -> None:
    view = save_view(by=senior, name="a", chosen=MINE)
    for act in (lambda: delete_view(view, by=junior), lambda: make_default_view(view, by=junior)):
        with pytest.raises(InvalidInput):
            act()
    with pytest.raises(NotAllowed):
        save_view(by=make_user(Role.READER), name="a", chosen=MINE)
    delete_view(view, by=senior)
    assert not WorklistView.objects.exists()


def test_views_have_a_name_and_a_number(senior: User) -> None:
    for name in ("", "   ", "x" * 49, "a\u202eb"):
        with pytest.raises(InvalidInput):
            save_view(by=senior, name=name, chosen=MINE)
    for number in range(MOST_VIEWS):
        save_view(by=senior, name=str(number), chosen=MINE)
    with pytest.raises(WrongState):
        save_view(by=senior, name="one more", chosen=MINE)


def test_switching_the_order_is_logged_each_way_and_once(senior: User) -> None:
    for on in (True, True, False):
        set_suspicion_first(by=senior, on=on)
    logged = AuditEvent.objects.filter(act="worklist.ordered", actor=senior).order_by("sequence")
    assert [event.data for event in logged] == [{"suspicion_first": True}, {"suspicion_first": False}]


def test_the_order_is_refused_to_who_may_not_know(senior: User, junior: User) -> None:
    with pytest.raises(NotAllowed):
        set_suspicion_first(by=make_user(Role.IMPORTER), on=True)
    set_blind_rule(by=senior, user=junior, is_on=True)
    with pytest.raises(NotAllowed):
        set_suspicion_first(by=junior, on=True)
    set_suspicion_first(by=junior, on=False)
