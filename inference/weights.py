"""Trained weights: loaded by name, strictly, after their sha256 was checked; safetensors only.

``fixtures/weights/manifest.json`` lists every file with its digest. A safetensors file carries, under one metadata
key, what was trained, how, on what and how well it did, so that the numbers never travel without their origin.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from inference.networks import PLANES, Plane, grading_network, segmentation_network
from inference.results import AlgorithmInfo
from reporting.vocabulary import MachineFinding

ALGORITHM_NAME = "dens-cervical"
ALGORITHM_VERSION = "0.1.0"
SEGMENTATION_NAMES = {plane: f"{plane}_segmentation" for plane in PLANES}
NAMES: tuple[str, ...] = (*SEGMENTATION_NAMES.values(), *(finding.value for finding in MachineFinding))
DIRECTORY = Path(__file__).resolve().parent.parent / "fixtures" / "weights"
MANIFEST = "manifest.json"
_METADATA_KEY = "dens"


class WeightsError(Exception):
    """The weights cannot be used; the message names the file and the reason. The worker must not start."""


@dataclass(frozen=True)
class WeightsCard:
    """What a weights file says about itself.

    ``threshold`` applies to the probability after ``temperature``. A size is ``size_scale`` times what the network
    says, plus ``size_offset_mm``.
    """

    name: str
    version: str
    phantom_version: str
    trained_on: str
    seeds: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    threshold: float | None = None
    size_scale: float = 1.0
    size_offset_mm: float = 0.0

    def size_mm(self, said_mm: float) -> float:
        """The size for what the network says, which may be signed; never negative."""
        return max(0.0, self.size_scale * abs(said_mm) + self.size_offset_mm)


@dataclass(frozen=True)
class NetworkSet:
    """Every network of one algorithm in evaluation mode, each with its card, and the name that its results bear."""

    info: AlgorithmInfo
    networks: Mapping[str, tuple[nn.Module, WeightsCard]]


_in_use: ContextVar[NetworkSet | None] = ContextVar("networks_in_use", default=None)
_moved: ContextVar[Mapping[str, float]] = ContextVar("thresholds_moved", default=MappingProxyType({}))


@contextmanager
def using(networks: NetworkSet, *, thresholds: Mapping[str, float] = MappingProxyType({})) -> Iterator[None]:
    """Within the block, ``load`` and ``algorithm_info`` without a directory speak of ``networks``.

    A worker runs several algorithms through one pipeline, one job at a time; what ships is used outside of any block.
    ``thresholds``: network → an operating point that holds instead of the one on its card.
    """
    token, other = _in_use.set(networks), _moved.set(thresholds)
    try:
        yield
    finally:
        _in_use.reset(token)
        _moved.reset(other)


def operating_point(name: str, card: WeightsCard) -> float:
    """From which probability on the network's answer is positive: the department's threshold, the card's, or a half."""
    moved = _moved.get().get(name)
    return moved if moved is not None else 0.5 if card.threshold is None else card.threshold


def plane_of(name: str) -> Plane | None:
    """The plane that a segmentation network is for; ``None`` for every other name."""
    return next((plane for plane, known in SEGMENTATION_NAMES.items() if name == known), None)


def build(name: str) -> nn.Module:
    """An untrained network of that name.

    Raises:
        WeightsError: there is no such network.
    """
    if (plane := plane_of(name)) is not None:
        return segmentation_network(plane)
    try:
        return grading_network(MachineFinding(name))
    except ValueError:
        raise WeightsError(f"no network is called {name!r}; known: {', '.join(NAMES)}") from None


def load(name: str, directory: Path | None = None) -> tuple[nn.Module, WeightsCard]:
    """The trained network in evaluation mode, and its card. Loaded once per process. Default: what is ``using``.

    Raises:
        WeightsError: file or manifest missing, digest different, metadata unreadable, or tensors that do not fit.
    """
    chosen = _in_use.get()
    if directory is None and chosen is not None:
        return chosen.networks[name]
    return _load_once(name, directory or DIRECTORY)


def load_all(directory: Path = DIRECTORY) -> NetworkSet:
    """Every network, read anew, under the digest that the files have now.

    Raises:
        WeightsError: as ``load``.
    """
    info = algorithm_info(directory)
    networks = {name: read_network(name, directory) for name in NAMES}
    if algorithm_info(directory) != info:
        raise WeightsError(f"{MANIFEST} changed while the weights were read")
    return NetworkSet(info, networks)


@cache
def _load_once(name: str, directory: Path) -> tuple[nn.Module, WeightsCard]:
    return read_network(name, directory)


def read_network(name: str, directory: Path = DIRECTORY) -> tuple[nn.Module, WeightsCard]:
    """As ``load``, read anew: nobody else holds this network."""
    path = directory / f"{name}.safetensors"
    network = build(name)
    expected = read_manifest(directory).get(path.name)
    if expected is None:
        raise WeightsError(f"{path.name} is not listed in {MANIFEST}")
    content = _read(path)
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WeightsError(f"{path.name}: sha256 is {found}, {MANIFEST} says {expected}")
    card = read_card(path)
    if card.name != name:
        raise WeightsError(f"{path.name} holds the weights of {card.name!r}")
    fill(network, content, path.name)
    return network.eval(), card


def fill(network: nn.Module, content: bytes, file_name: str) -> None:
    """Load the tensors of a safetensors file, strictly; a layer that a network names twice need be there once only.

    Raises:
        WeightsError: damaged, a tensor missing or left over, or of another shape.
    """
    try:
        tensors = safetensors.torch.load(content)
        owners = _owners(network)
        if unexpected := tensors.keys() - owners.keys():
            raise RuntimeError(f"unexpected {', '.join(sorted(unexpected))}")
        if torn := [key for key, owner in owners.items() if not _agree(tensors.get(key), tensors.get(owner))]:
            raise RuntimeError(f"one layer with two contents: {', '.join(sorted(torn))}")
        state = {key: tensors.get(key, tensors.get(owner)) for key, owner in owners.items()}
        if missing := sorted(key for key, value in state.items() if value is None):
            raise RuntimeError(f"missing {', '.join(missing)}")
        network.load_state_dict(state, strict=True)
    except (safetensors.SafetensorError, RuntimeError, KeyError) as error:
        raise WeightsError(f"{file_name} does not fit the network: {error}") from error


def save(network: nn.Module, card: WeightsCard, directory: Path = DIRECTORY) -> Path:
    """Write one weights file and enter its digest in the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{card.name}.safetensors"
    state, owners = network.state_dict(), set(_owners(network).values())
    tensors = {key: state[key].detach().contiguous().cpu() for key in owners}
    text = json.dumps(vars(card), sort_keys=True, default=dict)
    safetensors.torch.save_file(tensors, path, metadata={_METADATA_KEY: text})
    path.chmod(0o644)
    with (directory / MANIFEST).open("a+") as file:  # networks are trained side by side
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        manifest = json.loads(file.read() or "{}")
        manifest[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        file.truncate(0)
        file.write(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return path


def read_card(path: Path) -> WeightsCard:
    """The card inside a weights file, without loading its tensors."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
        return WeightsCard(**json.loads(metadata[_METADATA_KEY]))
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path.name} is no weights file of ours: {error}") from error


def read_manifest(directory: Path = DIRECTORY) -> dict[str, str]:
    """File name → sha256."""
    try:
        manifest = json.loads(_read(directory / MANIFEST))
        return {str(name): str(digest) for name, digest in manifest.items()}
    except (ValueError, AttributeError) as error:
        raise WeightsError(f"{MANIFEST} cannot be read: {error}") from error


def algorithm_info(directory: Path | None = None) -> AlgorithmInfo:
    """Name, version and one digest over the manifest: it changes when any weights file changes."""
    chosen = _in_use.get()
    if directory is None and chosen is not None:
        return chosen.info
    manifest = read_manifest(directory or DIRECTORY)
    combined = "\n".join(f"{digest}  {name}" for name, digest in sorted(manifest.items()))
    return AlgorithmInfo(ALGORITHM_NAME, ALGORITHM_VERSION, hashlib.sha256(combined.encode()).hexdigest())


def _owners(network: nn.Module) -> dict[str, str]:
    """State key → the first key of the same tensor: a U-Net names a layer in its list and in its skip path."""
    first: dict[int, str] = {}
    return {key: first.setdefault(value.data_ptr(), key) for key, value in network.state_dict().items()}


def _agree(one: Tensor | None, other: Tensor | None) -> bool:
    return one is None or other is None or torch.equal(one, other)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror}") from error
