"""``{% if user|may:"report.sign" %}``: hide what the role may not do. The services refuse it anyway."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import AnonymousUser

from reporting.accounts import permissions
from reporting.accounts.models import User

register = template.Library()


@register.filter
def may(user: User | AnonymousUser, act: str) -> bool:
    return permissions.may(user, permissions.Act(act))
