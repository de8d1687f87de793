"""Charts and cases over HTTP, as the API describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.charts.tables import Kind


class ChartNameSerializer(serializers.Serializer[Any]):
    key = serializers.SlugField()
    address = serializers.CharField(help_text="Takes the filter's parameters")


class TableColumnSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField(help_text="In the reader's language")  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], help_text="Shares lie between 0 and 1")


class NamedTextSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    text = serializers.CharField()


class ChartHeadlineSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="null: not estimable, and note says why")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class ChartSerializer(serializers.Serializer[Any]):
    """A chart: its table, its figure for plotly.js, and how it was made."""

    key = serializers.SlugField()
    title = serializers.CharField(help_text="Names the comparison: concordance, or accuracy against what")
    filter = serializers.CharField(help_text="As in the address")
    facts_up_to = serializers.DateTimeField(allow_null=True, help_text="When the facts were last brought up to date")
    headline = ChartHeadlineSerializer(many=True)
    columns = TableColumnSerializer(many=True)
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True)),
        help_text="Codes and plain numbers; null is undefined and the column *_note says why",
    )
    method = NamedTextSerializer(many=True)
    figure = serializers.JSONField(allow_null=True, help_text="data and layout for plotly.js, without colours")
