"""What a reader's page sends and hears; every field is named here, so nothing else can leave."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.reader_studies.models import Reading


class PointSerializer(serializers.Serializer[Any]):
    """Where on a picture: object and frame (from 1) as the description names them, fractions of width and height."""

    instance = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=1)
    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)


class RatingSerializer(serializers.Serializer[Any]):
    """One answer; ``value`` null takes it back. ``point`` for a place in the image."""

    finding = serializers.CharField(max_length=32)
    level = serializers.CharField(max_length=8, allow_blank=True)
    side = serializers.CharField(max_length=8, allow_blank=True)
    value = serializers.FloatField(allow_null=True)
    point = PointSerializer(allow_null=True, required=False)


class ReadingSerializer(serializers.Serializer[Reading]):
    """Where a reading stands. Saved answers are drafts until they are submitted."""

    state = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    rated = serializers.SerializerMethodField(help_text="How many places have a saved answer")

    def get_rated(self, reading: Reading) -> int:
        return reading.drafts.count()
