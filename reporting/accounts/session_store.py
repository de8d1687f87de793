"""Sessions in the database (the setting ``SESSION_ENGINE``), each read together with its account."""

from __future__ import annotations

import functools
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from reporting.accounts.models import Session, User
from reporting.core.compiled_query import CompiledQuery, Given, row_of

_SESSION = [field.attname for field in Session._meta.concrete_fields]
_ACCOUNT = [field.attname for field in User._meta.concrete_fields]


@functools.cache
def _in_force() -> CompiledQuery:
    named = Session.objects.filter(session_key=Given("key", CharField()), expire_date__gt=Given("now", DateTimeField()))
    return CompiledQuery(named, *_SESSION, *(f"user__{name}" for name in _ACCOUNT))


class SessionStore(db.SessionStore):
    """Django's. ``account``: whose session was read, with that account as the database has it now."""

    account: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create(self) -> None:
        self.clear_expired()
        super().create()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = data.get(SESSION_KEY)
        return session

    def _get_session_from_db(self) -> Session | None:
        found = _in_force().first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = self.account = None
            return None
        session = row_of(Session, found)
        account = {name: found[f"user__{name}"] for name in _ACCOUNT}
        self.account = row_of(User, account) if session.user_id else None
        return session

    def flush(self) -> None:
        self.account = None
        super().flush()
