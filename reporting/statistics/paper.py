"""Table 4 of the paper that Dens grew from: its figures on its own patients, as printed and with disease as positive.

The matrices were found by exhaustive search for whole numbers that round to the printed cells. In all five rows the
printed positive class is NORMAL: what is printed as sensitivity is the specificity for the lesion, and the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from reporting.statistics.confusion import RATES, Counts, diagnostic_rates, rates
from reporting.statistics.results import Cell, Estimate, Result, Scope
from reporting.vocabulary import MachineFinding

_HALF_A_DIGIT = 0.005 + 1e-9

SOURCE = (
    "Zhu Yifeng, Li Yushi, Sun Zhaonan et al.: deep-learning MR diagnosis of cervical spondylosis, table 4 (test set, "
    "one hospital). Not measured by Dens."
)


@dataclass(frozen=True)
class PaperRow:
    """``printed``: the cells of the table. ``counts``: the matrix that fits best, NORMAL as the positive class."""

    finding: MachineFinding
    printed: Mapping[str, float]
    counts: Counts
    auc: tuple[float, float, float]
    status: str

    def printed_orientation(self) -> dict[str, float | None]:
        """Computed from the matrix as the paper read it: normal is positive."""
        return rates(self.counts)

    def lesion_positive(self) -> dict[str, float | None]:
        """The same matrix read with the lesion as the positive class."""
        return rates(self.counts.swapped())

    def not_reproduced(self, *, lesion_positive: bool = False) -> tuple[str, ...]:
        """The printed cells that the matrix does not round to, in one orientation or the other."""
        found = self.lesion_positive() if lesion_positive else self.printed_orientation()
        return tuple(name for name in RATES if not _rounds_to(found[name], self.printed[name]))


def _rounds_to(value: float | None, printed: float) -> bool:
    return value is not None and abs(value - printed) <= _HALF_A_DIGIT


def _printed(*cells: float) -> dict[str, float]:
    return dict(zip(RATES, cells, strict=True))


TABLE = (
    PaperRow(
        MachineFinding.OSTEOPHYTE,
        _printed(0.81, 0.74, 0.84, 0.72, 0.86, 4.70, 0.31, 0.73),
        Counts(tp=23, fp=9, fn=8, tn=48),
        (0.855, 0.772, 0.939),
        "all eight cells reproduced",
    ),
    PaperRow(
        MachineFinding.SLIP,
        _printed(0.80, 0.76, 1.00, 1.00, 0.44, 4.20, 0.24, 0.86),
        Counts(tp=16, fp=0, fn=5, tn=4),
        (0.905, 0.772, 1.000),
        "PLR 4.20 is the other orientation's; with normal as positive it is infinite. Four slips in all",
    ),
    PaperRow(
        MachineFinding.HERNIATION,
        _printed(0.90, 0.95, 0.85, 0.86, 0.94, 6.32, 0.06, 0.90),
        Counts(tp=18, fp=3, fn=1, tn=17),
        (0.982, 0.958, 1.000),
        "all eight cells reproduced",
    ),
    PaperRow(
        MachineFinding.PLL,
        _printed(0.82, 0.78, 0.86, 0.83, 0.82, 5.91, 0.24, 0.81),
        Counts(tp=135, fp=28, fn=37, tn=168),
        (0.902, 0.871, 0.932),
        "best matrix: six cells reproduced; PLR 5.91 and NLR 0.24 cannot be reached",
    ),
    PaperRow(
        MachineFinding.LF,
        _printed(0.77, 0.84, 0.70, 0.75, 0.81, 2.87, 0.21, 0.79),
        Counts(tp=98, fp=33, fn=19, tn=79),
        (0.929, 0.831, 1.000),
        "best matrix: five cells reproduced; TNR, PLR and NLR are not",
    ),
)


def paper_table() -> Result:
    """Table 4 with normal as the positive class, as printed, and with the lesion, which is what Dens reports.

    The figures with the lesion as positive have Wilson's intervals; the paper printed none, and split its data by slice
    and not by patient, so that they are too narrow.
    """
    estimates: dict[str, Estimate] = {}
    printed: list[dict[str, Cell]] = []
    lesion: list[dict[str, Cell]] = []
    scope = Scope("lesion", "vertebra, disc or ligament slice")
    for row in TABLE:
        name = row.finding.value
        result = diagnostic_rates(row.counts.swapped(), scope)
        estimates |= {f"{name} {rate}": result[rate] for rate in RATES}
        printed.append(_shown(row, row.counts, row.printed_orientation(), row.not_reproduced()))
        lesion.append(
            _shown(row, row.counts.swapped(), row.lesion_positive(), row.not_reproduced(lesion_positive=True))
        )
    return Result(
        "paper_table",
        "matrices found by exhaustive search for whole numbers that round to the printed cells",
        scope,
        {"rows": sum(row.counts.total for row in TABLE)},
        estimates,
        series={"printed_normal_positive": printed, "lesion_positive": lesion},
        notes=(
            SOURCE,
            "the printed positive class is normal in all five rows",
            *(f"{row.finding.value}: {row.status}" for row in TABLE),
        ),
    )


def _shown(
    row: PaperRow, counts: Counts, found: Mapping[str, float | None], missed: tuple[str, ...]
) -> dict[str, Cell]:
    shown: dict[str, Cell] = {"finding": row.finding.value, **asdict(counts)}
    shown |= {f"printed_{rate}": row.printed[rate] for rate in RATES}
    shown |= {rate: found[rate] for rate in RATES}
    return shown | {"not_reproduced": " ".join(missed), "cells_reproduced": len(RATES) - len(missed)}
