"""Make an account from the machine itself; this is how the first administrator comes to be."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import Role
from reporting.accounts.services import create_user
from reporting.core.errors import InvalidInput


class Command(BaseCommand):
    help = "Create an account and print its password once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--full-name", required=True)
        parser.add_argument("--section", default="")
        parser.add_argument("--language", default="en")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, password = create_user(
                username=options["username"],
                full_name=options["full_name"],
                role=Role(options["role"]),
                section=options["section"],
                language=options["language"],
                by=None,
            )
        except InvalidInput as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.username}\t{user.role}\t{password}")
