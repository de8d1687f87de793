"""Signing from the reading page: as over the API, but a password given in this session minutes ago will do."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view

from reporting.reports import serializers as shapes
from reporting.reports.api_changes import AddendumView, SignView, WithdrawView

_not_of_the_api = extend_schema_view(post=extend_schema(exclude=True))


class SignFromPageSerializer(shapes.RecentPasswordSerializer, shapes.SignSerializer):
    pass


class AddendumFromPageSerializer(shapes.RecentPasswordSerializer, shapes.AddendumSerializer):
    pass


class WithdrawFromPageSerializer(shapes.RecentPasswordSerializer, shapes.WithdrawSerializer):
    pass


@_not_of_the_api
class SignFromPageView(SignView):
    says = SignFromPageSerializer


@_not_of_the_api
class AddendumFromPageView(AddendumView):
    says = AddendumFromPageSerializer


@_not_of_the_api
class WithdrawFromPageView(WithdrawView):
    says = WithdrawFromPageSerializer
