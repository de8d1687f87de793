"""Which reader study an address is about, for whom."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import VersionRequired
from reporting.reader_studies.models import ReaderStudy


def person(request: HttpRequest) -> User:
    """The logged-in person. Raises :class:`NotAllowed` for a role that has no part in reader studies."""
    user = cast(User, request.user)
    require(user, Act.READER_STUDY_VIEW)
    return user


def known_study(request: HttpRequest, study_id: uuid.UUID) -> ReaderStudy:
    """The study, or 404 for anybody without a part in it."""
    return get_object_or_404(ReaderStudy.objects.visible_to(cast(User, request.user)), pk=study_id)


def seen_version(request: HttpRequest) -> int:
    """The version of the study that the sent page was made of."""
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise VersionRequired("version")
    return int(text)
