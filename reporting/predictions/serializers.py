"""Jobs and predictions in the API: named fields only, nothing a client may write."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reporting.predictions.case_words import case_reason_text
from reporting.predictions.failure_words import failure_text
from reporting.predictions.models import Algorithm, CaseRun, InferenceJob, Prediction, ThresholdChange


class AlgorithmSerializer(serializers.ModelSerializer[Algorithm]):
    class Meta:
        model = Algorithm
        fields = ["name", "version", "weights_sha256", "applicability"]
        read_only_fields = fields


class CaseRunSerializer(serializers.ModelSerializer[CaseRun]):
    """A run on the frozen cases; ``reasons`` are empty when it passed."""

    reasons = serializers.SerializerMethodField(help_text="Why it did not pass, in the reader's language")

    class Meta:
        model = CaseRun
        fields = ["id", "status", "set_digest", "reasons", "results", "created_at", "started_at", "finished_at"]
        read_only_fields = fields

    def get_reasons(self, run: CaseRun) -> list[str]:
        return [case_reason_text(str(code)) for code in run.results.get("reasons", ())]


class RegisteredAlgorithmSerializer(serializers.ModelSerializer[Algorithm]):
    """An algorithm of the registry with who proposed and activated it; nobody: set-up did."""

    proposed_by = serializers.CharField(source="proposed_by.full_name", default=None, allow_null=True, read_only=True)
    activated_by = serializers.CharField(source="activated_by.full_name", default=None, allow_null=True, read_only=True)
    thresholds_in_force = serializers.SerializerMethodField(
        help_text="Where the department moved one: finding → operating point of results from now on"
    )

    class Meta:
        model = Algorithm
        fields = [
            "id",
            "name",
            "version",
            "weights_sha256",
            "applicability",
            "kind",
            "fills_reports",
            "status",
            "thresholds",
            "thresholds_in_force",
            "proposed_by",
            "proposed_at",
            "proposal_reason",
            "activated_by",
            "activated_at",
            "retired_at",
            "created_at",
        ]
        read_only_fields = fields

    def get_thresholds_in_force(self, algorithm: Algorithm) -> dict[str, float]:
        changes = ThresholdChange.objects.in_force(algorithm)
        return {finding: change.threshold for finding, change in changes.items()}


class AlgorithmDetailSerializer(RegisteredAlgorithmSerializer):
    """With its card, and its newest run on the frozen cases."""

    newest_case_run = serializers.SerializerMethodField()

    class Meta(RegisteredAlgorithmSerializer.Meta):
        fields = [*RegisteredAlgorithmSerializer.Meta.fields, "origin", "card", "newest_case_run"]
        read_only_fields = fields

    @extend_schema_field(CaseRunSerializer(allow_null=True))
    def get_newest_case_run(self, algorithm: Algorithm) -> Any:
        run = algorithm.case_runs.first()
        return None if run is None else CaseRunSerializer(run).data


class AlgorithmReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class InferenceRequestSerializer(serializers.Serializer[Any]):
    """What to look at the study with; an empty body asks for an ordinary reading."""

    c2_3_lps_mm = serializers.ListField(
        child=serializers.FloatField(),
        min_length=3,
        max_length=3,
        required=False,
        help_text="A point in disc C2/3 (LPS mm), where the machine could not name the levels",
    )


class InferenceJobSerializer(serializers.ModelSerializer[InferenceJob]):
    """A job's state. ``stage`` is where a running one is; ``c2_3_hint_lps_mm`` where a reader pointed at C2/3."""

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
            "c2_3_hint_lps_mm",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_failure_message(self, job: InferenceJob) -> str:
        return failure_text(job)


class InferenceJobDetailSerializer(InferenceJobSerializer):
    """With the analysis: series, gate, levels, measurements, timings (docs/analysis_schema.md).

    ``thresholds``: operating points of the department that it was computed with instead of the algorithm's own.
    """

    analysis = serializers.SerializerMethodField()

    class Meta(InferenceJobSerializer.Meta):
        fields = [*InferenceJobSerializer.Meta.fields, "input_digest", "thresholds", "analysis"]
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
