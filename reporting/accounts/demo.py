"""Demo accounts: one per role, with passwords made once for this installation."""

from __future__ import annotations

import json
import os
import secrets

from django.conf import settings

from reporting.accounts.models import Role, User
from reporting.accounts.services import create_user

_FULL_NAMES = {
    Role.JUNIOR: "Dr Wei Lin",
    Role.SENIOR: "Dr Mei Chen",
    Role.AUDITOR: "Dr Ana Brandt",
    Role.RESEARCHER: "Dr Sam Okoye",
    Role.READER: "Dr Hana Sato",
    Role.IMPORTER: "Jo Meyer",
    Role.ADMIN: "Kim Larsen",
}


def demo_passwords() -> dict[str, str]:
    """User name → password, from ``demo_passwords.json`` in the state folder (0600), made at the first call."""
    path = settings.STATE_DIR / "demo_passwords.json"
    passwords: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [role.value for role in _FULL_NAMES if role.value not in passwords]
    if missing:
        passwords |= {name: "-".join(secrets.token_hex(2) for _ in range(4)) for name in missing}
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(passwords, file, indent=1)
        temporary.replace(path)
    return passwords


def create_demo_users() -> list[tuple[User, str]]:
    """Every demo account with its password; calling it again changes nothing."""
    passwords = demo_passwords()
    users = []
    for role, full_name in _FULL_NAMES.items():
        name, password = role.value, passwords[role.value]
        user = User.objects.filter(username=name).first()
        if user is None:
            user, _password = create_user(
                username=name,
                full_name=full_name,
                role=role,
                section=settings.DEPARTMENT_SECTION,
                password=password,
                by=None,
            )
        elif not user.check_password(password):  # the database outlived the state folder
            user.set_password(password)
            user.save(update_fields=["password"])
        users.append((user, password))
    return users
