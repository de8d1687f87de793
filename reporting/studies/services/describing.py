"""What concerns a whole series: its role, its gaps, its protocol."""

from __future__ import annotations

from reporting.studies.completeness import check_completeness
from reporting.studies.header_codec import decode_header
from reporting.studies.models import Series, SopInstance
from reporting.studies.protocol import protocol_of
from reporting.studies.series_roles import assign_role


def describe(series: Series) -> None:
    """From all objects of the series, those that came earlier included; the caller has the study for itself."""
    stored = SopInstance.objects.filter(series=series).order_by("instance_number", "sop_instance_uid")
    headers = [decode_header(header) for header in stored.values_list("header", flat=True) if header]
    decision = assign_role(headers)
    completeness = check_completeness(headers)
    series.role, series.role_reason = decision.role.value, decision.reason.value
    series.completeness = completeness.as_json()
    series.protocol = protocol_of(headers[0].series, completeness)
    series.save(update_fields=["role", "role_reason", "completeness", "protocol", "updated_at"])
