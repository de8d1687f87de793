"""How one person wants the images shown, kept on the server: a reading room's browsers are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.models import User, ViewerPreferences
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.vocabulary import SeriesRole

DEFAULTS: dict[str, Any] = {
    "hanging": [SeriesRole.SAGITTAL_T2.value, SeriesRole.AXIAL_T2.value, SeriesRole.SAGITTAL_T1.value],
    "layout": "columns",
    "show_names": True,
    "show_lines": True,
    "show_contours": True,
    "show_measurements": True,
    "show_reference_lines": True,
    "linked": False,
}
MAX_PANES = 4
SERIES_ROLES = [(role.value, role.value) for role in SeriesRole]


class ViewerPreferencesSerializer(serializers.Serializer[Any]):
    """Any part of it may be sent; what is left out stays."""

    hanging = serializers.ListField(
        child=serializers.ChoiceField(choices=SERIES_ROLES),
        min_length=1,
        max_length=MAX_PANES,
        help_text="Series roles, pane by pane",
    )
    layout = serializers.ChoiceField(choices=["columns", "wide_left", "single"])
    show_names = serializers.BooleanField()
    show_lines = serializers.BooleanField()
    show_contours = serializers.BooleanField()
    show_measurements = serializers.BooleanField()
    show_reference_lines = serializers.BooleanField()
    linked = serializers.BooleanField(help_text="Whether panes scroll together")


def viewer_preferences(user: User) -> dict[str, Any]:
    """What the user chose, over what everybody starts with."""
    kept = ViewerPreferences.objects.filter(user=user).first()
    return {**DEFAULTS, **(kept.values if kept else {})}


@transaction.atomic
def keep_viewer_preferences(chosen: Mapping[str, Any], *, by: User) -> None:
    """Keep a part of them; the rest stays. Two tabs may do so at once."""
    ViewerPreferences.objects.get_or_create(user=by)
    kept = ViewerPreferences.objects.select_for_update().get(user=by)
    kept.values = {**kept.values, **chosen}
    kept.save(update_fields=["values"])


class ViewerPreferencesView(APIView):
    @extend_schema(operation_id="viewer_preferences", responses={200: ViewerPreferencesSerializer, **refusals()})
    def get(self, request: Request) -> Response:
        """How you want the images shown."""
        return Response(viewer_preferences(actor(request)))

    @extend_schema(
        operation_id="set_viewer_preferences",
        request=ViewerPreferencesSerializer(partial=True),
        responses={200: ViewerPreferencesSerializer, **refusals(400)},
    )
    def put(self, request: Request) -> Response:
        """Keep how you want the images shown, or a part of it."""
        user = actor(request)
        said = ViewerPreferencesSerializer(data=request.data, partial=True)
        said.is_valid(raise_exception=True)
        keep_viewer_preferences(said.validated_data, by=user)
        return Response(viewer_preferences(user))
