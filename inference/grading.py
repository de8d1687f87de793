"""Crops → calibrated probabilities, millimetres and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inference import weights
from inference.networks import OUTPUTS
from inference.segmentation import autocast
from reporting.vocabulary import MachineFinding, Side, Zone

_BATCH = 12
# Quarters of the lower endplate's depth (Meyerding).
_SLIP_GRADES = ((0.25, "I"), (0.50, "II"), (0.75, "III"), (1.00, "IV"))
_ZONE_COLUMNS = {"central": Zone.CENTRAL, "paracentral": Zone.PARACENTRAL, "foraminal": Zone.FORAMINAL}


@dataclass(frozen=True)
class Grade:
    """What a grading network says about one crop.

    ``probability`` is calibrated; ``positive`` compares it with ``threshold``. ``mm`` is a size (never negative).
    ``direction`` (slip: anterior, posterior), ``zone`` and ``side`` (herniation) are given for positives only.
    ``offset`` is the herniation's place in half sac widths, + on the patient's left.
    """

    finding: MachineFinding
    probability: float
    threshold: float
    positive: bool
    mm: float
    direction: str | None = None
    zone: Zone | None = None
    side: Side | None = None
    offset: float | None = None


def grade(finding: MachineFinding, crops: Sequence[NDArray[np.float32]]) -> list[Grade]:
    """Grade crops made by ``inference.crops`` for this finding, in their order.

    Raises:
        WeightsError: the network's weights are missing or changed.
    """
    if not crops:
        return []
    network, card = weights.load(finding.value)
    outputs = run_network(network, np.stack(crops))
    threshold = weights.operating_point(finding.value, card)
    return [_read(finding, row, card, threshold) for row in outputs]


@torch.inference_mode()
def run_network(network: torch.nn.Module, crops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raw outputs (n, columns of ``OUTPUTS``) of crops (n, channels, …)."""
    device = next(network.parameters()).device
    rows = []
    for start in range(0, len(crops), _BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(crops[start : start + _BATCH])).to(device)
        layout = torch.channels_last if batch.ndim == 4 else torch.channels_last_3d
        with autocast(device):
            rows.append(network(batch.contiguous(memory_format=layout)).float().cpu())
    return torch.cat(rows).numpy()


def slip_grade(mm: float, lower_endplate_mm: float) -> str:
    """Grade I to V of a slip of ``mm`` over the lower vertebra's upper endplate of that depth."""
    share = abs(mm) / lower_endplate_mm
    return next((name for bound, name in _SLIP_GRADES if share <= bound), "V")


def _read(finding: MachineFinding, row: NDArray[np.float32], card: weights.WeightsCard, threshold: float) -> Grade:
    value = {name: float(number) for name, number in zip(OUTPUTS[finding], row, strict=True)}
    probability = float(1.0 / (1.0 + np.exp(-np.clip(value["logit"] / card.temperature, -30.0, 30.0))))
    positive = probability >= threshold
    direction, zone, side, offset = None, None, None, value.get("offset")
    if positive and finding is MachineFinding.SLIP:
        direction = "anterior" if value["mm"] > 0 else "posterior"
    if positive and offset is not None:
        zone = _ZONE_COLUMNS[max(_ZONE_COLUMNS, key=lambda name: value[name])]
        side = Side.MIDLINE if zone is Zone.CENTRAL else Side.LEFT if offset > 0 else Side.RIGHT
    return Grade(finding, probability, threshold, positive, card.size_mm(value["mm"]), direction, zone, side, offset)
