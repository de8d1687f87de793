"""The recipe of the paper that Dens began with, as far as it is told, for comparison with ours.

Told: a 3-D ResNet on T1 image and vertebral mask (osteophyte 32 × 32 × 64, slip 32 × 96 × 96; z, y, x), a 2-D U-Net as
classifier on axial T2 image and mask of the structure (disc, PLL, LF; 224 × 224), Adam, learning rate 0.0001, batch
20/4/10/10/10, 500 epochs, split 8:1:1, automatic window. Not told, so chosen here: depth and widths of the networks,
millimetres per pixel, how a U-Net classifies (the mean of its output map). Theirs split by item, we by patient.
"""

from __future__ import annotations

from monai.networks.nets import ResNet, UNet
from torch import Tensor, nn

from inference.networks import CropGeometry
from inference.training.loop import Recipe
from inference.training.presets import Preset
from reporting.vocabulary import MachineFinding, Structure

_IN_PLANE = (0.3, 0.3)
_CROPS = {
    MachineFinding.OSTEOPHYTE: CropGeometry((32, 32, 64), (1.0, 0.8, 0.6), 1, (Structure.BODY,)),
    MachineFinding.SLIP: CropGeometry((32, 96, 96), (1.0, 0.5, 0.5), 1, (Structure.BODY,)),
    MachineFinding.HERNIATION: CropGeometry((224, 224), _IN_PLANE, 1, (Structure.DISC,)),
    MachineFinding.PLL: CropGeometry((224, 224), _IN_PLANE, 1, (Structure.PLL,)),
    MachineFinding.LF: CropGeometry((224, 224), _IN_PLANE, 1, (Structure.LF,)),
}
_BATCH = {
    MachineFinding.OSTEOPHYTE: 20,
    MachineFinding.SLIP: 4,
    MachineFinding.HERNIATION: 10,
    MachineFinding.PLL: 10,
    MachineFinding.LF: 10,
}


class UNetClassifier(nn.Module):
    """A U-Net whose output map is averaged to one logit."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.network = UNet(
            spatial_dims=2,
            in_channels=channels,
            out_channels=1,
            channels=(16, 32, 64, 128, 256),
            strides=(2, 2, 2, 2),
            norm="batch",
        )

    def forward(self, crops: Tensor) -> Tensor:
        """(n, channels, rows, columns) → (n, 1)."""
        logits: Tensor = self.network(crops).mean(dim=(-2, -1))
        return logits


def build(finding: MachineFinding) -> nn.Module:
    """An untrained network of the paper: crops of ``_CROPS[finding]`` → (n, 1), the logit."""
    crop = _CROPS[finding]
    if len(crop.shape) == 2:
        return UNetClassifier(crop.channels)
    network: nn.Module = ResNet(
        block="basic",
        layers=[2, 2, 2, 2],
        block_inplanes=[64, 128, 256, 512],
        spatial_dims=3,
        n_input_channels=crop.channels,
        num_classes=1,
    )
    return network


PAPER2024 = Preset(
    name="paper2024",
    recipes={
        finding.value: Recipe(
            batch=batch,
            optimizer="Adam",
            learning_rate=1e-4,
            weight_decay=0.0,
            schedule="constant",
            warm_up_steps=0,
            ema_decay=0.0,
        )
        for finding, batch in _BATCH.items()
    },
    crops=_CROPS,
    outputs=dict.fromkeys(MachineFinding, ("logit",)),
    build=build,
    epochs=500,
    held_out_share=0.1,
    is_served=False,
)
