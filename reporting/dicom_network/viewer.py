"""All of an account that decides what it may know of: what its questions are compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reporting.accounts.models import User


@dataclass(frozen=True)
class Viewer:
    pk: UUID
    role: str
    section: str
    is_active: bool

    @classmethod
    def of(cls, user: User) -> Viewer:
        return cls(user.pk, user.role, user.section, user.is_active)

    def as_user(self) -> User:
        """An account that has nothing else, so that no condition built for it can depend on more than this says."""
        return User(pk=self.pk, role=self.role, section=self.section, is_active=self.is_active)
