"""Who is to read a study: one person's decision, never silently another's undone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion
from reporting.studies.models import Study
from reporting.studies.services import assign_study
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db


def test_an_assignment_names_the_one_it_saw() -> None:
    senior, first, second = make_user(Role.SENIOR), make_user(Role.JUNIOR), make_user(Role.JUNIOR)
    study = assign_study(make_study(), to=first, by=senior, expected_version=1)
    with pytest.raises(StaleVersion, match=first.full_name):
        assign_study(study, to=second, by=senior, expected_version=1)
    assert Study.objects.get().assigned_to == first
    assign_study(study, to=None, by=senior, expected_version=study.assignment_version)
    assert Study.objects.get().assigned_to is None
    events = AuditEvent.objects.filter(act="study.assigned").order_by("sequence")
    assert [event.data["to"] for event in events] == [str(first.pk), None]


def test_only_seniors_assign_and_only_radiologists_are_given_studies() -> None:
    senior, study = make_user(Role.SENIOR), make_study()
    with pytest.raises(NotAllowed):
        assign_study(study, to=None, by=make_user(Role.JUNIOR), expected_version=1)
    for reader in (make_user(Role.AUDITOR), make_user(Role.JUNIOR, is_active=False)):
        with pytest.raises(InvalidInput):
            assign_study(study, to=reader, by=senior, expected_version=1)


def test_the_api_asks_for_the_version(client: Client) -> None:
    senior, study = make_user(Role.SENIOR), make_study()
    client.force_login(senior)
    address = reverse("api:study-assignment", args=[study.pk])
    body = {"to": str(senior.pk)}
    assert client.put(address, body, "application/json").status_code == 428
    done = client.put(address, body, "application/json", headers={"If-Match": '"1"'})
    assert (done.status_code, done["ETag"], done.json()["assignment_version"]) == (200, '"2"', 2)
    late = client.put(address, {"to": None}, "application/json", headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["error"]["details"]) == (412, {"assignment_version": 2})
