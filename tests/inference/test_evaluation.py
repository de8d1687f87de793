"""From seeds to one report, one JSON and a card: end to end, failures counted, seen phantoms refused."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference import weights
from inference.evaluation import compare
from inference.evaluation.cohort import Cohort
from inference.evaluation.conditions import ALL, GAP, Condition, Settings, conditions
from inference.evaluation.estimate import UNDEFINED
from inference.evaluation.finding_figures import finding_figures, loss_against, report_figures
from inference.evaluation.map_figures import level_figures
from inference.evaluation.model_card import card_of
from inference.evaluation.provenance import provenance
from inference.evaluation.real_scans import CORD_SCANS, REFUSED, look_at
from inference.evaluation.records import LevelOutcome, Place, StudyRecord
from inference.evaluation.report import write_report
from inference.evaluation.runner import run_all
from inference.evaluation.seeds import SeedError, parse, refuse_seen
from inference.evaluation.study import Task
from inference.evaluation.summary import summarise
from inference.evaluation.targets import TARGETS, Figure, Verdict
from inference.evaluation.true_maps import reflection_difference
from inference.phantom import draw_spec, truth_record
from inference.results import LevelResult
from inference.training.splits import Split
from inference.weights import WeightsCard
from reporting.vocabulary import LevelKind, LevelStatus, MachineFinding
from tests.paths import REPOSITORY, shared_data

SMALL = Settings(matrix=192, samples=1, truth_samples=1)
ARGUMENTS = {
    "first_seed": 8102,
    "last_seed": 8102,
    "family": "first",
    "robustness": False,
    "mirror": False,
    "quick": True,
    "workers": 1,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One phantom through the command."""
    out = tmp_path_factory.mktemp("evaluation")
    call_command("evaluate", seeds="8101:8102", quick=True, no_speed=True, out=out, stdout=io.StringIO())
    return out


def test_a_run_writes_figures_that_name_their_origin(run: Path) -> None:
    summary = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    assert summary["positive_class"] == "disease"
    assert summary["arguments"]["first_seed"] == summary["arguments"]["last_seed"] == 8101
    assert summary["provenance"]["algorithm"]["weights_sha256"] == weights.algorithm_info().weights_sha256
    gap = summary["conditions"]["gap"]
    assert gap["failed"] == []
    assert gap["levels"]["vertebra"]["levels"] == 6
    assert {row["structure"] for row in gap["overlaps"]} == {"body", "disc", "sac", "cord", "pll", "lf"}
    for finding in gap["findings"].values():
        assert sum(finding["matrix"].values()) == finding["assessed"] <= finding["places"]
    assert len(summary["targets"]) == len(TARGETS)
    assert str(REPOSITORY) not in (run / "evaluation.json").read_text(encoding="utf-8")


def test_the_report_needs_nothing_from_elsewhere(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Synthetic, not clinical." in page
    own = page.replace("https://plotly.com", "").split("<script>")[0]  # what follows is plotly itself
    assert "http://" not in own
    assert "https://" not in own
    assert "default-src 'none'" in own
    for figure in ("gap-lf-roc", "gap-lf-confusion", "gap-sizes-canal_ap-map", "overlaps-sagittal_t2-0"):
        assert f'id="{figure}"' in own
        assert f'data-figure="{figure}"' in own


def test_a_second_run_uses_what_is_there_and_makes_the_same_figures(run: Path) -> None:
    before = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    printed = io.StringIO()
    call_command("evaluate", seeds="8101:8102", quick=True, no_speed=True, out=run, stdout=printed)
    assert "1 of 1 phantoms were analysed before" in printed.getvalue()
    assert json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["conditions"] == before["conditions"]


def test_a_record_of_other_weights_or_of_a_failure_is_not_used_again(run: Path, tmp_path: Path) -> None:
    task = Task(
        8101, GAP, Settings(matrix=256, samples=2, truth_samples=3), tmp_path / "gap", device="cpu:broken"
    )  # whatever runs, fails
    shutil.copytree(run / "studies" / "gap", tmp_path / "gap")
    path = tmp_path / "gap" / "8101.json"
    stored = json.loads(path.read_text(encoding="utf-8"))

    def again() -> str:
        return run_all([task], tmp_path, workers=1, fresh=False, report=lambda _: None)[0].error

    path.write_text(json.dumps({**stored, "key": {**task.key()}}), encoding="utf-8")
    assert again() == ""
    path.write_text(json.dumps({**stored, "key": {**task.key(), "weights": "other"}}), encoding="utf-8")
    assert "RuntimeError" in again()
    path.write_text(json.dumps({**stored, "key": {**task.key()}, "error": "it failed"}), encoding="utf-8")
    assert "RuntimeError" in again()


def test_the_card_comes_from_the_figures_alone(run: Path, tmp_path: Path) -> None:
    summary = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    call_command("model_card", str(run / "evaluation.json"), out=tmp_path / "card.md", stdout=io.StringIO())
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert card == card_of(summary)
    for heading in ("Intended use", "It must not be used for", "Training data", "Evaluation data", "Limits"):
        assert f"\n## {heading}\n" in card
    assert card.count("phantom") > 3
    summary["conditions"]["gap"]["levels"]["vertebra"]["right"]["value"] = 0.4321
    assert "0.432" in card_of(summary)
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(CommandError, match="no summary"):
        call_command("model_card", str(tmp_path / "other.json"))


def test_a_study_that_fails_is_a_result_and_the_report_is_written(tmp_path: Path) -> None:
    task = Task(8102, GAP, SMALL, tmp_path / "gap", device="no such device")
    (record,) = run_all([task], tmp_path, workers=1, fresh=False, report=lambda _: None)
    assert "RuntimeError" in record.error
    assert {place.why_not for place in record.places} == {"study_failed"}
    summary = summarise({"gap": [record]}, provenance=provenance({}, ""), arguments=ARGUMENTS)
    found = summary["conditions"]["gap"]["findings"]["lf"]
    assert (found["places"], found["assessed"]) == (10, 0)
    assert found["metrics"]["AUC"]["value"] == UNDEFINED
    assert summary["conditions"]["gap"]["failed"][0]["seed"] == 8102
    assert {row["verdict"] for row in summary["targets"]} == {"not measured"}
    write_report(tmp_path / "report.html", summary, {"gap": [record]}, {"gap": tmp_path / "gap"})
    assert "no such device" in (tmp_path / "report.html").read_text(encoding="utf-8")


def seen(*, train: int = 5) -> WeightsCard:
    return WeightsCard(
        "slip", "1", "1.0", "phantoms", seeds={**Split.of_phantoms(train, 2, 3).described(), "training": 1}
    )


def test_phantoms_that_a_network_has_met_are_refused() -> None:
    refuse_seen(range(8000, 8100), [seen()])
    for seeds, side in ((range(999_999, 1_000_001), "train"), (range(2_000_001, 2_000_009), "validation")):
        with pytest.raises(SeedError, match=f"was a {side} patient of slip"):
            refuse_seen(seeds, [seen()])
    with pytest.raises(SeedError, match="was a test patient"):
        refuse_seen(range(3_000_002, 3_000_003), [seen()])
    with pytest.raises(SeedError, match="does not say"):
        refuse_seen(range(5), [replace(seen(), seeds={"training": 1})])
    with pytest.raises(CommandError, match="was a train patient"):
        call_command("evaluate", seeds="1000000:1000002")


@pytest.mark.parametrize("text", ["5", "5:", "a:b", "9:9", "9:3", "-2:4", "0:1000000"])
def test_seeds_are_two_whole_numbers_in_order(text: str) -> None:
    with pytest.raises(SeedError):
        parse(text)


def test_the_second_family_is_no_robustness_row_of_itself() -> None:
    names = [one.name for one in conditions(family="second", quick=False, robustness=True, mirror=True)]
    assert names == ["gap", "continuous", "noise", "bias", "thick", "tilt", "t2star", "mirror"]
    assert [one.name for one in conditions(family="first", quick=True, robustness=False, mirror=False)] == ["gap"]


def test_every_condition_changes_what_is_scanned_and_no_finding() -> None:
    usual = SMALL.plan(5, GAP)
    for condition in ALL.values():
        plan = SMALL.plan(5, condition)
        differs = plan.header.identity != usual.header.identity or condition.artefacts != GAP.artefacts
        assert (differs or condition.reflected) is (condition is not GAP)
        if condition.scan.get("margin_mm") and "family" not in condition.scan:
            assert plan.spec == usual.spec


def truth() -> dict[str, Any]:
    return truth_record(draw_spec(8103))


def levels(shift: int = 0, status: LevelStatus = LevelStatus.NAMED) -> list[LevelResult]:
    """The true places under names that are ``shift`` levels too low."""
    found = []
    for kind in LevelKind:
        places = [one for one in truth()["levels"] if one["kind"] == kind.value]
        for place, named in zip(places, places[shift:], strict=False):
            found.append(LevelResult(named["name"], kind, tuple(place["center_lps_mm"]), status))
    return found


def test_a_column_named_one_level_off_is_wrong_and_an_uncertain_one_is_not() -> None:
    def said(found: list[LevelResult]) -> list[str]:
        return [one.outcome for one in compare.level_outcomes(truth(), found) if one.kind == "vertebra"]

    assert said(levels()) == ["right"] * 6
    assert said(levels(shift=1)) == ["missing"] + ["wrong"] * 5
    assert said(levels(status=LevelStatus.UNCERTAIN)) == ["uncertain"] * 6
    assert said([]) == ["missing"] * 6


def test_levels_of_failed_studies_count_as_not_found() -> None:
    outcomes = tuple(LevelOutcome(f"C{number}", "vertebra", "right") for number in range(2, 8))
    records = (record(0, levels=outcomes), record(1, error="pipeline: failed"))
    found = level_figures(Cohort(records))["vertebra"]
    assert (found["levels"], found["right"]["count"], found["missing"]["count"]) == (12, 6, 6)


def test_reflecting_the_truth_twice_gives_it_back() -> None:
    once = compare.reflect_truth(truth())
    lf = {(one["level"], one["side"]): one["mm"] for one in truth()["findings"] if one["finding"] == "lf"}
    swapped = {(one["level"], one["side"]): one["mm"] for one in once["findings"] if one["finding"] == "lf"}
    assert swapped["C5/6", "left"] == lf["C5/6", "right"]
    assert compare.reflect_truth(once) == truth()


def test_a_measurement_that_stays_on_its_side_is_no_mirror() -> None:
    offset = ("herniation_offset", "C5/6", None)
    before = {("lf", "C5/6", "left"): 3.0, ("lf", "C5/6", "right"): 1.5, ("pll", "C5/6", None): 1.0, offset: 0.4}
    after = {("lf", "C5/6", "left"): 1.5, ("lf", "C5/6", "right"): 3.0, ("pll", "C5/6", None): 1.0, offset: -0.4}
    assert reflection_difference(before, after) == 0.0
    assert reflection_difference(before, before) == 1.5
    assert reflection_difference(before, {}) == float("inf")


def place(level: str, positive: bool, probability: float | None) -> Place:
    if probability is None:
        return Place("pll", level, None, positive, 3.0 if positive else 1.0, why_not="level_not_named")
    size = 3.0 if positive else 1.0
    return Place(
        "pll",
        level,
        None,
        positive,
        size,
        probability=probability,
        threshold=0.5,
        said_positive=probability >= 0.5,
        mm=size,
    )


def record(seed: int, *places: Place, condition: Condition = GAP, **facts: Any) -> StudyRecord:
    return StudyRecord(key={}, seed=seed, condition=condition.name, vendor="ge", places=places, **facts)


def test_what_was_not_assessed_is_counted_and_never_scored() -> None:
    cohort = Cohort(
        (record(1, place("C3/4", True, 0.9), place("C4/5", True, None)), record(2, place("C3/4", False, 0.6)))
    )
    found = finding_figures(cohort, MachineFinding.PLL)
    assert (found["places"], found["assessed"], found["not_assessed"]) == (3, 2, {"level_not_named": 1})
    assert found["matrix"] == {"tp": 1, "fp": 1, "fn": 0, "tn": 0}
    assert found["by_level"]["C4/5"]["assessed"] == 0


def test_a_report_is_right_only_when_every_place_was_assessed_and_right() -> None:
    good, wrong, withheld = place("C3/4", True, 0.9), place("C4/5", False, 0.9), place("C4/5", False, None)
    cohort = Cohort((record(1, good), record(2, good, wrong), record(3, good, withheld), record(4, good, wrong, wrong)))
    found = report_figures(cohort)
    assert found["all_right"]["value"] == 0.25
    assert found["off_per_study"]["value"] == 1.0
    assert report_figures(Cohort((record(5, error="could not be drawn"),)))["all_right"]["value"] == 0.0


def test_a_loss_is_read_on_places_that_both_assessed() -> None:
    rng = np.random.default_rng(2)
    usual, withheld = [], []
    for seed in range(12):
        good = [place(level, positive, float(0.5 * rng.random() + 0.5 * positive)) for level, positive in POSITIVES]
        usual.append(record(seed, *good))
        kept = [one if index < 2 else place(one.level, one.true_positive, None) for index, one in enumerate(good)]
        withheld.append(record(seed, *kept))
    found = loss_against(Cohort(tuple(usual)), Cohort(tuple(withheld)), MachineFinding.PLL)
    assert found["assessed"] == 0.5
    assert found["places"] == 24
    assert found["loss"]["value"] == 0.0


POSITIVES = (("C2/3", True), ("C3/4", False), ("C4/5", True), ("C5/6", False))


def test_verdicts_follow_floor_and_target() -> None:
    dice = next(one for one in TARGETS if one.item == "Dice axial disc")
    error = next(one for one in TARGETS if one.item == "Mean error slip")
    assert dice.verdict(None) is Verdict.NOT_MEASURED
    assert [dice.verdict(Figure(value)) for value in (0.93, 0.88, 0.86)] == [
        Verdict.TARGET_MET,
        Verdict.FLOOR_MET,
        Verdict.MISSED,
    ]
    assert [error.verdict(Figure(value)) for value in (0.3, 0.5, 0.61)] == [
        Verdict.TARGET_MET,
        Verdict.FLOOR_MET,
        Verdict.MISSED,
    ]
    assert dice.verdict(Figure(0.99, usable=False)) is Verdict.MISSED


def test_real_samples_that_are_not_there_are_named_and_not_counted(tmp_path: Path) -> None:
    for name in ("nifti/sagT2_crop_fake_lesion_MIT", "dicom/noise_pixels_real_headers_MIT/FAIL_CT_gantry_tilt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).symlink_to(shared_data(*name.split("/")))
    found = look_at(tmp_path, "cpu", lambda _: None)
    assert (found["cord_scans"], found["level_scans"], found["refusal_cases"]) == (1, 1, 1)
    assert found["refused"] == 1.0
    assert found["wrong_levels"] == 0
    assert 0.4 < found["cord_dice"] <= 1.0
    absent = [one["title"] for one in (*found["scans"], *found["refusals"]) if one["absent"]]
    assert len(absent) == len(CORD_SCANS) + len(REFUSED) - 2
