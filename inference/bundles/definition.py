"""``network_def`` of a bundle → a network. A MONAI config can name any Python object; this builds listed classes only.

Nothing is imported by name and no expression is evaluated. Listed are classes whose constructors neither read files nor
download anything. The network is first built without memory (torch's meta device), so that a definition of absurd size
costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from monai.networks import nets
from torch import nn

from inference.networks import GradingNetwork

_MONAI = ("AttentionUnet", "BasicUNet", "DenseNet", "DynUNet", "ResNet", "SegResNet", "UNet")
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    **{f"monai.networks.nets.{name}": getattr(nets, name) for name in _MONAI},
    "inference.networks.GradingNetwork": GradingNetwork,
}
MAX_PARAMETERS = 200_000_000
_MAX_NUMBER = 4096
_MAX_ITEMS = 64
_MAX_DEPTH = 8


class DefinitionRefused(Exception):
    """The definition cannot be built; ``code`` is stable, the message names the entry and the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def build_network(definition: Any) -> nn.Module:
    """The untrained network of a ``network_def``.

    Raises:
        DefinitionRefused: not an object with a listed ``_target_``, an expression, or too large.
    """
    plain = _checked(definition, "network_def", 0)
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in _built(plain).parameters())
    if parameters > MAX_PARAMETERS:
        raise DefinitionRefused("too_large", f"the network has {parameters} parameters; at most {MAX_PARAMETERS}")
    return _built(plain)


def _built(definition: Mapping[str, Any]) -> nn.Module:
    arguments = {
        key: _built(value) if isinstance(value, Mapping) and "_target_" in value else value
        for key, value in definition.items()
        if key != "_target_"
    }
    try:
        return NETWORKS[definition["_target_"]](**arguments)
    except DefinitionRefused:
        raise
    except Exception as error:  # arguments of another class, or that contradict each other
        raise DefinitionRefused(
            "not_buildable", f"{definition['_target_']} cannot be built ({type(error).__name__}: {str(error)[:200]})"
        ) from error


def _checked(definition: Any, where: str, depth: int) -> dict[str, Any]:
    if not isinstance(definition, Mapping) or "_target_" not in definition:
        raise DefinitionRefused("not_a_network", f"{where} is not an object with a _target_")
    target = definition["_target_"]
    name = f"monai.networks.nets.{target}" if target in _MONAI else target
    if not isinstance(name, str) or name not in NETWORKS:
        raise DefinitionRefused("target_refused", f"{where}: _target_ {str(target)[:100]!r} is not on the list")
    checked: dict[str, Any] = {"_target_": name}
    for key, value in definition.items():
        if key.startswith("_") and key != "_target_":
            raise DefinitionRefused("key_refused", f"{where}: {key[:100]!r} is not supported")
        if key != "_target_":
            checked[key] = _plain(value, f"{where}.{key}", depth + 1)
    return checked


def _plain(value: Any, where: str, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise DefinitionRefused("too_deep", f"{where} is nested too deeply")
    if isinstance(value, Mapping) and "_target_" in value:
        return _checked(value, where, depth)
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) > _MAX_ITEMS:
            raise DefinitionRefused("too_large", f"{where} has {len(value)} entries; at most {_MAX_ITEMS}")
        return [_plain(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(value)]
    if isinstance(value, str) and value.startswith(("$", "@", "%")):
        raise DefinitionRefused("expression_refused", f"{where}: expressions and references are not evaluated")
    if isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) <= _MAX_NUMBER):
        raise DefinitionRefused("too_large", f"{where} is {value}; at most {_MAX_NUMBER}")
    return value
