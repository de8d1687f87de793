"""The report's and the model card's text with figures filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, select_autoescape

from inference.evaluation import wording
from reporting.statistics import paper
from reporting.statistics.confusion import RATES


def render(template: str, summary: Mapping[str, Any], **more: Any) -> str:
    """Fill in a template of this folder; a figure that it needs and the summary lacks is an error, never a blank.

    Raises:
        ValueError: the summary lacks something.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": wording.number,
        "estimate": wording.estimate,
        "interval": wording.interval,
        "percent": wording.percent,
        "quantity": wording.quantity,
        "unit": wording.unit,
        "measured": wording.measured,
    }
    try:
        return environment.get_template(template).render(
            summary=summary,
            finding_titles=wording.FINDING_TITLES,
            metrics=wording.METRICS,
            sources=wording.SOURCES,
            paper=paper,
            rates=RATES,
            **more,
        )
    except UndefinedError as error:
        raise ValueError(f"the summary does not fit {template}: {error.message}") from error
