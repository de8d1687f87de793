"""What marks look like over HTTP."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.accounts.permissions import Act, may
from reporting.reports.correction_models import MARK_TRANSITIONS, Correction, MarkKind, MarkOrigin, MarkState
from reporting.reports.corrections.rules import MAX_POINTS
from reporting.reports.serializers import NothingSerializer
from reporting.vocabulary import Structure

STRUCTURES = [structure.value for structure in Structure]


def _points(**options: Any) -> serializers.ListField:
    pair = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)
    return serializers.ListField(child=pair, max_length=MAX_POINTS, help_text="column, row", **options)


class CorrectionSerializer(serializers.Serializer[Correction]):
    """A mark as it is drawn and decided about; ``may`` lists what this user can do with it now."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MarkState.choices)
    comment = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=MarkKind.choices)
    structure = serializers.ChoiceField(choices=STRUCTURES)
    level = serializers.CharField()
    side = serializers.CharField()
    says = serializers.CharField()
    origin = serializers.ChoiceField(choices=MarkOrigin.choices)
    instance = serializers.UUIDField(source="instance_id")  # type: ignore[assignment]  # DRF has an attribute so called
    frame = serializers.IntegerField()
    points = _points()
    points_lps_mm = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    diameter_px = serializers.IntegerField(allow_null=True)
    author = serializers.CharField(source="author.full_name")
    is_own = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="created_at")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    levels_are_current = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()
    may = serializers.SerializerMethodField()

    def get_is_own(self, mark: Correction) -> bool:
        return bool(mark.author_id == self.context["user"].pk)

    def get_levels_are_current(self, mark: Correction) -> bool:
        return mark.level_map_version == mark.report.level_map_version

    def get_comment(self, mark: Correction) -> str:
        return mark.last_decision.comment if mark.last_decision else ""

    def get_decided_by(self, mark: Correction) -> str:
        return mark.last_decision.by.full_name if mark.last_decision else ""

    def get_may(self, mark: Correction) -> list[str]:
        user, own = self.context["user"], self.get_is_own(mark)
        draws, reviews = may(user, Act.CORRECTION_DRAW), may(user, Act.CORRECTION_REVIEW) and not own
        steps = [
            ("retract", MarkState.RETRACTED, draws and own),
            ("amend", MarkState.AMENDED, (draws and own) or reviews),
            ("accept", MarkState.ACCEPTED, reviews),
            ("reject", MarkState.REJECTED, reviews),
            ("reopen", MarkState.OPEN, reviews),
        ]
        return [act for act, state, allowed in steps if allowed and MARK_TRANSITIONS.allows(mark.state, state)]


class CorrectionsSerializer(serializers.Serializer[Any]):
    """``level_map_version`` goes back with what is drawn."""

    level_map_version = serializers.IntegerField()
    may_draw = serializers.BooleanField()
    marks = CorrectionSerializer(many=True)


class DrawSerializer(serializers.Serializer[Any]):
    """``machine_outline``: the number (from 0) of the machine's outline of ``structure`` here, instead of points."""

    level_map_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    instance = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    kind = serializers.ChoiceField(choices=MarkKind.choices)
    structure = serializers.ChoiceField(choices=STRUCTURES)
    level = serializers.CharField(max_length=8, allow_blank=True, default="")
    side = serializers.CharField(max_length=8, allow_blank=True, default="")
    says = serializers.CharField(max_length=16)
    points = _points(default=list)
    machine_outline = serializers.IntegerField(min_value=0, max_value=9999, allow_null=True, default=None)


class AmendSerializer(serializers.Serializer[Any]):
    """What is left out stays."""

    points = _points()
    level = serializers.CharField(max_length=8, allow_blank=True, required=False)
    side = serializers.CharField(max_length=8, allow_blank=True, required=False)
    says = serializers.CharField(max_length=16, required=False)


class RejectSerializer(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=500)


__all__ = [
    "AmendSerializer",
    "CorrectionSerializer",
    "CorrectionsSerializer",
    "DrawSerializer",
    "NothingSerializer",
    "RejectSerializer",
]
