"""A trained network in the form in which it is served: the same function in fewer passes over memory."""

from __future__ import annotations

from itertools import pairwise

import torch
from monai.networks.blocks.dynunet_block import UnetBasicBlock, UnetResBlock
from monai.networks.nets.resnet import ResNet, ResNetBlock, ResNetBottleneck
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# MONAI's names for a convolution and the normalisation that follows it, in these blocks. In others of the same names
# (DenseNet, SegResNet) the normalisation comes first, and folding it would change what an imported network says.
_BLOCKS = (UnetBasicBlock, UnetResBlock, ResNet, ResNetBlock, ResNetBottleneck)
_PAIRS = (("conv1", "norm1"), ("conv2", "norm2"), ("conv1", "bn1"), ("conv2", "bn2"))


def served(network: nn.Module, device: torch.device) -> nn.Module:
    """Fold batch norm into the convolutions, lay the weights out channels last and move them; changes ``network``.

    Of a network in evaluation mode the outputs stay the same to rounding. May be called again; nothing is folded twice.
    """
    for block in list(network.modules()):
        if isinstance(block, _BLOCKS):
            for first, second in _PAIRS:
                _fold(block, first, second)
        if isinstance(block, nn.Sequential):
            for (first, _), (second, _) in pairwise(list(block.named_children())):
                _fold(block, first, second)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.to(device)


def _fold(block: nn.Module, convolution: str, normalisation: str) -> None:
    owner, norm = getattr(block, convolution, None), getattr(block, normalisation, None)
    if not isinstance(norm, nn.BatchNorm2d):
        return
    inner = getattr(owner, "conv", None)  # MONAI wraps the convolution of a U-Net block
    if isinstance(owner, nn.Conv2d):
        setattr(block, convolution, fuse_conv_bn_eval(owner, norm))
    elif isinstance(owner, nn.Module) and isinstance(inner, nn.Conv2d):
        owner.conv = fuse_conv_bn_eval(inner, norm)
    else:
        return
    setattr(block, normalisation, nn.Identity())
