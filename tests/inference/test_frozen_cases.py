"""What a run on the frozen cases says, and when it is not passed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference import frozen_cases
from inference.frozen_cases import CaseFailed, CaseResults, CasesUnreadable, run_cases, set_digest

PLACES = [("slip", f"C{number}", None) for number in range(3, 8)] + [
    ("lf", level, side) for level in ("C3/4", "C4/5", "C5/6", "C6/7") for side in ("left", "right")
]
Say = Callable[[int, dict[str, Any]], dict[str, Any] | None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two studies of a site; the phantoms are left out, because drawing them takes minutes."""
    monkeypatch.setattr(frozen_cases, "PHANTOMS", ())
    for name in ("Doe^John", "b"):
        study = tmp_path / "cases" / name
        study.mkdir(parents=True)
        (study / "1.dcm").write_bytes(b"image of " + name.encode())
        findings = [
            {
                "finding": finding,
                "level": level,
                "side": side,
                "positive": number % 2 == 0,
                "mm": 2.0 * (number % 2 == 0),
            }
            for number, (finding, level, side) in enumerate(PLACES)
        ]
        (study / "reference.json").write_text(json.dumps({"findings": findings}))
    return tmp_path / "cases"


def algorithm(say: Say = lambda number, truth: truth) -> Callable[[Sequence[Path]], Mapping[str, Any]]:
    """An algorithm that knows the reference and says what ``say`` makes of it."""

    def analyse(paths: Sequence[Path]) -> Mapping[str, Any]:
        assert [path.name for path in paths] == ["1.dcm"], "it does not get to see the reference"
        truth = json.loads((paths[0].parent / "reference.json").read_text())["findings"]
        return {"predictions": [said for number, one in enumerate(truth) if (said := say(number, one)) is not None]}

    return analyse


def wrong_from(first: int) -> Say:
    return lambda number, truth: {**truth, "positive": truth["positive"] == (number < first)}


def check(folder: Path, say: Say = lambda number, truth: truth, **options: Any) -> CaseResults:
    return run_cases(algorithm(say), folder=folder, **options)


def test_an_algorithm_that_agrees_passes_and_every_share_is_said(folder: Path) -> None:
    results = check(folder, lambda number, truth: {**truth, "mm": truth["mm"] + 0.5})
    assert results.passed
    assert results.data["reasons"] == []
    assert (results.data["agreement"], results.data["covered"], results.data["median_error_mm"]) == (1.0, 1.0, 0.5)
    assert results.data["findings"] == {"lf": {"stated": 16, "agreed": 16}, "slip": {"stated": 10, "agreed": 10}}
    assert [(row["name"], row["agreed"]) for row in results.data["cases"]] == [("local 1", 13), ("local 2", 13)]
    assert "Doe" not in json.dumps(results.data), "people name folders after patients"


def test_too_few_or_one_finding_that_disagrees_fails(folder: Path) -> None:
    assert check(folder, wrong_from(9)).data["reasons"] == ["too_few_agree", "finding_disagrees"]
    slips = check(folder, lambda number, truth: {**truth, "positive": truth["positive"] != (number < 3)})
    assert slips.data["reasons"] == ["too_few_agree", "finding_disagrees"]
    two_slips = check(folder, lambda number, truth: {**truth, "positive": truth["positive"] != (number < 2)})
    assert two_slips.passed


def test_calling_everything_negative_does_not_pass(folder: Path) -> None:
    for study in folder.iterdir():  # one disease among many healthy places
        truth = json.loads((study / "reference.json").read_text())
        for number, one in enumerate(truth["findings"]):
            one.update(positive=number == 0, mm=2.0 * (number == 0))
        (study / "reference.json").write_text(json.dumps(truth))
    results = check(folder, lambda number, truth: {**truth, "positive": False}, states_everything=False)
    assert results.data["agreement"] > 0.9
    assert results.data["reasons"] == ["positives_missed"]


def test_silence_counts_for_ours_and_not_for_a_plug_in(folder: Path) -> None:
    def slips_only(number: int, truth: dict[str, Any]) -> dict[str, Any] | None:
        return truth if truth["finding"] == "slip" else None

    assert check(folder, slips_only).data["reasons"] == ["places_missing"]
    assert check(folder, slips_only, states_everything=False).passed
    nothing = check(folder, lambda number, truth: None, states_everything=False)
    assert nothing.data["reasons"] == ["nothing_stated"]


def test_a_version_that_is_worse_than_the_active_one_fails(folder: Path) -> None:
    results = check(folder, lambda number, truth: wrong_from(12)(number, truth), active=algorithm())
    assert results.data["reasons"] == ["worse_than_active"]
    assert results.data["active"]["agreement"] == 1.0
    assert results.data["active"]["same"] == results.data["agreement"]
    assert check(folder, active=algorithm(wrong_from(12))).passed
    earlier = json.loads(json.dumps(check(folder).data))
    again = check(folder, lambda number, truth: wrong_from(12)(number, truth), active=earlier)
    assert again.data["active"] == results.data["active"], "what it said earlier need not be asked again"


@pytest.mark.parametrize("answer", [{}, {"predictions": None}, {"predictions": [{"finding": "slip"}]}])
def test_a_case_without_an_answer_fails_the_run_and_the_others_are_run(folder: Path, answer: dict[str, Any]) -> None:
    good = algorithm()

    def analyse(paths: Sequence[Path]) -> Mapping[str, Any]:
        if "Doe" not in str(paths[0]):
            return good(paths)
        if not answer:
            raise CaseFailed("algorithm_crashed")
        return answer

    results = run_cases(analyse, folder=folder, states_everything=False)
    assert not results.passed
    assert results.data["reasons"] == ["case_failed"]
    problems = [row["problem"] for row in results.data["cases"]]
    assert problems[1] == ""
    assert problems[0]


def test_the_digest_names_cases_files_and_tolerances(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {set_digest(), set_digest(folder)}
    assert set_digest(folder) in seen
    (folder / "b" / "1.dcm").write_bytes(b"another image")
    seen.add(set_digest(folder))
    monkeypatch.setattr(frozen_cases, "TOLERANCES", replace(frozen_cases.TOLERANCES, agreement=0.5))
    seen.add(set_digest(folder))
    assert len(seen) == 4


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"findings": [{}]}', b"\xff"])
def test_a_reference_that_cannot_be_read_is_said_by_number(folder: Path, content: bytes) -> None:
    (folder / "Doe^John" / "reference.json").write_bytes(content)
    with pytest.raises(CasesUnreadable, match=r"case 1: reference\.json"):
        check(folder)
    with pytest.raises(CasesUnreadable, match="is not there"):
        set_digest(folder / "nowhere")


def test_the_phantoms_show_every_finding_and_a_normal_neck() -> None:
    kinds = [text.split(":")[1] for phantom in frozen_cases.PHANTOMS for text in phantom.pathologies]
    assert {"herniation", "slip", "osteophyte", "lf", "pll"} == set(kinds)
    assert any(not phantom.pathologies for phantom in frozen_cases.PHANTOMS)
