"""Studies in the API: named fields only, nothing a client may write."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.studies.models import Patient, QuarantinedFile, Series, Study


class PatientSerializer(serializers.ModelSerializer[Patient]):
    """Identity as the objects carry it: ``name`` is a DICOM person name (PS3.5 6.2)."""

    class Meta:
        model = Patient
        fields = ["id", "patient_id", "issuer", "name", "birth_date", "sex"]
        read_only_fields = fields


class SeriesSerializer(serializers.ModelSerializer[Series]):
    number_of_instances = serializers.IntegerField(read_only=True)

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
            "number_of_instances",
        ]
        read_only_fields = fields


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
