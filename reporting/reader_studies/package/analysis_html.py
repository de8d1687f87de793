"""A finished analysis as one HTML file that needs nothing else: styles, plotly.js and our own drawing stand inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from plotly.offline import get_plotlyjs

from reporting.charts.chart import Chart
from reporting.reader_studies.analysis_page.page import POOLED, analysis_page
from reporting.reader_studies.models import AnalysisRun

_STYLES = ("css/tokens.css", "css/site.css", "css/audit.css")
_DRAWING = ("js/chart_points.mjs", "js/chart_theme.mjs", "js/charts.mjs")
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@dataclass(frozen=True)
class _Part:
    """The charts of one finding, or of all together."""

    place: str
    name: str
    charts: tuple[Chart, ...]


def analysis_html(run: AnalysisRun) -> str:
    """Of a finished run, every finding on one page, in the active language."""
    first = analysis_page(run, POOLED)
    assert first is not None
    parts = []
    for key, name, _shown in first.choices:
        page = first if key == POOLED else analysis_page(run, key)
        assert page is not None
        place = f"finding-{key or 'all'}"
        # One page holds every finding, so the places of its charts carry the finding, too.
        charts = tuple(replace(one, part="-".join(filter(None, (place, one.part)))) for one in page.charts)
        parts.append(_Part(place, str(name), charts))
    facts = (
        (_("Seed"), str(run.seed)),
        (_("Resamples of cases"), str(run.resamples)),
        (_("Margin of non-inferiority"), f"{run.margin:g}"),
        (_("Protocol version"), str(run.protocol.number)),
    )
    return render_to_string(
        "reader_studies/package_analysis.html",
        {
            "language": "zh-Hans" if (get_language() or "").startswith("zh") else "en",
            "study": run.reader_study,
            "run": run,
            "facts": facts,
            "parts": parts,
            "method": first.method,
            "styles": _styles(),
            "plotly": _plotly(),
            "drawing": _drawing(),
        },
    )


@cache
def _styles() -> SafeString:
    return _inside("\n".join(_static(name) for name in _STYLES))


@cache
def _plotly() -> SafeString:
    return _inside(get_plotlyjs())


@cache
def _drawing() -> SafeString:
    """The page's own modules, one after the other: a file opened from a disk may import nothing."""
    return _inside("\n".join(_EXPORT.sub("", _IMPORT.sub("", _static(name))) for name in _DRAWING))


def _static(name: str) -> str:
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    return Path(found).read_text(encoding="utf-8")


def _inside(text: str) -> SafeString:
    """Files of ours and of plotly, in an element whose end they must not name."""
    if re.search(r"</(script|style)", text, re.IGNORECASE):
        raise ValueError("a file that cannot stand inside an HTML element")
    return mark_safe(text)  # noqa: S308  nothing from outside is in it
