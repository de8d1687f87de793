"""The list says which study has a critical finding that nobody has been told of, and when that is overdue."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reporting.accounts.models import User
from reporting.reports.services.critical_path import raise_alert
from tests.reports.factories import make_draft, make_late
from tests.worklist.conftest import logged_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("overdue", [False, True])
def test_an_alert_stands_in_its_row(overdue: bool, senior: User) -> None:
    if overdue:
        make_late()
    report = make_draft()
    raise_alert(report, code="critical.x", category=1, finding=("x", "x"), places=(), fingerprint="", by=senior)
    shown = logged_in(senior).get(reverse("worklist:list"), follow=True).content.decode()
    assert "critical 1, not told" in shown
    assert ("tag-danger" in shown.split("critical 1, not told")[0][-200:]) is overdue
