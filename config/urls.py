"""Mounts each app's pages and, under /api/, its DRF views."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("reporting.accounts.urls")),
    path("studies/", include("reporting.studies.urls")),
    path("", include("reporting.reports.urls")),
]
