"""Who may look, at what, with which filter: the same at every address of the audit."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from django.http import HttpRequest

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.department_audit.filters import Filter


def viewer(request: HttpRequest) -> User:
    """The logged-in person. Raises :class:`NotAllowed` for a role that does not see the audit."""
    user = cast(User, request.user)
    require(user, Act.DEPARTMENT_AUDIT_VIEW)
    return user


def chosen_filter(request: HttpRequest, also: Collection[str] = ()) -> Filter:
    """The address' filter. Raises :class:`InvalidInput` for one that does not exist."""
    return Filter.from_query(request.GET.dict(), also=also)
