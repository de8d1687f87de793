"""Mounts each app's pages and, under /api/, its DRF views."""

from __future__ import annotations

from django.urls import include, path

from config import health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("config.api_urls")),
    path("dicom-web/", include("reporting.dicom_network.urls")),
    path("fhir/", include("reporting.reports.fhir_urls")),
    path("connections/", include("reporting.connections.urls")),
    path("accounts/", include("reporting.accounts.urls")),
    path("studies/", include("reporting.reports.study_urls")),
    path("algorithms/", include("reporting.reports.algorithm_urls")),
    path("rules/", include("reporting.reports.rules_urls")),
    path("audit/", include("reporting.department_audit.urls")),
    path("reader-studies/", include("reporting.reader_studies.urls")),
    path("", include("reporting.reports.urls")),
    path("", include("reporting.worklist.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
