"""Where those land after log-in who read no studies: what their role has to do here."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.models import InferenceJob, JobStatus, WorkerHeartbeat


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if may(user, Act.STUDY_VIEW):
        return redirect("worklist:list")
    context: dict[str, object] = {"nav": "home"}
    if may(user, Act.USER_MANAGE):
        context["accounts"] = User.objects.order_by("role", "full_name")
    if may(user, Act.OPERATIONS_VIEW):
        context["workers"] = WorkerHeartbeat.objects.alive()
        context["waiting"] = InferenceJob.objects.open().count()
        context["failed"] = InferenceJob.objects.filter(status=JobStatus.FAILED).count()
    return render(request, "home.html", context)
