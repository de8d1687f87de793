"""The viewer's part of the reading page."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static

from reporting.reports.corrections.words import mark_rules, mark_words
from reporting.reports.image_words import image_words as words
from reporting.reports.image_words import nudge_directions as directions

register = template.Library()
ENTRY = "main.mjs"


@cache
def _entry() -> str:
    """The bundle's entry file as its manifest names it; empty where set-up did not build it."""
    try:
        manifest = json.loads((settings.VIEWER_DIR / "manifest.json").read_text())
    except OSError:
        return ""
    return str(manifest[ENTRY]["file"])


@register.simple_tag
def viewer_bundle() -> str:
    """Address of the viewer's bundle, or nothing."""
    entry = _entry()
    return static(f"viewer/{entry}") if entry else ""


register.simple_tag(words, name="image_words")


@register.simple_tag
def marks_said() -> dict[str, Any]:
    """Words and rules of marks for training, for the viewer."""
    return {"words": mark_words(), "rules": mark_rules()}


register.simple_tag(directions, name="nudge_directions")
