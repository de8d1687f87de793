"""Summary and records → one HTML file that opens anywhere, without network: charts, pictures and script are inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from inference.evaluation import charts, wording
from inference.evaluation.cohort import Cohort
from inference.evaluation.records import Picture, StudyRecord
from inference.evaluation.size_figures import Pairs, all_pairs
from inference.evaluation.templates import render
from reporting.vocabulary import MachineFinding

_TEMPLATE = "report.html.j2"
_MAX_PICTURES = 6
_SHOWN_MAPS = (
    "canal_ap",
    "canal_ap_developmental",
    "canal_ap_functional",
    "sac_ap",
    "cord_ap",
    "cord_area",
    "disc_height",
    "c2_c7_angle",
)
_OVERLAPS = (
    ("sagittal_t2", "central", "Sagittal T2, central slices"),
    ("axial_t2", "C2/3 to C7/T1", "Axial T2, from C2/3 to C7/T1"),
    ("axial_t2", "index slices", "Axial T2, index slices of the discs"),
)


def write_report(
    path: Path,
    summary: Mapping[str, Any],
    records: Mapping[str, Sequence[StudyRecord]],
    picture_folders: Mapping[str, Path],
) -> None:
    """Write the report. ``picture_folders``: by condition, where its records' pictures lie."""
    page = render(
        _TEMPLATE,
        summary,
        charts=_charts(summary, records),
        gallery=_gallery(records, picture_folders),
        plotly=get_plotlyjs(),
    )
    path.write_text(page, encoding="utf-8")


def _charts(summary: Mapping[str, Any], records: Mapping[str, Sequence[StudyRecord]]) -> dict[str, dict[str, str]]:
    """Chart groups by name; each chart by its element's id."""
    groups: dict[str, dict[str, Any]] = {}
    for name, condition in summary["conditions"].items():
        if "findings" not in condition:
            continue
        for finding in MachineFinding:
            found = condition["findings"][finding.value]
            title = wording.FINDING_TITLES[finding.value]
            auc = wording.estimate(found["metrics"]["AUC"])
            ece = wording.estimate(found["calibration"]["ece"])
            groups[f"{name}-{finding.value}"] = {
                "confusion": charts.confusion(found, title),
                "roc": charts.roc_curve(found, f"ROC; AUC {auc}"),
                "calibration": charts.calibration(found, f"Calibration; ECE {ece}"),
            }
        groups[f"{name}-sizes"] = dict(_agreement(condition, records[name]))
    groups["overlaps"] = {
        f"{series}-{number}": charts.overlaps(records["gap"], series, where, title)
        for number, (series, where, title) in enumerate(_OVERLAPS)
    }
    if summary["robustness"]:
        groups["robustness"] = {"losses": charts.auc_losses(summary["robustness"], 0.04, 0.015)}
    return {
        group: {
            f"{group}-{name}": figure.to_json().replace("<", "\\u003c")
            for name, figure in found.items()
            if figure is not None
        }
        for group, found in groups.items()
    }


def _agreement(condition: Mapping[str, Any], records: Sequence[StudyRecord]) -> Any:
    figures = {(row["name"], row["source"], row["group"]): row for row in condition["sizes"]}
    for pairs in all_pairs(Cohort(tuple(records))):
        if _is_shown(pairs):
            title = wording.quantity(pairs.name)
            unit = wording.unit(pairs.unit)
            row = figures[pairs.name, pairs.source, pairs.group]
            yield f"{pairs.name}-{pairs.source}", charts.bland_altman(pairs, row, f"{title} ({pairs.source})", unit)


def _is_shown(pairs: Pairs) -> bool:
    if pairs.source == "map":
        return pairs.name in _SHOWN_MAPS
    return pairs.group == "all"


def _gallery(
    records: Mapping[str, Sequence[StudyRecord]], folders: Mapping[str, Path]
) -> list[tuple[str, list[dict[str, str]]]]:
    """Worst first: what was missed and falsely seen per finding, levels, overlaps."""
    baseline = [(folders["gap"], picture) for record in records["gap"] for picture in record.pictures]
    everywhere = [
        (folders[name], picture) for name, found in records.items() for record in found for picture in record.pictures
    ]
    sections = []
    for finding in MachineFinding:
        for kind, words in (("missed", "missed"), ("false_alarm", "said to be there, but is not")):
            chosen = [one for one in baseline if (one[1].kind, one[1].what) == (kind, finding.value)]
            sections.append((f"{wording.FINDING_TITLES[finding.value]}: {words}", chosen))
    sections.append(("Levels not named right, any condition", [one for one in everywhere if one[1].kind == "levels"]))
    sections.append(("Worst overlaps", [one for one in baseline if one[1].kind == "overlap"]))
    return [
        (f"{title} ({len(chosen)})", [_embedded(*one) for one in _worst(chosen)])
        for title, chosen in sections
        if chosen
    ]


def _worst(chosen: Sequence[tuple[Path, Picture]]) -> list[tuple[Path, Picture]]:
    return sorted(chosen, key=lambda one: -one[1].score)[:_MAX_PICTURES]


def _embedded(folder: Path, picture: Picture) -> dict[str, str]:
    content = base64.b64encode((folder / picture.file).read_bytes()).decode("ascii")
    return {"source": f"data:image/jpeg;base64,{content}", "caption": picture.caption}
