"""The worklist: studies one may read, with the state of their job and report."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/worklist.html", {"nav": "worklist"})
