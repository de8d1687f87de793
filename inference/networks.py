"""Constructors of the torch networks; nothing is trained or loaded here.

Segmentation is 2.5-D: three neighbouring slices go in as channels, the middle one comes out. Grading networks take
one crop (image first, then the segmentation probabilities of the same place) and return one row of named outputs.
"""

from __future__ import annotations

from typing import Literal

from monai.networks.nets import DynUNet, Regressor
from torch import nn

from reporting.vocabulary import MachineFinding, Structure

Plane = Literal["sagittal", "axial"]
PLANES: tuple[Plane, ...] = ("sagittal", "axial")

SLICES_IN = 3
WIDTHS = (16, 32, 48, 64, 96)
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
# Sagittal crops are (left-right, superior-inferior, anterior-posterior) samples, axial ones (anterior-posterior,
# right-left); the shapes are those of the published classifiers.
CROP_SHAPE: dict[MachineFinding, tuple[int, ...]] = {
    MachineFinding.OSTEOPHYTE: (32, 32, 64),
    MachineFinding.SLIP: (32, 96, 96),
    MachineFinding.HERNIATION: (224, 224),
    MachineFinding.PLL: (224, 224),
    MachineFinding.LF: (224, 224),
}
CROP_SPACING_MM: dict[MachineFinding, tuple[float, ...]] = {
    MachineFinding.OSTEOPHYTE: (1.0, 0.8, 0.6),
    MachineFinding.SLIP: (1.0, 0.5, 0.5),
    MachineFinding.HERNIATION: (0.3, 0.3),
    MachineFinding.PLL: (0.3, 0.3),
    MachineFinding.LF: (0.3, 0.3),
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


def segmentation_network(plane: Plane) -> nn.Module:
    """(n, 3, rows, columns) → class logits (n, 1 + structures, rows, columns) at ``SPACING_MM[plane]``."""
    network: nn.Module = DynUNet(
        spatial_dims=2,
        in_channels=SLICES_IN,
        out_channels=1 + len(STRUCTURES[plane]),
        kernel_size=[3] * len(WIDTHS),
        strides=[1] + [2] * (len(WIDTHS) - 1),
        upsample_kernel_size=[2] * (len(WIDTHS) - 1),
        filters=list(WIDTHS),
        norm_name="batch",
    )
    return network


def crop_channels(finding: MachineFinding) -> int:
    """The image and one probability map per structure of its plane."""
    return 1 + len(STRUCTURES[FINDING_PLANE[finding]])


def grading_network(finding: MachineFinding) -> nn.Module:
    """(n, channels, *CROP_SHAPE) → (n, outputs), columns as in ``OUTPUTS[finding]``."""
    shape = CROP_SHAPE[finding]
    widths = (16, 32, 48, 64, 64) if len(shape) == 2 else (16, 32, 32, 48, 48)
    depth = 4 if finding is MachineFinding.OSTEOPHYTE else 5
    network: nn.Module = Regressor(
        in_shape=(crop_channels(finding), *shape),
        out_shape=(len(OUTPUTS[finding]),),
        channels=widths[:depth],
        strides=(2,) * depth,
        num_res_units=2,
        act=("leakyrelu", {"negative_slope": 0.1}),
        norm="batch",
        dropout=0.1,
    )
    return network
