"""The analysis of a reader study: figures whose true values are known, and reads that lack something."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from reporting.reader_studies.analysis.comparisons import SILENT
from reporting.reader_studies.analysis.reads import FindingReads, StudyReads
from reporting.reader_studies.analysis.whole import OVERVIEW, POOLED, TIMES, analysed, of_finding
from reporting.reader_studies.simulation import Spread, latent_scores, on_scale, truth_of
from reporting.reader_studies.words import ArmKind, Scale
from reporting.statistics.arrays import Floats, floats

AREAS = {ArmKind.AIDED: 0.9, ArmKind.UNAIDED: 0.8}
ARMS = tuple(arm.value for arm in AREAS)
PLACES = tuple((level, "") for level in ("C3/4", "C4/5", "C5/6"))


def study(scale: Scale = Scale.CONFIDENCE, *, cases: int = 60, readers: int = 6, seed: int = 1) -> StudyReads:
    truth = truth_of(cases, len(PLACES), 0.4, seed)
    scores = on_scale(latent_scores(truth, AREAS, readers, Spread(), seed), scale, 5, None)
    cut = {Scale.CONFIDENCE: 50.0, Scale.ORDINAL: 1.0, Scale.BINARY: 1.0}[scale]
    machine = np.where(truth, 0.8, 0.2) + np.random.default_rng(seed).normal(scale=0.25, size=truth.shape)
    finding = FindingReads(
        "herniation",
        "Disc herniation",
        scale.value,
        5,
        PLACES,
        scores,
        floats(scores >= cut),
        floats(truth),
        floats(machine),
        floats(machine >= 0.5),
    )
    rng = np.random.default_rng(seed)
    shape = (len(ARMS), readers, cases)
    active = np.exp(rng.normal(size=shape) * 0.3) * np.array([60_000, 90_000])[:, None, None]
    session = np.broadcast_to(np.array([1.0, 2.0])[:, None, None], shape).copy()
    session[:, ::2] = session[::-1, ::2]
    names = tuple(f"R{n + 1:02d}" for n in range(readers)), tuple(f"K{n + 1:03d}" for n in range(cases))
    return StudyReads(ARMS, *names, (finding,), floats(active), session, {"missing_readings": 0})


def parts(reads: StudyReads) -> dict[str, Any]:
    found = {part.name: part.content for part in analysed(reads, resamples=200, seed=5, margin=0.05)}
    assert set(found) == {OVERVIEW, POOLED, TIMES, *(of_finding(one.key) for one in reads.findings)}
    json.dumps(found, allow_nan=False)  # it is stored, and read by browsers
    return found


def without(reads: StudyReads, missing: tuple[Any, ...]) -> StudyReads:
    """As if these readings (arm, reader, case) had never been submitted."""
    finding = reads.findings[0]
    scores, calls, active = finding.scores.copy(), finding.calls.copy(), reads.active_ms.copy()
    scores[missing], calls[missing], active[missing] = np.nan, np.nan, np.nan
    return replace(reads, findings=(replace(finding, scores=scores, calls=calls),), active_ms=active)


def test_what_was_drawn_is_found_again() -> None:
    found = parts(study(cases=150, readers=8))[of_finding("herniation")]["merits"]["auc"]
    for arm, drawn in AREAS.items():
        assert found["arms"][arm]["mean"]["value"] == pytest.approx(drawn, abs=0.04)
        assert found["arms"][arm]["mrmc"]["low"] < drawn < found["arms"][arm]["mrmc"]["high"]
    (difference,) = found["differences"]
    assert (difference["first"], difference["second"]) == ("aided", "unaided")
    by_rockette, by_metz, by_bootstrap = difference["or"], difference["dbm"], difference["bootstrap"]
    assert 0 < by_rockette["estimate"]["low"] < 0.1 < by_rockette["estimate"]["high"]
    assert by_rockette["estimate"]["value"] == pytest.approx(by_bootstrap["value"])
    assert by_metz["estimate"]["value"] == pytest.approx(by_rockette["estimate"]["value"], abs=0.005)
    assert by_metz["estimate"]["se"] == pytest.approx(by_rockette["estimate"]["se"], rel=0.15)
    assert difference["noninferiority"]["shown"] is True


def area(truth: Floats, scores: Floats) -> float:
    """By SciPy: U over the number of pairs."""
    positive, negative = scores[truth > 0], scores[truth == 0]
    return float(mannwhitneyu(positive, negative).statistic / (len(positive) * len(negative)))


def test_an_area_is_the_one_another_library_finds() -> None:
    reads = study()
    finding = reads.findings[0]
    found = parts(reads)[of_finding("herniation")]
    for n, arm in enumerate(ARMS):
        others = [area(finding.truth, one) for one in finding.scores[n]]
        assert [one["value"] for one in found["merits"]["auc"]["arms"][arm]["readers"]] == pytest.approx(others)
    machine = area(finding.truth, finding.machine_scores)
    assert found["merits"]["auc"]["standalone"][0]["machine"]["value"] == pytest.approx(machine)


def test_where_the_algorithm_is_silent_nobody_is_held_against_it() -> None:
    reads = study()
    finding = reads.findings[0]
    silent = np.zeros(finding.truth.shape, bool)
    silent[::7], silent[::5, 1] = True, True
    mute = np.where(silent, np.nan, finding.machine_scores), np.where(silent, np.nan, finding.machine_calls)
    heard = replace(finding, machine_scores=mute[0], machine_calls=mute[1])
    found = parts(replace(reads, findings=(heard,)))
    for part in (of_finding("herniation"), POOLED):
        (one, *_others) = found[part]["merits"]["auc"]["standalone"]
        assert (one["places"], one["silent"]) == (int((~silent).sum()), int(silent.sum()))
        assert one["machine"]["value"] == pytest.approx(area(finding.truth[~silent], finding.machine_scores[~silent]))
        theirs = [area(finding.truth[~silent], each[~silent]) for each in finding.scores[ARMS.index(one["arm"])]]
        assert one["readers"]["value"] == pytest.approx(float(np.mean(theirs)))
    whole = parts(reads)[of_finding("herniation")]["merits"]["auc"]
    assert found[of_finding("herniation")]["merits"]["auc"]["arms"] == whole["arms"], "the readers' own figures stay"


def test_an_algorithm_that_is_silent_in_one_finding_of_two_is_compared_over_both() -> None:
    reads = study()
    finding = reads.findings[0]
    silent = np.zeros(finding.truth.shape, bool)
    silent[::7] = True
    mute = np.where(silent, np.nan, finding.machine_scores), np.where(silent, np.nan, finding.machine_calls)
    second = replace(finding, key="canal", machine_scores=mute[0], machine_calls=mute[1])
    found = parts(replace(reads, findings=(finding, second)))
    (one, *_others) = found[POOLED]["merits"]["auc"]["standalone"]
    assert (one["places"], one["silent"]) == (2 * silent.size - int(silent.sum()), int(silent.sum()))
    areas = [area(finding.truth[at], finding.machine_scores[at]) for at in (silent | True, ~silent)]
    assert one["machine"]["value"] == pytest.approx(float(np.mean(areas)))


def test_an_algorithm_that_says_nothing_is_compared_with_nobody() -> None:
    reads = study()
    nothing = np.full(reads.findings[0].truth.shape, np.nan)
    mute = replace(reads.findings[0], machine_scores=nothing, machine_calls=nothing)
    for one in parts(replace(reads, findings=(mute,)))[of_finding("herniation")]["merits"]["auc"]["standalone"]:
        assert one["note"] == SILENT
        assert (one["places"], one["silent"]) == (0, nothing.size)


@pytest.mark.parametrize("scale", [Scale.BINARY, Scale.ORDINAL])
def test_shares_are_counted_over_places(scale: Scale) -> None:
    reads = study(scale)
    finding = reads.findings[0]
    found = parts(reads)[of_finding("herniation")]["merits"]
    diseased = finding.truth > 0
    for n, arm in enumerate(ARMS):
        hits = finding.calls[n][:, diseased].mean(axis=1), 1 - finding.calls[n][:, ~diseased].mean(axis=1)
        for figure, each in zip(("sensitivity", "specificity"), hits, strict=True):
            said = [one["value"] for one in found[figure]["arms"][arm]["readers"]]
            assert said == pytest.approx(each.tolist())
            assert found[figure]["arms"][arm]["mean"]["value"] == pytest.approx(float(each.mean()))


def test_the_same_reads_and_seed_give_the_same_numbers_and_the_digest_sees_one_changed_answer() -> None:
    reads = study()
    assert parts(reads) == parts(study())
    changed = reads.findings[0].scores.copy()
    changed[0, 0, 0, 0] += 1
    other = replace(reads, findings=(replace(reads.findings[0], scores=changed),))
    assert reads.digest() == study().digest() != other.digest()


def test_a_missing_reading_leaves_the_rest_and_a_crossed_comparison_of_what_all_read() -> None:
    reads = without(study(), (1, 2, 7))
    found = parts(reads)[of_finding("herniation")]
    assert found["counts"]["places"] == 180
    assert found["counts"]["read_by_all"] == 177
    assert found["merits"]["auc"]["differences"]
    assert found["merits"]["auc"]["or"]["counts"]["patients"] <= 60


def test_a_split_plot_that_nobody_read_whole_says_why_there_is_no_crossed_comparison() -> None:
    reads = study()
    for case in range(60):
        reads = without(reads, (slice(None), case % 6, case))
    found = parts(reads)[of_finding("herniation")]
    assert found["merits"]["auc"]["note"]
    assert found["merits"]["auc"]["differences"] == []
    assert found["merits"]["auc"]["arms"]["aided"]["mean"]["value"] != "undefined"
    assert found["u"]["estimates"]


def test_a_reader_who_read_nothing_in_an_arm_is_undefined_and_breaks_nothing() -> None:
    found = parts(without(study(), (0, 3)))[of_finding("herniation")]["merits"]["auc"]
    assert found["arms"]["aided"]["readers"][3]["value"] == "undefined"
    assert found["arms"]["aided"]["readers"][3]["note"]


def test_one_class_only_is_undefined_not_one() -> None:
    reads = study()
    finding = reads.findings[0]
    healthy = replace(reads, findings=(replace(finding, truth=np.zeros_like(finding.truth)),))
    found = parts(healthy)[of_finding("herniation")]["merits"]
    assert found["auc"]["arms"]["aided"]["mean"]["value"] == "undefined"
    assert found["sensitivity"]["arms"]["aided"]["mean"]["value"] == "undefined"
    assert found["sensitivity"]["differences"] == []
    assert found["sensitivity"]["note"]
    assert found["specificity"]["arms"]["aided"]["mean"]["value"] != "undefined"


def test_reading_times_are_compared_within_reader_and_case() -> None:
    found = parts(study())[TIMES]
    (ratio,) = found["ratios"]
    assert ratio["pairs"] == 360
    assert ratio["ratio"]["low"] < 60 / 90 < ratio["ratio"]["high"]
    assert found["model"]["effects"]["arm_aided"]["ratio"]["value"] == pytest.approx(60 / 90, rel=0.08)


def _by_hand(machine: Floats, alone: Floats, aided: Floats, truth: Floats) -> list[int]:
    counts = [0] * 8
    for reader in range(alone.shape[0]):
        for place in np.ndindex(*truth.shape):
            right = [bool(said) == bool(truth[place]) for said in (machine[place], alone[reader][place])]
            after = bool(aided[reader][place]) == bool(truth[place])
            counts[right[0] * 4 + right[1] * 2 + after] += 1
    return counts


def test_automation_bias_is_counted_over_algorithm_unaided_and_aided() -> None:
    reads = study(cases=20, readers=3)
    one = reads.findings[0]
    found = parts(reads)[of_finding("herniation")]["reliance"]["aided"]
    assert found["counts"] == _by_hand(one.machine_calls, one.calls[1], one.calls[0], one.truth)
    assert found["shares"]["misled"]["of"] == sum(found["counts"][2:4])
    assert found["shares"]["misled"]["hits"] == found["counts"][2]
