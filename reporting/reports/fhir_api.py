"""Signed reports for other programs, by FHIR's own addresses: /fhir/r4 and /fhir/r5."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.models import TokenScope
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor, token_of
from reporting.accounts.token_authentication import TokenAuthentication
from reporting.core.authentication import SessionAuthentication
from reporting.core.errors import DomainError
from reporting.core.rest import AnyAccept
from reporting.reports.exports.fhir import Release
from reporting.reports.exports.fhir.addresses import PAGING, PARAMETERS, READABLE, RESOURCE_ID
from reporting.reports.exports.fhir.datatypes import Resource
from reporting.reports.fhir_reading import read_resource, search_reports

RELEASES = {"r4": Release.R4, "r5": Release.R5}
_RELEASE = OpenApiParameter("release", str, OpenApiParameter.PATH, enum=list(RELEASES))
_KIND = "application/fhir+json"
_ANSWERS: dict[Any, Any] = {(status, _KIND): OpenApiTypes.OBJECT for status in (200, 401, 403, 404)}
_ISSUES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found"}


class _FhirView(APIView):
    """Refusals are OperationOutcomes, as a FHIR client expects."""

    authentication_classes = [SessionAuthentication, TokenAuthentication]
    token_scopes: ClassVar[dict[str, TokenScope]] = {"GET": TokenScope.REPORTS}
    content_negotiation_class = AnyAccept

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, DomainError):
            return outcome(exc.http_status, exc.message)
        refused = super().handle_exception(exc)
        answered = outcome(refused.status_code, refused.data["error"]["message"])
        if "WWW-Authenticate" in refused:
            answered["WWW-Authenticate"] = refused["WWW-Authenticate"]
        return answered


class MetadataView(_FhirView):
    @extend_schema(operation_id="fhir_metadata", parameters=[_RELEASE], responses=_ANSWERS)
    def get(self, request: Request, release: str) -> HttpResponse:
        """What can be asked here."""
        require(actor(request), Act.REPORT_EXPORT)
        return answer(_capabilities(RELEASES[release]), RELEASES[release])


class SearchView(_FhirView):
    @extend_schema(
        operation_id="fhir_search_reports",
        parameters=[_RELEASE, *(OpenApiParameter(name, OpenApiTypes.STR) for name in (*PARAMETERS, *PAGING))],
        responses=_ANSWERS | {(400, _KIND): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, release: str) -> HttpResponse:
        """Reports with the newest signed version of each: by report or accession number, patient, time of issue."""
        query = {name: str(value) for name, value in request.query_params.items()}
        found, total, (offset, count) = search_reports(
            query, RELEASES[release], by=actor(request), token=token_of(request)
        )
        base = request.build_absolute_uri(f"/fhir/{release}")
        bundle: Resource = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": total,
            "link": _links(f"{base}/DiagnosticReport", query, offset, count, total),
        }
        if found:
            bundle["entry"] = [
                {"fullUrl": f"{base}/DiagnosticReport/{one['id']}", "resource": one, "search": {"mode": "match"}}
                for one in found
            ]
        return answer(bundle, RELEASES[release])


class ReadView(_FhirView):
    @extend_schema(
        operation_id="fhir_read",
        parameters=[
            _RELEASE,
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(READABLE)),
            OpenApiParameter("resource_id", {"type": "string", "pattern": f"^{RESOURCE_ID}$"}, OpenApiParameter.PATH),
        ],
        responses=_ANSWERS,
    )
    def get(self, request: Request, release: str, kind: str, resource_id: str) -> HttpResponse:
        """One resource of the newest signed version of its report."""
        found = read_resource(kind, resource_id, RELEASES[release], by=actor(request), token=token_of(request))
        if found is None:
            return outcome(404, "There is no such resource")
        return answer(found, RELEASES[release])


def _links(address: str, query: dict[str, str], offset: int, count: int, total: int) -> list[dict[str, str]]:
    def link(relation: str, start: int) -> dict[str, str]:
        asked = {**query, "_count": str(count), "_offset": str(start)}
        return {"relation": relation, "url": f"{address}?{urlencode(asked)}"}

    more = [link("next", offset + count)] if count and offset + count < total else []
    return [link("self", offset), *more]


def _capabilities(release: Release) -> Resource:
    def resource(kind: str) -> dict[str, Any]:
        said: dict[str, Any] = {"type": kind, "interaction": [{"code": "read"}]}
        if kind == "DiagnosticReport":
            said["interaction"].append({"code": "search-type"})
            said["searchParam"] = [{"name": name, "type": kind_of} for name, kind_of in PARAMETERS.items()]
        return said

    without = "DocumentReference" if release is Release.R4 else "Media"
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": timezone.localdate().isoformat(),
        "kind": "instance",
        "implementation": {"description": "Dens: signed reports of MR of the cervical spine"},
        "fhirVersion": release.value,
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [resource(kind) for kind in READABLE if kind != without]}],
    }


def answer(resource: Resource, release: Release, status: int = 200) -> HttpResponse:
    text = json.dumps(resource, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return HttpResponse(text.encode(), content_type=release.content_type, status=status)


def outcome(status: int, words: str) -> HttpResponse:
    issue = {"severity": "error", "code": _ISSUES.get(status, "processing"), "diagnostics": words}
    body = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}, ensure_ascii=False)
    return HttpResponse(body.encode(), content_type=_KIND, status=status)
