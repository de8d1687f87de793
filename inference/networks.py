"""Constructors of the torch networks; nothing is trained or loaded here.

Segmentation is 2.5-D: three neighbouring slices go in as channels, the middle one comes out. Grading networks take
one crop (grey values first, then the segmentation probabilities of the same place) and return one row of named
outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from monai.networks.nets import DynUNet, ResNet
from torch import Tensor, nn

from reporting.vocabulary import MachineFinding, Structure

Plane = Literal["sagittal", "axial"]
PLANES: tuple[Plane, ...] = ("sagittal", "axial")

SLICES_IN = 3
WIDTHS = (16, 32, 64, 96, 128)
# In-plane sizes must divide by the product of the strides.
SIZE_MULTIPLE = 16

# Class c of the network is STRUCTURES[plane][c - 1]; class 0 is background.
STRUCTURES: dict[Plane, tuple[Structure, ...]] = {
    "sagittal": (Structure.BODY, Structure.DISC, Structure.SAC, Structure.CORD),
    "axial": (Structure.DISC, Structure.SAC, Structure.CORD, Structure.PLL, Structure.LF),
}
SPACING_MM: dict[Plane, float] = {"sagittal": 0.6, "axial": 0.45}

# Plane whose image and probabilities a finding is graded from.
FINDING_PLANE: dict[MachineFinding, Plane] = {
    MachineFinding.OSTEOPHYTE: "sagittal",
    MachineFinding.SLIP: "sagittal",
    MachineFinding.HERNIATION: "axial",
    MachineFinding.PLL: "axial",
    MachineFinding.LF: "axial",
}


@dataclass(frozen=True)
class CropGeometry:
    """What a grading network is shown: ``images`` grey values, then a probability map per structure.

    ``shape`` is (left-right, superior-inferior, anterior-posterior) in sagittal crops, (anterior-posterior,
    right-left) in axial ones; several images of an axial crop are neighbouring slices.
    """

    shape: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    images: int
    structures: tuple[Structure, ...]

    @property
    def channels(self) -> int:
        return self.images + len(self.structures)


# Left to right a sample every 4 mm is enough: the slices are 3 mm thick and more.
_AXIAL_CROP = CropGeometry((128, 128), (0.3, 0.3), SLICES_IN, STRUCTURES["axial"])
CROPS: dict[MachineFinding, CropGeometry] = {
    MachineFinding.OSTEOPHYTE: CropGeometry((8, 32, 64), (4.0, 0.8, 0.6), 1, STRUCTURES["sagittal"]),
    MachineFinding.SLIP: CropGeometry((8, 96, 96), (4.0, 0.5, 0.5), 1, STRUCTURES["sagittal"]),
    MachineFinding.HERNIATION: _AXIAL_CROP,
    MachineFinding.PLL: _AXIAL_CROP,
    MachineFinding.LF: _AXIAL_CROP,
}
# Columns of a grading network's output. ``mm`` is signed for a slip (+ = in front of the vertebra below); ``offset``
# is the herniation's apex in half sac widths from the midline, + on the patient's left.
OUTPUTS: dict[MachineFinding, tuple[str, ...]] = {
    MachineFinding.OSTEOPHYTE: ("logit", "mm"),
    MachineFinding.SLIP: ("logit", "mm"),
    MachineFinding.HERNIATION: ("logit", "mm", "offset", "central", "paracentral", "foraminal"),
    MachineFinding.PLL: ("logit", "mm"),
    MachineFinding.LF: ("logit", "mm"),
}
# Dimension of a crop that runs from left to right, where its mirror image is as good a crop. (LF crops are mirrored to
# one side already.)
LEFT_RIGHT: dict[MachineFinding, int] = {
    MachineFinding.OSTEOPHYTE: -3,
    MachineFinding.SLIP: -3,
    MachineFinding.HERNIATION: -1,
    MachineFinding.PLL: -1,
}
MIRRORED_OUTPUT = "offset"
"""The output that changes its sign with the crop's left and right; all others stay."""


def segmentation_arguments(plane: Plane) -> dict[str, Any]:
    """Of MONAI's ``DynUNet``, as plain data."""
    return {
        "spatial_dims": 2,
        "in_channels": SLICES_IN,
        "out_channels": 1 + len(STRUCTURES[plane]),
        "kernel_size": [3] * len(WIDTHS),
        "strides": [1] + [2] * (len(WIDTHS) - 1),
        "upsample_kernel_size": [2] * (len(WIDTHS) - 1),
        "filters": list(WIDTHS),
        "norm_name": "batch",
    }


def segmentation_network(plane: Plane) -> nn.Module:
    """(n, 3, rows, columns) → class logits (n, 1 + structures, rows, columns) at ``SPACING_MM[plane]``."""
    network: nn.Module = DynUNet(**segmentation_arguments(plane))
    return network


def grading_arguments(finding: MachineFinding) -> dict[str, Any]:
    """Of the MONAI ``ResNet`` inside a ``GradingNetwork``, as plain data."""
    crop = CROPS[finding]
    planes = crop.channels * (crop.shape[0] if len(crop.shape) == 3 else 1)
    return {
        "block": "basic",
        "layers": [1, 1, 1, 1],
        "block_inplanes": [32, 64, 96, 128],
        "spatial_dims": 2,
        "n_input_channels": planes + 2,
        "conv1_t_size": 3,
        "conv1_t_stride": 1 if finding is MachineFinding.OSTEOPHYTE else 2,
        "no_max_pool": True,
        "num_classes": len(OUTPUTS[finding]),
    }


def grading_network(finding: MachineFinding) -> nn.Module:
    """(n, channels, *shape) of ``CROPS[finding]`` → (n, outputs), columns as in ``OUTPUTS[finding]``."""
    return GradingNetwork(
        ResNet(**grading_arguments(finding)), CROPS[finding].shape[-2:], OUTPUTS[finding], LEFT_RIGHT.get(finding)
    )


class GradingNetwork(nn.Module):
    """A 2-D network over the crop's planes: left-right samples become channels, and two more say where a pixel lies.

    A network that ends in a global average could not say otherwise on which side of the midline something is.
    In evaluation mode every crop is looked at a second time in the mirror (along ``left_right``, where given) and both
    answers are averaged: a reflected patient then gets the same sizes and probabilities, and the other side.
    """

    position: Tensor
    signs: Tensor

    def __init__(
        self, network: nn.Module, shape: tuple[int, ...], outputs: tuple[str, ...], left_right: int | None
    ) -> None:
        super().__init__()
        self.network = network
        self.left_right = left_right
        axes = torch.meshgrid(*(torch.linspace(-1.0, 1.0, size) for size in shape), indexing="ij")
        self.register_buffer("position", torch.stack(axes)[None], persistent=False)
        signs = torch.tensor([-1.0 if name == MIRRORED_OUTPUT else 1.0 for name in outputs])
        self.register_buffer("signs", signs, persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """(n, channels, [left-right,] rows, columns) → (n, outputs)."""
        if self.training or self.left_right is None:
            return self._once(crops)
        return (self._once(crops) + self.signs * self._once(crops.flip(self.left_right))) / 2

    def _once(self, crops: Tensor) -> Tensor:
        planes = crops.flatten(1, -3)
        position = self.position.to(planes.dtype).expand(len(planes), -1, -1, -1)
        outputs: Tensor = self.network(
            torch.cat([planes, position], dim=1).contiguous(memory_format=torch.channels_last)
        )
        return outputs
