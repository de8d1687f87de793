"""What the reading addresses of DICOMweb have in common: who may ask, and that the trail says who saw a study."""

from __future__ import annotations

import functools
from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.models import AccessToken, TokenScope, User
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
    and whoever takes whole objects away (``gives_objects``). Once an hour and process, not once an image.
    """

    authentication_classes = [SessionAuthentication, TokenAuthentication]
    token_scopes: ClassVar[dict[str, TokenScope]] = {"GET": TokenScope.IMAGES}
    content_negotiation_class = AnyAccept
    gives_objects: ClassVar[bool] = False

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        by_program = isinstance(request.auth, AccessToken)
        if request.method in ("GET", "HEAD") and answer.status_code < 400 and (by_program or self.gives_objects):
            _note(request, self.kwargs.get("study_uid", ""))
        return answer


def _note(request: Request, study_uid: str) -> None:
    if study_uid and isinstance(request.user, User):
        token = request.auth.pk if isinstance(request.auth, AccessToken) else None
        _note_once(request.user.pk, token, study_uid, timezone.now().replace(minute=0, second=0, microsecond=0))


@functools.lru_cache(maxsize=10_000)
def _note_once(user_id: UUID, token_id: int | None, study_uid: str, _hour: object) -> None:
    study = Study.objects.filter(study_instance_uid=study_uid).first()
    by = User.objects.filter(pk=user_id).first()
    if study is not None and by is not None:
        over = {"over": "dicomweb"} | ({} if token_id is None else {"token": token_id})
        record(AuditAct.STUDY_OPENED, by=by, about=study, data=over)
