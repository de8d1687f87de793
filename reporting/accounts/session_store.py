"""Sessions in the database (the setting ``SESSION_ENGINE``), each read together with its account."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from reporting.accounts.models import Session, User


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
        session: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.account = session.user if session else None
        return session

    def flush(self) -> None:
        self.account = None
        super().flush()
