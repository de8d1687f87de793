"""Studies in the API: named fields only, nothing a client may write."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.studies.cohort import deviations_from_table_1
from reporting.studies.models import Patient, QuarantinedFile, Series, Study
from reporting.vocabulary import SeriesRole


class PatientSerializer(serializers.ModelSerializer[Patient]):
    """Identity as the objects carry it: ``name`` is a DICOM person name (PS3.5 6.2)."""

    class Meta:
        model = Patient
        fields = ["id", "patient_id", "issuer", "name", "birth_date", "sex"]
        read_only_fields = fields


class SeriesSerializer(serializers.ModelSerializer[Series]):
    number_of_instances = serializers.IntegerField(read_only=True)
    outside_table_1 = serializers.SerializerMethodField(
        help_text="Parameters outside the ranges of the paper's Table 1; null for a role the table does not have"
    )

    class Meta:
        model = Series
        fields = [
            "id",
            "series_instance_uid",
            "series_number",
            "description",
            "modality",
            "role",
            "role_reason",
            "protocol",
            "completeness",
            "outside_table_1",
            "number_of_instances",
        ]
        read_only_fields = fields

    def get_outside_table_1(self, series: Series) -> list[str] | None:
        found = deviations_from_table_1(SeriesRole(series.role), series.protocol)
        return None if found is None else [deviation.parameter for deviation in found]


class StudySerializer(serializers.ModelSerializer[Study]):
    patient = PatientSerializer(read_only=True)

    class Meta:
        model = Study
        fields = [
            "id",
            "study_instance_uid",
            "accession_number",
            "description",
            "study_date",
            "age_years",
            "section",
            "assigned_to",
            "assignment_version",
            "patient",
            "created_at",
        ]
        read_only_fields = fields


class StudyDetailSerializer(StudySerializer):
    series = SeriesSerializer(source="series_set", many=True, read_only=True)

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "referring_unit", "series"]
        read_only_fields = fields


class QuarantinedFileSerializer(serializers.ModelSerializer[QuarantinedFile]):
    reason_text = serializers.CharField(source="get_reason_display", read_only=True)

    class Meta:
        model = QuarantinedFile
        fields = [
            "id",
            "study",
            "reason",
            "reason_text",
            "size_bytes",
            "sop_instance_uid",
            "study_instance_uid",
            "created_at",
        ]
        read_only_fields = fields


class StudyFilterSerializer(serializers.Serializer[Any]):
    """The filters of the list; anything else is refused."""

    assigned = serializers.ChoiceField(choices=["me", "nobody"], required=False)
    received_after = serializers.DateTimeField(required=False)
    received_before = serializers.DateTimeField(required=False)


class AssignmentSerializer(serializers.Serializer[Any]):
    to = serializers.UUIDField(allow_null=True, help_text="An active radiologist's account, or null for nobody")
