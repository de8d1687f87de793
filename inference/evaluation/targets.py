"""What was aimed at, and whether it was reached: one typed list, read against the summary of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from inference.evaluation.conditions import ROBUSTNESS
from inference.evaluation.estimate import UNDEFINED
from reporting.vocabulary import MachineFinding

Summary = Mapping[str, Any]
ENOUGH_ASSESSED = 0.9
"""A figure over fewer places than this share is no success, whatever it says."""


class Verdict(StrEnum):
    TARGET_MET = "target met"
    FLOOR_MET = "floor met"
    MISSED = "missed"
    NOT_MEASURED = "not measured"


class Sense(StrEnum):
    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True)
class Figure:
    """A measured value; ``None`` where nothing could be computed. Not ``usable``: too little was assessed to count."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    usable: bool = True


@dataclass(frozen=True)
class Target:
    """``pick`` finds the figure in a summary, or ``None`` when the run did not measure it."""

    item: str
    unit: str
    sense: Sense
    floor: float
    target: float
    pick: Callable[[Summary], Figure | None]

    def verdict(self, figure: Figure | None) -> Verdict:
        if figure is None:
            return Verdict.NOT_MEASURED
        if figure.usable and self._reaches(figure.value, self.target):
            return Verdict.TARGET_MET
        return Verdict.FLOOR_MET if figure.usable and self._reaches(figure.value, self.floor) else Verdict.MISSED

    def _reaches(self, value: float | None, bound: float) -> bool:
        if value is None:
            return False
        return value >= bound if self.sense is Sense.AT_LEAST else value <= bound


def judged(summary: Summary) -> Iterator[dict[str, Any]]:
    """Every target with what was measured and the verdict, ready for JSON."""
    for one in TARGETS:
        figure = one.pick(summary)
        measured: dict[str, Any] = {"value": UNDEFINED, "low": UNDEFINED, "high": UNDEFINED, "note": ""}
        if figure is not None:
            bounds = {"value": figure.value, "low": figure.low, "high": figure.high}
            known = {name: UNDEFINED if value is None else round(value, 4) for name, value in bounds.items()}
            measured = {**known, "note": figure.note}
        yield {
            "item": one.item,
            "unit": one.unit,
            "sense": one.sense.value,
            "floor": one.floor,
            "target": one.target,
            "measured": measured,
            "verdict": one.verdict(figure).value,
        }


def _figure(estimate: Mapping[str, Any], note: str = "", *, usable: bool = True) -> Figure | None:
    value, low, high = (_number(estimate[name]) for name in ("value", "low", "high"))
    return None if value is None else Figure(value, low, high, note, usable)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _main(summary: Summary) -> Mapping[str, Any]:
    gap: Mapping[str, Any] = summary["conditions"]["gap"]
    return gap


def _speed(name: str, factor: float = 1.0) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        measured = summary.get("speed") or {}
        value = measured.get(name)
        note = f"{measured.get('threads')} threads, load {measured.get('load_average')} on the machine"
        return None if value is None else Figure(value * factor, note=note)

    return pick


def _dice(series: str, where: str, structure: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        for row in _main(summary)["overlaps"]:
            if (row["series"], row["where"], row["structure"]) == (series, where, structure):
                return _figure(row["dice"], f"{row['studies']} studies; worst {row['worst']:.2f}")
        return None

    return pick


def _levels(outcome: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        found = _main(summary)["levels"]["vertebra"]
        return _figure(found[outcome], f"{found[outcome]['count']} of {found['levels']} levels C2–C7")

    return pick


def _slices(name: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        found = _main(summary)["slices"]
        return _figure(found[name], f"{found[name]['count']} of {found['chosen']} discs with a slice")

    return pick


def _auc(finding: MachineFinding) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        found = _main(summary)["findings"][finding.value]
        share = found["assessed"] / found["places"] if found["places"] else 0.0
        note = f"{found['positives']} of {found['assessed']} places with disease; {share:.0%} of places assessed"
        return _figure(found["metrics"]["AUC"], note, usable=share >= ENOUGH_ASSESSED)

    return pick


def _herniation(name: str, counted: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        found = _main(summary)["herniation"]
        return _figure(found[name], f"among {found[counted]} found herniations")

    return pick


def _mae(name: str, source: str, group: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        for row in _main(summary)["sizes"]:
            if (row["name"], row["source"], row["group"]) == (name, source, group):
                return _figure(row["mae"], f"{row['places']} places, {_SOURCE_WORDS[source]}, {group}")
        return None

    return pick


_SOURCE_WORDS = {
    "network": "network beside the drawn size",
    "mask": "predicted mask beside the drawn size",
    "map": "predicted beside true label map",
}


def _worst_loss(condition: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        rows = [row for row in summary["robustness"] if row["condition"] == condition]
        if not rows:
            return None
        figures = [(_figure(row["loss"]), row) for row in rows]
        known = [(figure, row) for figure, row in figures if figure is not None]
        assessed = min(row["assessed"] or 0.0 for row in rows)
        words = f"at least {assessed:.0%} of places assessed per finding"
        words += "" if assessed >= ENOUGH_ASSESSED else ", too few"
        if not known:
            return Figure(None, note=f"nothing could be compared; {words}", usable=False)
        worst, row = max(known, key=lambda pair: pair[0].value or 0.0)
        usable = assessed >= ENOUGH_ASSESSED and len(known) == len(rows)
        return Figure(worst.value, worst.low, worst.high, f"worst of five: {row['finding']}; {words}", usable)

    return pick


def _worst_ece(summary: Summary) -> Figure | None:
    rows = [(name, one["calibration"]["ece"]) for name, one in _main(summary)["findings"].items()]
    known = [(figure, name) for name, ece in rows if (figure := _figure(ece)) is not None]
    if not known:
        return None
    worst, name = max(known, key=lambda pair: pair[0].value or 0.0)
    return Figure(worst.value, worst.low, worst.high, f"worst of five: {name}", len(known) == len(rows))


def _mirror(name: str, note: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        found = summary.get("mirror")
        return Figure(_number(found[name]), note=f"{note}, {found['studies']} studies") if found else None

    return pick


def _real(name: str, note: str) -> Callable[[Summary], Figure | None]:
    def pick(summary: Summary) -> Figure | None:
        value = _number((summary.get("real") or {}).get(name))
        return None if value is None else Figure(value, note=note.format(**summary["real"]))

    return pick


def _least(item: str, floor: float, target: float, pick: Callable[[Summary], Figure | None], unit: str = "") -> Target:
    return Target(item, unit, Sense.AT_LEAST, floor, target, pick)


def _most(item: str, floor: float, target: float, pick: Callable[[Summary], Figure | None], unit: str = "") -> Target:
    return Target(item, unit, Sense.AT_MOST, floor, target, pick)


_SAGITTAL, _AXIAL = ("sagittal_t2", "central"), ("axial_t2", "C2/3 to C7/T1")

TARGETS: tuple[Target, ...] = (
    _most("Full DICOM study from the phantom", 10, 5, _speed("write_s"), "s"),
    _most("Inference per study, weights loaded", 3, 1.2, _speed("warm_s"), "s"),
    _most("DICOM folder to JSON, cold process", 15, 8, _speed("cold_s"), "s"),
    _most("Peak memory of the analysing process", 1.5, 1.0, _speed("cold_peak_rss_mb", 1 / 1024), "GB"),
    _least("Dice sagittal body, central slices", 0.93, 0.96, _dice(*_SAGITTAL, "body")),
    _least("Dice sagittal disc, central slices", 0.91, 0.94, _dice(*_SAGITTAL, "disc")),
    _least("Dice sagittal cord, central slices", 0.91, 0.95, _dice(*_SAGITTAL, "cord")),
    _least("Dice axial disc", 0.87, 0.92, _dice(*_AXIAL, "disc")),
    _least("Dice axial sac", 0.91, 0.94, _dice(*_AXIAL, "sac")),
    _least("Dice axial cord", 0.94, 0.96, _dice(*_AXIAL, "cord")),
    _least("Dice axial PLL", 0.75, 0.83, _dice(*_AXIAL, "pll")),
    _least("Dice axial LF", 0.86, 0.90, _dice(*_AXIAL, "lf")),
    _least("C2–C7 named right, per level", 0.98, 0.997, _levels("right")),
    _most("C2–C7 wrong and confident, per level", 0.01, 0.0, _levels("wrong")),
    _least("Disc to index axial slice that shows its edge", 0.98, 1.0, _slices("shows")),
    _least("AUC osteophyte, with gap", 0.95, 0.985, _auc(MachineFinding.OSTEOPHYTE)),
    _least("AUC slip, with gap", 0.95, 0.985, _auc(MachineFinding.SLIP)),
    _least("AUC herniation, with gap", 0.95, 0.985, _auc(MachineFinding.HERNIATION)),
    _least("AUC PLL, with gap", 0.97, 0.985, _auc(MachineFinding.PLL)),
    _least("AUC LF, with gap", 0.97, 0.985, _auc(MachineFinding.LF)),
    _least("Zone right among found herniations", 0.90, 0.97, _herniation("zone", "found")),
    _least("Side right among found herniations", 0.99, 1.0, _herniation("side", "sided")),
    _most("Mean error slip", 0.6, 0.35, _mae("slip", "network", "all"), "mm"),
    _most("Mean error PLL", 0.35, 0.25, _mae("pll", "network", "all"), "mm"),
    _most("Mean error LF", 0.25, 0.18, _mae("lf", "network", "all"), "mm"),
    _most("Mean error herniation", 0.6, 0.35, _mae("herniation", "network", "diseased"), "mm"),
    _most("Mean error canal AP", 0.7, 0.45, _mae("canal_ap", "map", "all"), "mm"),
    _most("Mean error cord AP", 0.45, 0.28, _mae("cord_ap", "map", "all"), "mm"),
    *(_most(f"AUC lost: {one.title}", 0.04, 0.015, _worst_loss(one.name)) for one in ROBUSTNESS),
    _most("Expected calibration error", 0.06, 0.03, _worst_ece),
    _most("Mirror: largest change of a measurement", 0.0, 0.0, _mirror("measurement_mm", "same masks reflected"), "mm"),
    _least("Mirror: side of found herniations swaps", 1.0, 1.0, _mirror("sides_swapped", "whole path")),
    _least("Real scans: cord Dice", 0.85, 0.92, _real("cord_dice", "mean of {cord_scans} scans with a cord mask")),
    _most("Real scans: wrong levels said with confidence", 0, 0, _real("wrong_levels", "{level_scans} scans")),
    _least("Real scans: wrong region refused", 1.0, 1.0, _real("refused", "{refusal_cases} cases")),
)
