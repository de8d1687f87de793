"""One demo account per role; prints the passwords. A second run prints the same ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reporting.accounts.demo import create_demo_users


class Command(BaseCommand):
    help = "Create one demo account per role and print their passwords."

    def handle(self, *args: Any, **options: Any) -> None:
        for user, password in create_demo_users():
            self.stdout.write(f"{user.username:<12}{password:<24}{user.full_name}")
