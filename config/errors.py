"""Answers to what no view handled: the error shape for programs, ordinary pages elsewhere. Never a stack trace."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.csrf import csrf_failure as default_csrf_failure

from reporting.core.rest import error_body

_FOR_PROGRAMS = ("/api/", "/dicom-web/", "/fhir/")


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(_FOR_PROGRAMS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return JsonResponse(error_body("invalid_input", _("This request cannot be understood")), status=400)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return JsonResponse(error_body("not_allowed", _("Not allowed")), status=403)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return JsonResponse(error_body("not_found", _("Not found")), status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if _is_api(request):
        message = _("Something went wrong. Nothing was changed by this request unless the page says so.")
        return JsonResponse(error_body("server_error", message), status=500)
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if _is_api(request):
        return JsonResponse(error_body("csrf", _("The page is too old; load it again")), status=403)
    return default_csrf_failure(request, reason)
