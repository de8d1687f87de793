"""How good a network is on phantoms it never met. Nothing here is clinical accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from inference.evaluation.overlap import central_slices, dice, slices_between
from inference.grading import run_network
from inference.networks import STRUCTURES, Plane
from inference.segmentation import predict, resample
from inference.training.calibrate import Floats, sigmoid, temperature, threshold
from inference.training.crop_cache import CropSet
from inference.training.dataset import CachedStudy
from inference.training.images import simulated_image
from inference.volumes import Volume
from reporting.statistics.auc import auc_value
from reporting.statistics.calibration import expected_calibration_error
from reporting.vocabulary import LABEL_VALUES, SeriesRole

_AT_ONCE = 64


def dice_of_study(network: nn.Module, plane: Plane, role: SeriesRole, study: CachedStudy) -> dict[str, float]:
    """Dice per structure, the whole series as in service, on the series' own voxels.

    Sagittal: slices within 6 mm of the cord's middle. Axial: all slices from the C2/3 to the C7/T1 disc.
    """
    image = simulated_image(study, role, np.random.default_rng([study.seed, 9]))
    truth = np.asarray(study.labels(role))
    found = resample(predict(network, image, plane), truth.shape, image.affine_lps_mm).classes
    said = np.array([0, *(LABEL_VALUES[structure] for structure in STRUCTURES[plane])])[found]
    keep = _measured_slices(study, image, plane, truth)
    scores = dice(truth[keep], said[keep], STRUCTURES[plane])
    return {structure.value: score for structure, score in scores.items()}


def mean_dice(studies: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean over the studies in which a structure is."""
    names = dict.fromkeys(name for scores in studies for name in scores)
    return {name: round(float(np.mean([s[name] for s in studies if name in s])), 4) for name in names}


def _measured_slices(study: CachedStudy, image: Volume, plane: Plane, truth: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if plane == "sagittal":
        return central_slices(truth, float(image.spacing_kji_mm[0]))
    centers = {level["name"]: np.array(level["center_lps_mm"]) for level in study.truth["levels"]}
    return slices_between(image, centers["C2/3"], centers["C7/T1"])


def raw_outputs(network: nn.Module, names: tuple[str, ...], crops: CropSet) -> dict[str, Floats]:
    """Every named column of the network's output for every crop."""
    rows = []
    for start in range(0, len(crops), _AT_ONCE):
        batch = [crops.crop(index) for index in range(start, min(start + _AT_ONCE, len(crops)))]
        rows.append(run_network(network, np.stack(batch)))
    values = np.concatenate(rows).astype(np.float64)
    return {name: values[:, index] for index, name in enumerate(names)}


def calibrated(network: nn.Module, names: tuple[str, ...], crops: CropSet) -> tuple[float, float]:
    """Temperature and threshold from the validation patients."""
    logits, positive = raw_outputs(network, names, crops)["logit"], crops.targets["positive"] > 0.5
    warmth = temperature(logits, positive)
    return round(warmth, 4), threshold(sigmoid(logits / warmth), positive)


def grading_figures(
    network: nn.Module, names: tuple[str, ...], crops: CropSet, warmth: float, cut: float
) -> dict[str, Any]:
    """AUC, rates at the threshold, calibration and millimetre errors; disease is the positive class."""
    outputs = raw_outputs(network, names, crops)
    positive, mm = crops.targets["positive"] > 0.5, crops.targets["mm"].astype(np.float64)
    probability = sigmoid(outputs["logit"] / warmth)
    said = probability >= cut
    figures: dict[str, Any] = {
        "patients": len(np.unique(crops.seeds)),
        "crops": len(crops),
        "positives": int(positive.sum()),
        "auc": auc_value(probability, positive),
        "sensitivity": float(said[positive].mean()),
        "specificity": float((~said[~positive]).mean()),
        "ece": expected_calibration_error(probability, positive),
    }
    if "mm" in outputs:
        figures["mae_mm"] = float(np.abs(outputs["mm"] - mm).mean())
        figures["mae_mm_positives"] = float(np.abs(outputs["mm"] - mm)[positive].mean())
    if "mm" in outputs and (mm < 0).any():  # a size with a direction
        figures["auc_of_abs_mm"] = auc_value(np.abs(outputs["mm"]), positive)
        figures["direction_right"] = float((np.sign(outputs["mm"]) == np.sign(mm))[positive & said].mean())
    if "offset" in outputs:
        hit = positive & said
        zones = np.stack([outputs[name] for name in ("central", "paracentral", "foraminal")], axis=1).argmax(axis=1)
        zone, offset = crops.targets["zone"], crops.targets["offset"]
        figures["zone_right"] = float((zones == zone)[hit].mean())
        sided = hit & (zone > 0)
        figures["side_right"] = float((np.sign(outputs["offset"]) == np.sign(offset))[sided].mean())
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
