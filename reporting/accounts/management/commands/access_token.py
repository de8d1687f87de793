"""``manage.py access_token ACCOUNT NAME [--days 365]``: print a new token once; ``--revoke``: it holds no longer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.access_tokens import issue_token, revoke_token
from reporting.accounts.models import AccessToken, TokenScope, User
from reporting.core.errors import DomainError


class Command(BaseCommand):
    help = "Issue or revoke a token of a service account (STOW-RS), or list all; people make their own on their page"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default="")
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--revoke", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["username"]:
            user = User.objects.filter(username=options["username"]).first()
            if user is None:
                raise CommandError(f"There is no account {options['username']!r}")
            self._change(user, options)
        for each in AccessToken.objects.in_force().select_related("user"):
            self.stdout.write(f"{each.user.username} {each.name} ({each.scope}): until {each.expires_at:%Y-%m-%d}")

    def _change(self, user: User, options: dict[str, Any]) -> None:
        if options["revoke"]:
            for each in AccessToken.objects.in_force().filter(user=user, name=options["name"]):
                revoke_token(each, by=None)
            return
        try:
            token = issue_token(user, name=options["name"], days=options["days"], scope=TokenScope.STORE, by=None)
            self.stdout.write(token)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
