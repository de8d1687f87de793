"""Addresses under /fhir/: the release, then what FHIR itself says."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reporting.reports.exports.fhir.addresses import READABLE, RESOURCE_ID
from reporting.reports.fhir_api import RELEASES, MetadataView, ReadView, SearchView


class ReleaseConverter(StringConverter):
    regex = "|".join(RELEASES)


class KindConverter(StringConverter):
    regex = "|".join(READABLE)


class IdConverter(StringConverter):
    regex = RESOURCE_ID


register_converter(ReleaseConverter, "fhir_release")
register_converter(KindConverter, "fhir_kind")
register_converter(IdConverter, "fhir_id")

app_name = "fhir"
urlpatterns = [
    path("<fhir_release:release>/metadata", MetadataView.as_view(), name="metadata"),
    path("<fhir_release:release>/DiagnosticReport", SearchView.as_view(), name="search"),
    path("<fhir_release:release>/<fhir_kind:kind>/<fhir_id:resource_id>", ReadView.as_view(), name="read"),
]
