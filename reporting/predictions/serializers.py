"""Jobs and predictions in the API: named fields only, nothing a client may write."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reporting.predictions.failure_words import failure_text
from reporting.predictions.models import Algorithm, InferenceJob, Prediction


class AlgorithmSerializer(serializers.ModelSerializer[Algorithm]):
    class Meta:
        model = Algorithm
        fields = ["name", "version", "weights_sha256", "applicability"]
        read_only_fields = fields


class InferenceJobSerializer(serializers.ModelSerializer[InferenceJob]):
    """A job's state. ``stage`` is where a running one is."""

    algorithm = AlgorithmSerializer(read_only=True)
    failure_message = serializers.SerializerMethodField(help_text="failure_reason in words, in the reader's language")
    failure_details = serializers.CharField(
        source="failure_message", read_only=True, help_text="Technical, in English: for whoever repairs the cause"
    )

    class Meta:
        model = InferenceJob
        fields = [
            "id",
            "study",
            "status",
            "stage",
            "attempt",
            "device",
            "failure_reason",
            "failure_message",
            "failure_details",
            "algorithm",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_failure_message(self, job: InferenceJob) -> str:
        return failure_text(job)


class InferenceJobDetailSerializer(InferenceJobSerializer):
    """With the analysis: series, gate, levels, measurements, timings (docs/analysis_schema.md)."""

    analysis = serializers.SerializerMethodField()

    class Meta(InferenceJobSerializer.Meta):
        fields = [*InferenceJobSerializer.Meta.fields, "input_digest", "analysis"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_analysis(self, job: InferenceJob) -> Any:
        return job.result


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    """One machine statement. ``positive`` means disease; it is no finding until a person says so."""

    class Meta:
        model = Prediction
        fields = [
            "id",
            "finding",
            "level",
            "side",
            "probability",
            "threshold",
            "positive",
            "mm",
            "mm_from_mask",
            "grade",
            "zone",
            "herniation_side",
            "direction",
            "flags",
            "series_instance_uid",
            "sop_instance_uid",
            "frame_number",
        ]
        read_only_fields = fields
