"""Whom we trust when we call: the machine's authorities, or the site's own."""

from __future__ import annotations

import ssl

from django.conf import settings


def tls_context() -> ssl.SSLContext:
    """Trusts the machine's authorities, or the site's own (``DENS_DESTINATIONS_CA``)."""
    context = ssl.create_default_context(cafile=settings.DESTINATIONS_CA or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
