"""AUC, sensitivity and specificity of every arm and reader, with their values without each patient and resampled.

Pooled over findings: shares add up; AUC is the mean of the findings' AUCs, because scores of different scales cannot be
ranked together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reporting.reader_studies.analysis.reads import Units
from reporting.statistics.arrays import Floats, floats
from reporting.statistics.mrmc.figures import Figure
from reporting.statistics.mrmc.patients import ByPatient, PairSums, ShareSums


@dataclass(frozen=True)
class Merit:
    """One figure. ``values``: (arms, readers); ``left``: without each patient, (arms, readers, patients);
    ``draws``: the readers' mean of each resample, (arms, resamples). The machine's: (), (patients,), (resamples,).
    """

    figure: Figure
    values: Floats
    left: Floats
    draws: Floats
    machine: float
    machine_left: Floats
    machine_draws: Floats


@dataclass(frozen=True)
class Merits:
    """One figure over everything that was read, over what everybody read, and over what the algorithm speaks of among
    that, without resamples; ``None``: there is nothing."""

    everything: Merit
    crossed: Merit | None
    heard: Merit | None


def merits(units: Units, figure: Figure, weights: Floats) -> Merits:
    """Of one finding (or, for shares, of all together). ``weights``: (resamples, patients)."""
    everything = merit(units, figure, weights)
    all_read, heard = units.read_by_all, units.read_by_all & units.machine_spoke
    crossed = everything if all_read.all() else merit(units.of(all_read), figure, weights) if all_read.any() else None
    if crossed is not None and (heard == all_read).all():
        return Merits(everything, crossed, _without_draws(crossed))
    return Merits(everything, crossed, merit(units.of(heard), figure, weights[:0]) if heard.any() else None)


def _without_draws(one: Merit) -> Merit:
    return replace(one, draws=one.draws[:, :0], machine_draws=one.machine_draws[:0])


def mean_merits(of: Sequence[Merits]) -> Merits:
    """AUC pooled over findings, see :func:`mean_merit`; ``None`` as soon as one finding has nothing."""

    def mean(each: Sequence[Merit | None]) -> Merit | None:
        there = [one for one in each if one is not None]
        return mean_merit(there) if len(there) == len(each) else None

    everything = mean_merit([one.everything for one in of])
    return Merits(everything, mean([one.crossed for one in of]), mean([one.heard for one in of]))


def merit(units: Units, figure: Figure, weights: Floats) -> Merit:
    """Of one finding (or, for shares, of all together). ``weights``: (resamples, patients)."""
    arms, readers, _ = units.scores.shape
    patients = weights.shape[1]
    values = np.full((arms, readers), np.nan)
    left = np.full((arms, readers, patients), np.nan)
    draws = np.full((arms, len(weights)), np.nan)
    crossed = bool(units.read_by_all.all())
    for arm in range(arms):
        each: list[ByPatient] = []
        mean: PairSums | None = None
        for reader in range(readers):
            one = _summed(figure, units, units.scores[arm, reader], units.calls[arm, reader], patients)
            values[arm, reader], left[arm, reader] = one.value, one.without_each()
            if crossed and isinstance(one, PairSums):  # one product instead of one a reader
                mean = one if mean is None else PairSums(mean.wins + one.wins, one.positives, one.negatives)
            else:
                each.append(one)
        if mean is not None:
            draws[arm] = mean.resampled(weights) / readers
        elif each:
            draws[arm] = np.mean([one.resampled(weights) for one in each], axis=0)
    machine = _summed(figure, units, units.machine_scores, units.machine_calls, patients)
    return Merit(figure, values, left, draws, machine.value, machine.without_each(), floats(machine.resampled(weights)))


def mean_merit(of: Sequence[Merit]) -> Merit:
    """AUC pooled over findings, each with the same weight; a finding that has no AUC makes it undefined."""
    return Merit(
        of[0].figure,
        floats(np.mean([one.values for one in of], axis=0)),
        floats(np.mean([one.left for one in of], axis=0)),
        floats(np.mean([one.draws for one in of], axis=0)),
        float(np.mean([one.machine for one in of])),
        floats(np.mean([one.machine_left for one in of], axis=0)),
        floats(np.mean([one.machine_draws for one in of], axis=0)),
    )


def together(of: Sequence[Units]) -> Units:
    """The units of several findings side by side."""
    return Units(
        np.concatenate([one.scores for one in of], axis=2),
        np.concatenate([one.calls for one in of], axis=2),
        np.concatenate([one.truth for one in of]),
        np.concatenate([one.patient for one in of]),
        np.concatenate([one.machine_scores for one in of]),
        np.concatenate([one.machine_calls for one in of]),
    )


def _summed(figure: Figure, units: Units, scores: Floats, calls: Floats, patients: int) -> PairSums | ShareSums:
    if figure == "auc":
        return PairSums.of(scores, units.truth, units.patient, patients)
    if figure == "sensitivity":
        return ShareSums.of(calls, units.truth, units.patient, patients)
    return ShareSums.of(1 - calls, ~units.truth, units.patient, patients)
