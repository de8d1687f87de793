"""Account data in the API: named fields only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import PERMISSIONS


class MeSerializer(serializers.ModelSerializer[User]):
    """The person behind the session, and what their role may do."""

    may = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "username", "full_name", "role", "section", "language", "may"]
        read_only_fields = fields

    def get_may(self, user: User) -> list[str]:
        return sorted(act.value for act in PERMISSIONS[Role(user.role)])


class LoginSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=64, trim_whitespace=False)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
