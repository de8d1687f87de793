"""What the page of one finding, or of all together, shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart
from reporting.reader_studies.analysis_page.behaviour import (
    agreement_chart,
    pairs_table,
    reliance_chart,
    roc_chart,
    time_ratio_chart,
    times_chart,
)
from reporting.reader_studies.analysis_page.merits import difference_chart, merit_chart, standalone_chart
from reporting.reader_studies.analysis_page.method_text import method_text
from reporting.reader_studies.analysis_page.parts import figure_names
from reporting.reader_studies.models import AnalysisRun

POOLED = ""


@dataclass(frozen=True)
class AnalysisPage:
    """``choices``: key, name and whether it is shown; the empty key is all findings together."""

    charts: tuple[Chart, ...]
    method: tuple[str, ...]
    choices: tuple[tuple[str, str, bool], ...]


def analysis_page(run: AnalysisRun, finding: str) -> AnalysisPage | None:
    """``None`` for a finding that the study does not have."""
    shown = f"finding:{finding}" if finding else "pooled"
    asked = run.parts.filter(name__in=("overview", shown, "times"))  # the others are large and not shown
    parts: dict[str, Any] = dict(asked.values_list("name", "content"))
    overview = parts["overview"]
    names = {one["key"]: one["label"] for one in overview["findings"]}
    if finding and finding not in names:
        return None
    content = parts[shown]
    arms, readers = overview["arms"], overview["readers"]
    about = _("Analysis %(number)s: %(places)s rated places, %(positives)s of them diseased, in %(patients)s cases") % {
        "number": run.number,
        "places": content["counts"]["places"],
        "positives": content["counts"]["positives"],
        "patients": content["counts"]["patients"],
    }
    charts = [difference_chart(content, about)]
    charts += [merit_chart(figure, content, arms, readers, about) for figure in figure_names()]
    if finding:
        charts.append(roc_chart(content, arms, readers, about))
    charts.append(standalone_chart(content, about))
    charts.append(reliance_chart(content, about))
    if finding:
        charts.append(agreement_chart(content, arms, about))
        charts += [pairs_table(content, arm, readers, about) for arm in arms]
    else:
        charts += [times_chart(parts["times"], arms, about), time_ratio_chart(parts["times"], about)]
    choices = ((POOLED, _("All findings together"), not finding), *((k, n, k == finding) for k, n in names.items()))
    return AnalysisPage(tuple(charts), tuple(method_text(run, overview)), choices)
