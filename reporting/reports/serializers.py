"""Reports in the API. Output: named fields only. Input: what a change may say, and nothing else is looked at."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reporting.reports.models import STATUS_LABELS, Finding, NoticeKind, NoticeMethod, Report, ReportVersion, Signature
from reporting.reports.rendering import IMPRESSION, Language
from reporting.reports.states import ReportStatus
from reporting.reports.template import Block

LANGUAGE_CHOICES = [(language.value, language.value) for language in Language]
STATUS_CHOICES = [(status.value, STATUS_LABELS[status]) for status in ReportStatus]


class ReportSerializer(serializers.ModelSerializer[Report]):
    class Meta:
        model = Report
        fields = ["id", "study", "status", "version", "author", "job", "created_at", "updated_at"]
        read_only_fields = fields


class MachineSerializer(serializers.Serializer[Finding]):
    """What the machine said at this place: no finding until a person says so."""

    prediction = serializers.UUIDField(source="prediction_id", allow_null=True)
    value = serializers.JSONField(source="machine_value", allow_null=True)
    note = serializers.CharField(source="machine_note")


class FindingSerializer(serializers.ModelSerializer[Finding]):
    place = serializers.CharField(read_only=True, help_text="field@level:side#instance, e.g. lf@C5/6:left")
    value = serializers.JSONField(
        source="human_value",
        allow_null=True,
        read_only=True,
        help_text="What a person stands behind; null for a suggestion, which is told under machine",
    )
    machine = MachineSerializer(source="*", read_only=True)

    class Meta:
        model = Finding
        fields = ["place", "state", "value", "unit", "bulk", "set_by", "set_at", "report_version", "machine"]
        read_only_fields = fields


class LevelMapSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    mapping = serializers.DictField(child=serializers.CharField(allow_null=True))


class ProblemSerializer(serializers.Serializer[Any]):
    """One thing between the report and its signature."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["block", "ask"])
    message = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())
    section = serializers.CharField(help_text="Of the hand-edited paragraph it is about; empty for a field")
    language = serializers.CharField(help_text="Of that paragraph")
    fingerprint = serializers.CharField(help_text="Send it back with the answer: it names exactly this question")
    settled = serializers.BooleanField()


class CriticalSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    category = serializers.IntegerField(help_text="1 within minutes, 2 within hours, 3 within days")
    keys = serializers.ListField(child=serializers.CharField())


class ReportDetailSerializer(ReportSerializer):
    template_version = serializers.CharField(source="template.version", read_only=True)
    content_digest = serializers.CharField(help_text="Of what is shown now; a signature names it", read_only=True)
    levels = LevelMapSerializer(read_only=True)
    findings = FindingSerializer(many=True, read_only=True)
    problems = ProblemSerializer(many=True, read_only=True)
    criticals = CriticalSerializer(many=True, read_only=True)

    class Meta(ReportSerializer.Meta):
        fields = [
            *ReportSerializer.Meta.fields,
            "closing_reason",
            "template_version",
            "content_digest",
            "levels",
            "findings",
            "problems",
            "criticals",
        ]
        read_only_fields = fields


class ProblemsSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    content_digest = serializers.CharField()
    problems = ProblemSerializer(many=True)
    criticals = CriticalSerializer(many=True)


class LanguageTextSerializer(serializers.Serializer[Any]):
    findings = serializers.CharField()
    impression = serializers.CharField()


class NarrativeSerializer(serializers.Serializer[Any]):
    """The report as prose, worded in each language from the same fields."""

    version = serializers.IntegerField()
    content_digest = serializers.CharField()
    en = LanguageTextSerializer()
    zh = LanguageTextSerializer()


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    class Meta:
        model = Signature
        fields = ["signer", "signer_name", "signer_role", "meaning", "signed_at", "site"]
        read_only_fields = fields


class ReportVersionSerializer(serializers.ModelSerializer[ReportVersion]):
    signature = SignatureSerializer(read_only=True)

    class Meta:
        model = ReportVersion
        fields = ["number", "kind", "sha256", "template_version", "created_at", "signature"]
        read_only_fields = fields


class ReportVersionDetailSerializer(ReportVersionSerializer):
    content = serializers.SerializerMethodField()

    class Meta(ReportVersionSerializer.Meta):
        fields = [*ReportVersionSerializer.Meta.fields, "text_en", "text_zh", "content"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.STR)
    def get_content(self, version: ReportVersion) -> str:
        """Canonical JSON, as text: byte for byte what ``sha256`` is the digest of."""
        return version.content


# --- answers to a change ----------------------------------------------------------------------------------------------


class ChangedSerializer(serializers.Serializer[Any]):
    """The report after a change: ``version`` is what the next change names in If-Match."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    version = serializers.IntegerField()


class FindingChangedSerializer(ChangedSerializer):
    finding = FindingSerializer()


class RestConfirmedSerializer(ChangedSerializer):
    confirmed = serializers.IntegerField()
    remaining = serializers.ListField(child=serializers.CharField(), help_text="Machine positives to decide one by one")


class SignedSerializer(ChangedSerializer):
    signed = ReportVersionSerializer()


# --- what a change may say --------------------------------------------------------------------------------------------


class StartSerializer(serializers.Serializer[Any]):
    study = serializers.UUIDField()


class ReportFilterSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=[status.value for status in ReportStatus], required=False)
    study = serializers.UUIDField(required=False)
    mine = serializers.BooleanField(required=False)


class NothingSerializer(serializers.Serializer[Any]):
    """No body is needed."""


class PlaceSerializer(serializers.Serializer[Any]):
    place = serializers.CharField(max_length=80, help_text="field@level:side#instance, e.g. lf@C5/6:left")


class AcceptSerializer(PlaceSerializer):
    with_details = serializers.BooleanField(default=False, help_text="Zone and side, direction and grade as well")


class ValueSerializer(PlaceSerializer):
    value = serializers.JSONField(help_text="A code, a list of codes, a number or a text, as the template says")


class ConfirmRestSerializer(serializers.Serializer[Any]):
    seconds = serializers.FloatField(required=False, min_value=0, max_value=86400)


class MoveLevelSerializer(serializers.Serializer[Any]):
    level = serializers.CharField(max_length=8)
    to = serializers.CharField(max_length=8)


class InsertLevelSerializer(serializers.Serializer[Any]):
    disc = serializers.CharField(max_length=8, help_text="The level is missed above this disc")
    is_block = serializers.BooleanField(default=False, help_text="Two bodies are fused: noted as block vertebra")


class RemoveLevelSerializer(serializers.Serializer[Any]):
    disc = serializers.CharField(max_length=8)


class LevelSliceSerializer(serializers.Serializer[Any]):
    level = serializers.CharField(max_length=8)
    instance = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=1, help_text="Counts from 1")


class RelabelSerializer(serializers.Serializer[Any]):
    """Exactly one correction, in the levels' present names."""

    shift = serializers.IntegerField(required=False, min_value=-5, max_value=5, help_text="All levels; +1: C4 is C5")
    mapping = serializers.DictField(
        child=serializers.CharField(max_length=8, allow_null=True),
        required=False,
        help_text="The machine's structure → level, all of them",
    )
    move = MoveLevelSerializer(required=False)
    insert = InsertLevelSerializer(required=False)
    remove = RemoveLevelSerializer(required=False)
    slice = LevelSliceSerializer(required=False)


class AnswerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=64)
    fingerprint = serializers.CharField(max_length=64)
    answer = serializers.ChoiceField(choices=["accepted", "yes", "no", "not_now"])
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ParagraphSerializer(serializers.Serializer[Any]):
    section = serializers.ChoiceField(choices=[*(block.value for block in Block), IMPRESSION])
    language = serializers.ChoiceField(choices=LANGUAGE_CHOICES)


class EditedTextSerializer(ParagraphSerializer):
    text = serializers.CharField(max_length=4000, trim_whitespace=False)


class ShownSerializer(serializers.Serializer[Any]):
    content_digest = serializers.CharField(max_length=64, help_text="Digest of what you were shown")


class PasswordSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class SignSerializer(ShownSerializer, PasswordSerializer):
    pass


class RecentPasswordSerializer(serializers.Serializer[Any]):
    """Where a password given in this session minutes ago will do."""

    password = serializers.CharField(
        max_length=1024, allow_blank=True, default="", trim_whitespace=False, write_only=True
    )


class AddendumSerializer(PasswordSerializer):
    text = serializers.CharField(max_length=4000)
    critical_category = serializers.ChoiceField(
        choices=["as_before", "0", "1", "2", "3"],
        default="as_before",
        help_text="1–3: these words make it critical; 0: they take it back",
    )


class NoticeSerializer(serializers.Serializer[Any]):
    """The log of a critical finding: who was told, when it was received, how, and whether it was read back."""

    alert = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=NoticeKind.choices)
    told_to = serializers.CharField(max_length=128, required=False, allow_blank=True)
    received_at = serializers.DateTimeField(required=False)
    method = serializers.ChoiceField(choices=NoticeMethod.choices, required=False, allow_blank=True)
    read_back = serializers.BooleanField(required=False)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ConsultSerializer(serializers.Serializer[Any]):
    colleague = serializers.UUIDField()
    text = serializers.CharField(max_length=2000)
    place = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="the field it is about")


class ConsultAnswerSerializer(serializers.Serializer[Any]):
    note = serializers.UUIDField()
    text = serializers.CharField(max_length=2000)


class ReturnSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=2000)
    place = serializers.CharField(max_length=80, required=False, allow_blank=True)


class ResolvedCommentSerializer(serializers.Serializer[Any]):
    note = serializers.UUIDField()
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class WithdrawSerializer(ReasonSerializer, PasswordSerializer):
    pass
