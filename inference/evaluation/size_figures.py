"""Agreement of sizes: millimetres said with those drawn, and measurements with the same ones on the true maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.evaluation.agreement import Agreement, agreement
from inference.evaluation.cohort import Cohort, Row
from reporting.vocabulary import MachineFinding

SIZED = (
    MachineFinding.SLIP,
    MachineFinding.PLL,
    MachineFinding.LF,
    MachineFinding.HERNIATION,
    MachineFinding.OSTEOPHYTE,
)
MIN_PAIRS = 3


@dataclass(frozen=True)
class Pairs:
    """``found`` beside ``true``.

    ``source``: ``network`` (its millimetres) or ``mask`` (the finding's size on the predicted map), both beside the
    size that was drawn; ``map``: any measurement, beside the same one on the true map.
    """

    name: str
    source: str
    group: str
    unit: str
    found: tuple[float, ...]
    true: tuple[float, ...]
    patient: tuple[int, ...]


def all_pairs(cohort: Cohort) -> Iterator[Pairs]:
    """Everything with a number, where at least ``MIN_PAIRS`` places have both."""
    for finding in SIZED:
        rows = cohort.of(finding.value)
        for group, members in (("all", rows), ("diseased", [row for row in rows if row.place.true_positive])):
            for source in ("network", "mask"):
                pairs = _of_finding(finding.value, source, group, members)
                if len(pairs.found) >= MIN_PAIRS:
                    yield pairs
    yield from _of_maps(cohort)


def size_figures(cohort: Cohort) -> list[dict[str, Any]]:
    """One row of figures per ``Pairs``."""
    return [_figures(pairs, cohort.patients) for pairs in all_pairs(cohort)]


def _of_finding(name: str, source: str, group: str, rows: Sequence[Row]) -> Pairs:
    values = [
        (size, row.place.true_mm, row.patient)
        for row in rows
        if (size := row.place.mm if source == "network" else row.place.mm_from_mask) is not None
    ]
    return _pairs(name, source, group, "mm", values)


def _of_maps(cohort: Cohort) -> Iterator[Pairs]:
    values: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    for patient, record in cohort.numbered():
        for one in record.measured:
            values.setdefault((one.name, one.unit), []).append((one.found, one.true, patient))
    for (name, unit), found in sorted(values.items()):
        if len(found) >= MIN_PAIRS:
            yield _pairs(name, "map", "all", unit, found)


def _pairs(name: str, source: str, group: str, unit: str, values: Sequence[tuple[float, float, int]]) -> Pairs:
    return Pairs(
        name,
        source,
        group,
        unit,
        tuple(value[0] for value in values),
        tuple(value[1] for value in values),
        tuple(value[2] for value in values),
    )


def _figures(pairs: Pairs, patients: int) -> dict[str, Any]:
    found = agreement(np.array(pairs.found), np.array(pairs.true), np.array(pairs.patient, dtype=np.int64), patients)
    return {"name": pairs.name, "source": pairs.source, "group": pairs.group, "unit": pairs.unit, **_as_json(found)}


def _as_json(found: Agreement) -> dict[str, Any]:
    return {
        "places": found.places,
        "patients": found.patients,
        "mae": found.mae.as_json(),
        "bias": found.bias.as_json(),
        "sd": None if found.sd is None else round(found.sd, 3),
        "limits": None if found.limits is None else [round(value, 3) for value in found.limits],
        "slope": found.slope.as_json(),
    }
