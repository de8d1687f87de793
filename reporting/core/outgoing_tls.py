"""TLS when we call: whom we trust, and what we show of ourselves to those who ask for it."""

from __future__ import annotations

import ssl

from django.conf import settings


def tls_context() -> ssl.SSLContext:
    """Trusts ``DENS_DESTINATIONS_CA`` or the machine's authorities; shows ``DENS_DESTINATIONS_CERTIFICATE`` if set.

    Raises ``OSError`` (``ssl.SSLError`` is one) when a file of these cannot be used.
    """
    context = ssl.create_default_context(cafile=settings.DESTINATIONS_CA or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.DESTINATIONS_CERTIFICATE:
        context.load_cert_chain(settings.DESTINATIONS_CERTIFICATE, settings.DESTINATIONS_KEY or None)
    return context
