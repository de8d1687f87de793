"""The ways to run the networks side by side: what each decision of the served form is worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.studies import volume_of
from benchmarks.tables import show
from benchmarks.timing import Timed, side_by_side
from inference import weights
from inference.cord_window import whole
from inference.networks import CROPS, SPACING_MM
from inference.segmentation import predict, prepared, run_network, to_network_spacing
from inference.serving_form import served
from reporting.vocabulary import MachineFinding, SeriesRole

_WINDOW = (160, 144)
_SLICES = 24
SERVED = "channels last, batch norm folded, 6 at a time"


def measure(study: Path, repeats: int) -> dict[str, Any]:
    """On this process's CPU."""
    network = _ways_to_run_a_network(repeats)
    window = _window(study, repeats)
    crops = _crops(repeats)
    return {"segmentation_network": network, "window": window, "grading": crops}


def _ways_to_run_a_network(repeats: int) -> dict[str, dict[str, float]]:
    plain = weights.build("axial_segmentation").eval()
    last = weights.build("axial_segmentation").eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    folded = served(weights.build("axial_segmentation").eval(), torch.device("cpu"))
    images = torch.rand(_SLICES, 3, *_WINDOW)
    first, format_last = torch.contiguous_format, torch.channels_last
    ways = {
        "as trained, 12 at a time": _run(plain, images, 12, first),
        "channels last, 12 at a time": _run(last, images, 12, format_last),
        "channels last, batch norm folded, 1 at a time": _run(folded, images, 1, format_last),
        SERVED: _run(folded, images, 6, format_last),
        "channels last, batch norm folded, 24 at a time": _run(folded, images, 24, format_last),
        "the served form in bfloat16 (other results)": _bfloat16(_run(folded, images, 6, format_last)),
    }
    return _shown(f"Segmentation network, {_SLICES} windows of {_WINDOW[0]} × {_WINDOW[1]}", ways, SERVED, repeats)


def _run(network: nn.Module, images: Tensor, at_once: int, layout: torch.memory_format) -> Callable[[], None]:
    @torch.inference_mode()
    def call() -> None:
        for start in range(0, len(images), at_once):
            network(images[start : start + at_once].contiguous(memory_format=layout))

    return call


def _bfloat16(call: Callable[[], None]) -> Callable[[], None]:
    def in_bfloat16() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            call()

    return in_bfloat16


def _window(study: Path, repeats: int) -> dict[str, dict[str, float]]:
    """The axial series: windows that follow the cord, beside whole slices."""
    image = prepared(volume_of(study, SeriesRole.AXIAL_T2), "axial")
    network = served(weights.load(weights.SEGMENTATION_NAMES["axial"])[0], torch.device("cpu"))
    stack, _ = to_network_spacing(image, SPACING_MM["axial"])
    slices = whole(np.arange(len(stack)), stack.shape).slices.tolist()
    ways: dict[str, Callable[[], Any]] = {
        "windows along the cord, with the search for it": lambda: predict(network, image, "axial"),
        "whole slices": lambda: run_network(network, stack, slices),
    }
    return _shown(f"Axial series of {len(stack)} slices", ways, next(iter(ways)), repeats)


def _crops(repeats: int) -> dict[str, dict[str, float]]:
    geometry = CROPS[MachineFinding.LF]
    crops = torch.rand(10, geometry.channels, *geometry.shape)
    plain = weights.build("lf").eval()
    folded = served(weights.build("lf").eval(), torch.device("cpu"))
    ways = {
        "as trained, one crop at a time": _run(plain, crops, 1, torch.contiguous_format),
        "as trained, all crops at once": _run(plain, crops, 10, torch.contiguous_format),
        "served form, one crop at a time": _run(folded, crops, 1, torch.channels_last),
        "served form, all crops at once": _run(folded, crops, 10, torch.channels_last),
    }
    return _shown("Grading network, 10 crops", ways, "served form, all crops at once", repeats)


def _shown(title: str, ways: dict[str, Callable[[], Any]], base: str, repeats: int) -> dict[str, dict[str, float]]:
    found: dict[str, Timed] = side_by_side(ways, repeats)
    rows = [(name, one.wall_s, one.cpu_s, one.cpu_s / found[base].cpu_s) for name, one in found.items()]
    show(title, ("way", "wall s", "CPU s", "CPU ratio"), rows)
    return {
        name: {**one.as_json(), "cpu_ratio": round(one.cpu_s / found[base].cpu_s, 3)} for name, one in found.items()
    }
