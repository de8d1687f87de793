"""A MONAI bundle from elsewhere → a network in the place of one of ours.

Everything in it is untrusted. Files are copied into the store first and only the copy is looked at. Of the configs only
``network_def`` is built, from listed classes (``definition``); what else stands there is kept as text and neither
instantiated nor evaluated, and a class outside of MONAI and torch in it is refused all the same: the bundle would run
it elsewhere (GHSA-873f-pvrv-4x83).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference import networks, weights
from inference.algorithm_store import bundle_folder, keep
from inference.bundles import layout
from inference.bundles.definition import DefinitionRefused, build_network
from inference.bundles.files import BundleRefused, copy_files
from inference.content_digest import folder_sha256
from inference.weights import WeightsCard
from reporting.vocabulary import MachineFinding

MAX_CONFIG_BYTES = 1024 * 1024
# Required by MONAI's metadata schema, less what only its own tools need.
_REQUIRED = ("version", "monai_version", "task", "description", "network_data_format")
_INERT = re.compile(r"(monai|torch\.(nn|optim)|ignite)(\.\w+)+|[A-Z]\w*")


@dataclass(frozen=True)
class Bundle:
    """A kept bundle. ``network`` is the name of ours that it stands in for; ``sha256`` names all its files."""

    folder: Path
    sha256: str
    name: str
    version: str
    network: str
    card: WeightsCard
    definition: Any


def take_in(source: Path, store: Path, *, network: str | None = None) -> Bundle:
    """Copy a bundle into the store, check it, and run it once.

    ``network``: which of ours it stands in for, where its metadata do not say.

    Raises:
        BundleRefused: with the file or entry that is not acceptable; nothing is kept.
    """
    if not source.is_dir():
        raise BundleRefused("not_a_folder", f"{source.name} is not a folder")
    store.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".bundle-", dir=store))
    try:
        copy_files(source, staging)
        digest = folder_sha256(staging)
        load_network(read_bundle(staging, digest, network=network))
        folder = keep(bundle_folder(store, digest), lambda target: shutil.copytree(staging, target, dirs_exist_ok=True))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return read_bundle(folder, digest, network=network)


def read_bundle(folder: Path, sha256: str, *, network: str | None = None) -> Bundle:
    """The bundle kept in ``folder``, which must still be what was taken in under ``sha256``.

    Raises:
        BundleRefused: it is missing, was changed, or its configs are not acceptable.
    """
    if not folder.is_dir() or folder_sha256(folder) != sha256:
        raise BundleRefused("changed", f"the bundle {sha256[:12]}… is missing or was changed")
    metadata, config = _json(folder, layout.METADATA), _json(folder, layout.INFERENCE)
    if missing := [key for key in _REQUIRED if key not in metadata]:
        raise BundleRefused("metadata_incomplete", f"{layout.METADATA}: {', '.join(missing)} is missing")
    for path in sorted((folder / "configs").glob("*.json")):
        _refuse_targets(_json(folder, f"configs/{path.name}"), path.name)
    if layout.NETWORK_KEY not in config:
        raise BundleRefused("no_network", f"{layout.INFERENCE}: {layout.NETWORK_KEY} is missing")
    ours = metadata.get(layout.OURS, {})
    ours = ours if isinstance(ours, Mapping) else {}
    name = network or ours.get("network")
    if name not in weights.NAMES:
        raise BundleRefused("no_place", f"say which network it stands in for: one of {', '.join(weights.NAMES)}")
    return Bundle(
        folder=folder,
        sha256=sha256,
        name=str(metadata.get("name", "")),
        version=str(metadata["version"]),
        network=str(name),
        card=_card(str(name), metadata, ours),
        definition=config[layout.NETWORK_KEY],
    )


def load_network(bundle: Bundle) -> nn.Module:
    """Build, fill and try the bundle's network.

    Raises:
        BundleRefused: it cannot be built, its weights do not fit, or its output has not the shape of ours.
    """
    try:
        network = build_network(bundle.definition)
    except DefinitionRefused as error:
        raise BundleRefused(error.code, f"{layout.INFERENCE}: {error}") from error
    try:
        content = (bundle.folder / layout.WEIGHTS).read_bytes()
        weights.fill(network, content, layout.WEIGHTS)
    except OSError as error:
        raise BundleRefused("no_weights", f"{layout.WEIGHTS} is missing") from error
    except weights.WeightsError as error:
        raise BundleRefused("weights_do_not_fit", str(error)[:500]) from error
    _try(network.eval(), bundle.network)
    return network


def combined_digest(base_sha256: str, bundle: Bundle) -> str:
    """What an algorithm is called by that runs with our weights ``base_sha256`` but for the bundle's network."""
    lines = f"{base_sha256}  weights\n{bundle.sha256}  {bundle.network}\n"
    return hashlib.sha256(lines.encode()).hexdigest()


def _json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise BundleRefused("too_large", f"{name} is larger than {MAX_CONFIG_BYTES // 1024} KB")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleRefused("config_unreadable", f"{name} cannot be read ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise BundleRefused("config_unreadable", f"{name} is not an object")
    return content


def _refuse_targets(config: Any, file: str) -> None:
    for target in _targets(config):
        inert = isinstance(target, str) and (_INERT.fullmatch(target) or target.startswith("inference.networks."))
        if not inert:
            raise BundleRefused("target_refused", f"configs/{file}: _target_ {str(target)[:100]!r} is not on the list")


def _targets(config: Any) -> Iterator[Any]:
    if isinstance(config, Mapping):
        if "_target_" in config:
            yield config["_target_"]
        for value in config.values():
            yield from _targets(value)
    elif isinstance(config, list):
        for value in config:
            yield from _targets(value)


def _card(name: str, metadata: Mapping[str, Any], ours: Mapping[str, Any]) -> WeightsCard:
    grades = name in {finding.value for finding in MachineFinding}
    threshold = ours.get("threshold")
    if grades and threshold is None:
        threshold = 0.5
    figures = metadata.get("eval_metrics")
    return WeightsCard(
        name=name,
        version=str(metadata["version"]),
        phantom_version=str(ours.get("phantom_version", "")),
        trained_on=str(ours.get("trained_on") or metadata.get("data_source") or "not said")[:200],
        seeds=_mapping(ours.get("seeds")),
        training=_mapping(ours.get("training")),
        figures=_mapping(figures),
        temperature=_number(ours.get("temperature", 1.0), "temperature", 0.01, 100.0),
        threshold=None if threshold is None else _number(threshold, "threshold", 0.0, 1.0),
        size_scale=_number(ours.get("size_scale", 1.0), "size_scale", 0.1, 10.0),
        size_offset_mm=_number(ours.get("size_offset_mm", 0.0), "size_offset_mm", -10.0, 10.0),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _number(value: Any, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BundleRefused("metadata_wrong", f"{layout.METADATA}: {name} is not a number")
    if not low <= value <= high:
        raise BundleRefused("metadata_wrong", f"{layout.METADATA}: {name} is not from {low:g} to {high:g}")
    return float(value)


@torch.inference_mode()
def _try(network: nn.Module, name: str) -> None:
    shape, expected = _shapes(name)
    try:
        output = network(torch.zeros(shape))
    except Exception as error:  # whatever a network of another shape raises
        raise BundleRefused("wrong_shape", f"the network does not take {shape} ({type(error).__name__})") from error
    if not isinstance(output, torch.Tensor) or tuple(output.shape) != expected:
        found = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise BundleRefused("wrong_shape", f"the network answers {found}, {name} needs {expected}")
    if not bool(torch.isfinite(output).all()):
        raise BundleRefused("not_finite", "the network answers with numbers that are not finite")


def _shapes(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of an input of one, and of its answer."""
    if (plane := weights.plane_of(name)) is not None:
        size = (2 * networks.SIZE_MULTIPLE,) * 2
        return (1, networks.SLICES_IN, *size), (1, 1 + len(networks.STRUCTURES[plane]), *size)
    finding = MachineFinding(name)
    crop = networks.CROPS[finding]
    return (1, crop.channels, *crop.shape), (1, len(networks.OUTPUTS[finding]))
