"""The model card: Markdown from the evaluation's JSON. Every figure comes from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference.evaluation.templates import render


def card_of(summary: Mapping[str, Any]) -> str:
    """The whole card.

    Raises:
        ValueError: the JSON is no summary of ``manage.py evaluate``.
    """
    return render("model_card.md.j2", summary)
