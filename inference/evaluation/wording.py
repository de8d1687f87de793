"""How the report and the model card print figures and name things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference.evaluation.estimate import UNDEFINED

FINDING_TITLES = {
    "osteophyte": "Osteophyte",
    "slip": "Slip",
    "herniation": "Disc herniation",
    "pll": "PLL thickened",
    "lf": "LF thickened",
}
_QUANTITIES = {
    "pll": "PLL",
    "lf": "LF",
    "canal_ap": "Canal AP",
    "canal_ap_developmental": "Canal AP at mid-body, bony",
    "canal_ap_functional": "Canal AP at the disc, narrowest",
    "sac_ap": "Sac AP",
    "sac_rl": "Sac width",
    "cord_rl": "Cord width",
    "torg_pavlov": "Torg–Pavlov analogue",
    "disc_csf_ratio": "Disc to CSF signal",
    "cord_ap": "Cord AP, axial",
    "cord_ap_sagittal": "Cord AP, sagittal",
    "c2_c7_angle": "C2–C7 angle",
    "mscc_cord": "MSCC of the cord",
    "mscc_sac": "MSCC of the sac",
    "cord_t2_ratio": "Cord T2 ratio",
}
METRICS = {
    "ACC": "accuracy",
    "TPR": "sensitivity",
    "TNR": "specificity",
    "PPV": "positive predictive value",
    "NPV": "negative predictive value",
    "PLR": "positive likelihood ratio",
    "NLR": "negative likelihood ratio",
    "F1": "F1 score",
    "AUC": "area under the ROC curve",
}
_UNITS = {"mm2": "mm²", "deg": "degrees", "1": "1"}
SOURCES = {
    "network": "network, beside the drawn size",
    "mask": "predicted mask, beside the drawn size",
    "map": "predicted label map, beside the true one",
}


def number(value: Any, digits: int = 3) -> str:
    """A number with so many decimals; ``undefined`` stays what it is, what was not measured is a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    shown = f"{value:.{digits}f}"
    return shown.lstrip("-") if float(shown) == 0 else shown.replace("-", "−")


def interval(found: Mapping[str, Any], digits: int = 3) -> str:
    """``0.880–0.940``, ``−0.009 to 0.001``, or nothing where both ends are undefined."""
    low, high = found["low"], found["high"]
    if low == UNDEFINED and high == UNDEFINED:
        return ""
    ends = number(low, digits), number(high, digits)
    return ("–" if not any("−" in end for end in ends) else " to ").join(ends)


def estimate(found: Mapping[str, Any], digits: int = 3) -> str:
    """``0.912 (0.880–0.940)``; without an interval only the value."""
    ends = interval(found, digits)
    return f"{number(found['value'], digits)} ({ends})" if ends else number(found["value"], digits)


def quantity(name: str) -> str:
    """A size or measurement by its name in the analysis JSON."""
    if name.endswith("_z"):
        return f"{quantity(name.removesuffix('_z'))}, z-score"
    words = name.replace("_", " ")
    return _QUANTITIES.get(name, words[:1].upper() + words[1:])


def unit(ucum: str) -> str:
    """A unit in words."""
    return _UNITS.get(ucum, ucum)


def percent(value: Any) -> str:
    """A share as percent."""
    return value if isinstance(value, str) else "–" if value is None else f"{100 * value:.1f} %"


def measured(row: Mapping[str, Any]) -> str:
    """The measured cell of a target."""
    unit = f" {row['unit']}" if row["unit"] else ""
    shown = estimate(row["measured"])
    return shown if shown == UNDEFINED else f"{shown}{unit}"
