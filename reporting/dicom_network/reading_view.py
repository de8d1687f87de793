"""What the reading addresses of DICOMweb have in common: who may ask, and that the trail says who saw a study."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.models import TokenScope, User
from reporting.accounts.rest import actor, token_of
from reporting.accounts.token_authentication import TokenAuthentication
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.authentication import SessionAuthentication
from reporting.core.rest import AnyAccept
from reporting.studies.models import Study

VARY = "Accept, Authorization, Cookie"


class ReadingView(APIView):
    """Open to sessions and to tokens for images.

    The page that shows a study notes that it was opened; who asks here without that page is noted here: every program,
    and whoever takes objects or values away whole (``gives_objects``). Once an hour and process, not once an image.
    """

    authentication_classes = [SessionAuthentication, TokenAuthentication]
    token_scopes: ClassVar[dict[str, TokenScope]] = {"GET": TokenScope.IMAGES}
    content_negotiation_class = AnyAccept
    gives_objects: ClassVar[bool] = False

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD") and answer.status_code < 400 and (token_of(request) or self.gives_objects):
            hour = timezone.now().replace(minute=0, second=0, microsecond=0)
            _note_once(actor(request).pk, self.kwargs.get("study_uid", ""), hour, **token_of(request))
        return answer


@functools.lru_cache(maxsize=10_000)
def _note_once(user_id: UUID, study_uid: str, _hour: datetime, **token: int) -> None:
    by = User.objects.get(pk=user_id)
    data = {"over": "dicomweb", **token}
    if not study_uid:
        record(AuditAct.STUDIES_SEARCHED, by=by, data=data)
        return
    study = Study.objects.filter(study_instance_uid=study_uid).first()
    if study is not None:
        record(AuditAct.STUDY_OPENED, by=by, about=study, data=data)
