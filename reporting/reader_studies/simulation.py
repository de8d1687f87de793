"""Readers that do not exist, with a known truth: Roe and Metz' model with several places a case. Pure.

Roe & Metz, Acad Radiol 1997;4:298. A latent score is μ·truth + reader + case + arm × reader + arm × case
+ reader × case + error; reader terms are drawn for either truth anew. The case terms and the error have variance 1
together, so an arm with area A has μ = Φ⁻¹(A)·√(2(1 + reader + arm × reader)) and every figure's true value is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from reporting.reader_studies.words import ArmKind, Scale
from reporting.statistics.arrays import Bools, Floats, floats


@dataclass(frozen=True)
class Spread:
    """Variances; case, arm × case, reader × case and error are shares of 1. ``within``: correlation of the case effect
    between places of one case.
    """

    reader: float = 0.0055
    arm_reader: float = 0.0055
    case: float = 0.3
    arm_case: float = 0.2
    reader_case: float = 0.2
    within: float = 0.3

    def __post_init__(self) -> None:
        if min(self.reader, self.arm_reader, self.case, self.arm_case, self.reader_case) < 0 or self.error < 0:
            raise ValueError("variances must not be negative, and those of cases not exceed 1 together")
        if not 0 <= self.within <= 1:
            raise ValueError("the correlation within a case must lie between 0 and 1")

    @property
    def error(self) -> float:
        return 1 - self.case - self.arm_case - self.reader_case

    def separation(self, area: float) -> float:
        """Distance of the classes that gives this expected AUC, ties aside."""
        if not 0.5 <= area < 1:
            raise ValueError("an area must lie between 0.5 and 1")
        return float(norm.ppf(area)) * math.sqrt(2 * (1 + self.reader + self.arm_reader))

    def sensitivity(self, area: float) -> float:
        """Expected share of diseased places above the middle of the classes; as many of the others lie below it."""
        return float(norm.cdf(self.separation(area) / 2 / math.sqrt(1 + self.reader + self.arm_reader)))


def latent_scores(truth: Bools, areas: Mapping[ArmKind, float], readers: int, spread: Spread, seed: int) -> Floats:
    """``truth``: (cases, places) → (arms, readers, cases, places), 0 midway between the classes."""
    rng = np.random.default_rng(seed)
    cases, places = truth.shape
    arms = len(areas)

    def cell(*shape: int, variance: float) -> Floats:
        """Normal, with the case's part shared by its places."""
        common = rng.normal(size=(*shape, cases, 1)) * math.sqrt(spread.within)
        own = rng.normal(size=(*shape, cases, places)) * math.sqrt(1 - spread.within)
        return floats((common + own) * math.sqrt(variance))

    def person(*shape: int, variance: float) -> Floats:
        """Of a reader, for either truth: (…, 2)."""
        return floats(rng.normal(size=(*shape, 2)) * math.sqrt(variance))

    side = truth.astype(np.int64)
    separation = np.array([spread.separation(area) for area in areas.values()])[:, None, None, None]
    score = separation * (truth - 0.5)[None, None]
    score = score + cell(1, 1, variance=spread.case) + cell(arms, 1, variance=spread.arm_case)
    score = score + cell(1, readers, variance=spread.reader_case)
    score = score + person(1, readers, variance=spread.reader)[..., side]
    score = score + person(arms, readers, variance=spread.arm_reader)[..., side]
    error = rng.normal(size=(arms, readers, cases, places)) * math.sqrt(spread.error)
    return floats(score + error)


def on_scale(score: Floats, scale: Scale, grades: int, positive_from: float | None) -> Floats:
    """Latent scores in the numbers of a scale, so that 0 and more counts as disease."""
    match scale:
        case Scale.BINARY | Scale.LOCATION:
            return floats(score >= 0)
        case Scale.CONFIDENCE:
            cut = 50.0 if positive_from is None else positive_from
            share = norm.cdf(score / 1.5)  # ½ at the cut
            return floats(
                np.where(score >= 0, np.ceil(cut + (share - 0.5) * 2 * (100 - cut)), np.floor(share * 2 * cut))
            )
        case Scale.ORDINAL:
            first = 1 if positive_from is None else int(positive_from)
            cuts = np.array([(grade - first) * 0.7 for grade in range(1, grades)])
            return floats(np.searchsorted(cuts, score, side="right"))
        case Scale.MILLIMETRES:
            cut = 1.0 if positive_from is None else positive_from
            hundredths = 100 * cut * np.exp(0.2 * score)
            return floats(np.where(score >= 0, np.ceil(hundredths), np.floor(hundredths)) / 100)


def truth_of(cases: int, places: int, prevalence: float, seed: int) -> Bools:
    """Diseased places; with a case-wide part, so that places of one case go together. Both classes occur."""
    rng = np.random.default_rng([seed, 1])
    risk = rng.normal(size=(cases, 1)) * math.sqrt(0.3) + rng.normal(size=(cases, places)) * math.sqrt(0.7)
    truth = risk < norm.ppf(prevalence)
    truth.reshape(-1)[np.argmin(risk)] = True
    truth.reshape(-1)[np.argmax(risk)] = False
    return np.asarray(truth)
