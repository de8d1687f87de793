"""Named ways of training: which networks, which crops, how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from torch import nn

from inference.networks import CROPS, OUTPUTS, CropGeometry, grading_network
from inference.training.loop import Recipe
from inference.weights import SEGMENTATION_NAMES
from reporting.vocabulary import MachineFinding

_SEGMENTATION = Recipe(steps=9_000, batch=64, learning_rate=2.5e-3, ema_decay=0.998, warm_up_steps=200)
_GRADING = Recipe(
    steps=4_000,
    batch=64,
    learning_rate=1e-3,
    weight_decay=0.02,
    ema_decay=0.998,
    warm_up_steps=200,
    validate_every=250,
)


@dataclass(frozen=True)
class Preset:
    """One way of training. ``epochs``, where given, decides the steps; ``build`` makes a finding's new network.

    ``held_out_share`` of the patients validate, as many test. What only compares is never served.
    """

    name: str
    recipes: Mapping[str, Recipe]
    crops: Mapping[MachineFinding, CropGeometry]
    outputs: Mapping[MachineFinding, tuple[str, ...]]
    build: Callable[[MachineFinding], nn.Module]
    epochs: int | None = None
    held_out_share: float | None = None
    is_served: bool = True

    def recipe(self, name: str, items: int) -> Recipe:
        """The recipe of one network for so many training items.

        Raises:
            ValueError: the preset does not train that network.
        """
        if name not in self.recipes:
            raise ValueError(f"preset {self.name} does not train {name}; it trains {', '.join(self.recipes)}")
        recipe = self.recipes[name]
        if self.epochs is None:
            return recipe
        epoch = ceil(items / recipe.batch)
        return replace(recipe, steps=epoch * self.epochs, validate_every=epoch)


DEFAULT = Preset(
    name="default",
    recipes={
        **dict.fromkeys(SEGMENTATION_NAMES.values(), _SEGMENTATION),
        **{finding.value: _GRADING for finding in MachineFinding},
    },
    crops=CROPS,
    outputs=OUTPUTS,
    build=grading_network,
)
