"""Creating accounts and giving roles takes a second person; demo accounts are made once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from reporting.accounts import services
from reporting.accounts.demo import create_demo_users
from reporting.accounts.models import Role, User
from reporting.accounts.permissions import PERMISSIONS, Act, may
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


def _user(username: str, role: Role) -> User:
    return services.create_user(username=username, full_name=username, role=role, by=None)[0]


def test_an_administrator_creates_an_account_with_a_random_password() -> None:
    admin = _user("admin", Role.ADMIN)
    user, password = services.create_user(username="new", full_name="New", role=Role.JUNIOR, by=admin)
    assert user.check_password(password)
    assert user.password.startswith("argon2")
    event = AuditEvent.objects.filter(act=AuditAct.ROLE_GRANTED).last()
    assert event is not None
    assert event.actor == admin
    assert event.data["new"] == "junior"
    assert password not in str(event.data)


def test_an_administrator_cannot_choose_a_password() -> None:
    with pytest.raises(NotAllowed):
        services.create_user(
            username="new",
            full_name="New",
            role=Role.JUNIOR,
            password="known to the admin",
            by=_user("admin", Role.ADMIN),
        )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_administrators_manage_accounts(role: Role) -> None:
    somebody, other = _user("somebody", role), _user("other", Role.JUNIOR)
    with pytest.raises(NotAllowed):
        services.create_user(username="new", full_name="New", role=Role.SENIOR, by=somebody)
    with pytest.raises(NotAllowed):
        services.grant_role(other, Role.SENIOR, by=somebody)
    with pytest.raises(NotAllowed):
        services.set_active(other, False, by=somebody)


def test_nobody_changes_their_own_role_or_account() -> None:
    admin = _user("admin", Role.ADMIN)
    with pytest.raises(NotAllowed):
        services.grant_role(admin, Role.SENIOR, by=admin)
    with pytest.raises(NotAllowed):
        services.set_active(admin, False, by=admin)


def test_a_granted_role_is_kept_with_the_old_one() -> None:
    admin, junior = _user("admin", Role.ADMIN), _user("junior", Role.JUNIOR)
    services.grant_role(junior, Role.SENIOR, by=admin)
    junior.refresh_from_db()
    assert junior.role == Role.SENIOR
    event = AuditEvent.objects.filter(act=AuditAct.ROLE_GRANTED).last()
    assert event is not None
    assert (event.data["old"], event.data["new"]) == ("junior", "senior")


def test_being_administrator_gives_no_clinical_right() -> None:
    clinical = {act for act in Act if act.split(".")[0] in {"study", "report", "prediction", "quarantine", "inference"}}
    assert not clinical & PERMISSIONS[Role.ADMIN]


def test_a_closed_account_may_nothing() -> None:
    senior = _user("senior", Role.SENIOR)
    assert may(senior, Act.REPORT_SIGN)
    services.set_active(senior, False, by=_user("admin", Role.ADMIN))
    senior.refresh_from_db()
    assert not may(senior, Act.REPORT_SIGN)


@pytest.mark.parametrize("username", ["", " ", "a" * 65, "line\nbreak", "nul\x00", "Taken"])
def test_odd_and_taken_user_names_are_refused(username: str) -> None:
    _user("taken", Role.JUNIOR)
    with pytest.raises(InvalidInput):
        services.create_user(username=username, full_name="x", role=Role.JUNIOR, by=None)


def test_demo_accounts_keep_their_passwords(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    first = {user.username: password for user, password in create_demo_users()}
    second = {user.username: password for user, password in create_demo_users()}
    assert first == second
    assert set(first) == {role.value for role in Role} - {"service"}
    assert len(set(first.values())) == len(first)
    assert all(User.objects.get(username=name).check_password(word) for name, word in first.items())
    assert (tmp_path / "demo_passwords.json").stat().st_mode & 0o777 == 0o600


def test_the_first_administrator_comes_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_user", "root-admin", role="admin", full_name="First Admin")
    name, role, password = capsys.readouterr().out.strip().split("\t")
    assert (name, role) == ("root-admin", "admin")
    assert User.objects.get(username=name).check_password(password)
