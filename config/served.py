"""What a server does once, before its first request."""

from __future__ import annotations

import gc

from django.urls import get_resolver


def settle() -> None:
    """Import what the URLs name, then take everything made so far out of the garbage collector's sight.

    A full collection walks all that is alive. After the imports that is some hundred thousand objects which stay as
    long as the process does, and the walk takes a tenth of a second in the middle of somebody's page.
    """
    get_resolver().url_patterns  # noqa: B018  importing is what reading it does
    gc.collect()
    gc.freeze()
