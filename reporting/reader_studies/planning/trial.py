"""A planned study, and one outcome of it: readers and cases drawn anew, their truth known. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from reporting.reader_studies.allocation import CaseSlot, Plan, allocate
from reporting.reader_studies.analysis.reads import ORDER, FindingReads, StudyReads
from reporting.reader_studies.simulation import Spread, latent_scores, on_scale, truth_of
from reporting.reader_studies.words import ArmKind, Design, Scale
from reporting.statistics.arrays import Bools, floats

CUT = 50.0  # of the scale 0 to 100: from here on disease
FINDING = "finding"


@dataclass(frozen=True)
class Trial:
    """``areas``: true AUC of each arm that people read in. ``places``: rated places a case, which is the cluster.

    Two places of one case share the case's own effect, so that with several places a case AUC lies a little higher
    than the truth, which is that of places of two cases; the more cases, the less.
    """

    areas: Mapping[ArmKind, float]
    cases: int = 100
    readers: int = 6
    places: int = 1
    prevalence: float = 0.5
    design: Design = Design.FULLY_CROSSED
    reader_groups: int = 2  # split-plot only
    spread: Spread = field(default_factory=Spread)

    def __post_init__(self) -> None:
        if any(not arm.is_read for arm in self.areas) or len(self.areas) < 2:
            raise ValueError("two arms or more that people read in")
        if self.cases < 4 or self.readers < 2 or self.places < 1:
            raise ValueError("four cases or more, two readers or more, one place or more")
        if not 0 < self.prevalence < 1:
            raise ValueError("the prevalence lies between 0 and 1")
        if self.design is Design.SPLIT_PLOT and self.places > 1:
            raise ValueError("a split-plot study is compared by whole cases: its truth is known for one place a case")
        if self.design is Design.SPLIT_PLOT and not 2 <= self.reader_groups <= min(self.readers, self.cases):
            raise ValueError("a split-plot study has two groups of readers or more, none of them empty")
        for area in self.areas.values():
            self.spread.separation(area)  # refuses what is no area

    @property
    def arms(self) -> tuple[ArmKind, ...]:
        """In the order of the analysis: differences are what comes first minus what comes later."""
        return tuple(arm for arm in ORDER if arm in self.areas)

    def true_value(self, figure: str, arm: ArmKind) -> float:
        """Sensitivity and specificity are the same: the cut lies midway between the classes."""
        area = self.areas[arm]
        return area if figure == "auc" else self.spread.sensitivity(area)

    def drawn(self, seed: int) -> StudyReads:
        """One outcome. Truth, readers and answers all from ``seed``."""
        truth = truth_of(self.cases, self.places, self.prevalence, seed)
        latent = latent_scores(truth, {arm: self.areas[arm] for arm in self.arms}, self.readers, self.spread, seed)
        scores = on_scale(latent, Scale.CONFIDENCE, 0, CUT)
        arms, readers, cases = self._names()
        scores[~self._read(seed)] = np.nan
        calls = np.where(np.isnan(scores), np.nan, (scores >= CUT).astype(np.float64))
        places = tuple((f"P{n}", "") for n in range(1, self.places + 1))
        nobody = floats(np.full(truth.shape, np.nan))  # there is no algorithm
        scale = Scale.CONFIDENCE.value
        finding = FindingReads(FINDING, FINDING, scale, 0, places, scores, calls, floats(truth), nobody, nobody)
        untimed = np.full(scores.shape[:3], np.nan)
        return StudyReads(arms, readers, cases, (finding,), untimed, untimed, {})

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        readers = tuple(f"R{n:02d}" for n in range(1, self.readers + 1))
        cases = tuple(f"C{n:04d}" for n in range(1, self.cases + 1))
        return tuple(arm.value for arm in self.arms), readers, cases

    def _read(self, seed: int) -> Bools:
        """(arms, readers, cases): who reads what, by the allocation of the product."""
        arms, readers, cases = self._names()
        read = np.ones((len(arms), len(readers), len(cases)), dtype=np.bool_)
        if self.design is Design.SPLIT_PLOT:
            slots = tuple(CaseSlot(case) for case in cases)
            plan = Plan(self.design, readers, slots, arms, f"{seed:032x}", self.reader_groups)
            read[:] = False
            of = [{name: n for n, name in enumerate(each)} for each in (arms, readers, cases)]
            for row in allocate(plan):
                read[of[0][row.arm], of[1][row.reader], of[2][row.case]] = True
        return np.asarray(read)


def rating_rows(reads: StudyReads) -> Iterator[tuple[str, str, str, str, int, float]]:
    """Modality, reader, patient, case (a place of the patient), truth, score: as ``manage.py stats`` takes them."""
    (finding,) = reads.findings
    for place in zip(*np.nonzero(~np.isnan(finding.scores)), strict=True):
        arm, reader, case, spot = map(int, place)
        patient = reads.cases[case]
        unit = f"{patient}_{finding.places[spot][0]}"
        truth = int(finding.truth[case, spot])
        yield reads.arms[arm], reads.readers[reader], patient, unit, truth, float(finding.scores[place])
