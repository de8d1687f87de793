"""System checks of Dens: ids ``reporting.E001`` and up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def lease_outlives_heartbeat(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A lease shorter than its renewal period would hand a living worker's job to another."""
    if settings.INFERENCE_LEASE_S < 2:
        return [Error("DENS_INFERENCE_LEASE_S is below 2 seconds", id="reporting.E001")]
    return []


@register(Tags.security, deploy=True)
def keys_are_distinct(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """One key for two purposes would let a leak of one break the other."""
    keys = {settings.SECRET_KEY, settings.AUDIT_KEY, settings.SIGNATURE_KEY}
    if len(keys) < 3:
        return [Error("DENS_SECRET_KEY, DENS_AUDIT_KEY and DENS_SIGNATURE_KEY must differ", id="reporting.E002")]
    return []
