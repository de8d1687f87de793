"""The cards of all weights as one page for people: ``README.md`` beside the weights, made and never typed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference import weights
from inference.weights import WeightsCard

PAGE = "README.md"


def write_page(directory: Path) -> Path:
    """Write the page of every weights file in ``directory``."""
    paths = sorted(directory / name for name in weights.read_manifest(directory))
    page = directory / PAGE
    page.write_text(page_of(weights.read_card(path) for path in paths), encoding="utf-8")
    return page


def page_of(cards: Iterable[WeightsCard]) -> str:
    """Markdown: what the weights are, how each was trained, how well it did on held-out phantoms."""
    known = {card.name: card for card in cards}
    ordered = [known[name] for name in weights.NAMES if name in known]
    return "\n".join(
        [
            "# Demo weights",
            "",
            "Made by `python manage.py train all`; this page is made from the cards inside the files.",
            "",
            "**Trained and measured on synthetic images only (the phantom of `docs/phantom.md`). These figures say",
            "nothing of patients; the weights are not for clinical use.** Training, validation and test phantoms have",
            "seeds of their own; validation chose temperature and threshold, the test phantoms were only measured.",
            "`python manage.py calibrate` fitted temperatures and sizes again on whole studies; thresholds moved too.",
            "Disease is the positive class.",
            "",
            "## Segmentation: Dice on test phantoms",
            "",
            *_table(["network", "series", "Dice"], _dice_rows(ordered)),
            "",
            "## Findings: test phantoms, predicted masks, true level centres",
            "",
            *_table(_FINDING_HEAD, [_finding_row(card) for card in ordered if "auc" in card.figures]),
            "",
            "## Training",
            "",
            *_table(_TRAINING_HEAD, [_training_row(card) for card in ordered]),
            "",
        ]
    )


_FINDING_HEAD = [
    *("finding", "AUC", "sensitivity", "specificity", "calibration error", "mean error, mm"),
    *("patients", "places", "with disease", "threshold"),
]
_TRAINING_HEAD = ["network", "phantom", "train", "validation", "test", "steps", "minutes", "on", "learning rate"]


def _table(head: list[str], rows: Iterable[list[Any]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]


def _dice_rows(cards: Iterable[WeightsCard]) -> Iterable[list[Any]]:
    for card in cards:
        for name, dice in card.figures.items():
            if name.startswith("dice_"):
                words = ", ".join(f"{structure} {value:.2f}" for structure, value in dice.items())
                yield [card.name, name.removeprefix("dice_"), words]


def _finding_row(card: WeightsCard) -> list[Any]:
    figures = card.figures
    shown = [f"{figures[key]:.3f}" for key in ("auc", "sensitivity", "specificity", "ece")]
    counts = [figures[key] for key in ("patients", "crops", "positives")]
    return [card.name, *shown, f"{figures['mae_mm']:.2f}", *counts, f"{card.threshold or 0:.2f}"]


def _training_row(card: WeightsCard) -> list[Any]:
    seeds, training = card.seeds, card.training
    sides = [seeds.get(side, "") for side in ("train", "validation", "test")]
    facts = [training.get(key, "") for key in ("steps", "minutes", "device", "learning_rate")]
    return [card.name, card.phantom_version, *sides, *facts]
