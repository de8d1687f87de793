"""An algorithm of the registry → the networks it runs with, opened under exactly the digest that was registered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference import algorithm_store, weights
from inference.results import AlgorithmInfo
from inference.weights import NetworkSet, WeightsError


@dataclass(frozen=True)
class WantedNetworks:
    """Identity of an algorithm made of networks, as registered."""

    name: str
    version: str
    weights_sha256: str

    @property
    def info(self) -> AlgorithmInfo:
        return AlgorithmInfo(self.name, self.version, self.weights_sha256)


def open_networks(wanted: WantedNetworks, store: Path) -> NetworkSet:
    """Load what an algorithm runs with, from what ships or from the store.

    Raises:
        WeightsError: it is not on this installation, was changed, or does not fit this version of the program.
    """
    return NetworkSet(wanted.info, open_weights(wanted.weights_sha256, store).networks)


def open_weights(weights_sha256: str, store: Path) -> NetworkSet:
    """One of our own sets of weights, by its digest.

    Raises:
        WeightsError: as ``open_networks``.
    """
    for directory in (weights.DIRECTORY, algorithm_store.weights_folder(store, weights_sha256)):
        if directory.is_dir() and weights.algorithm_info(directory).weights_sha256 == weights_sha256:
            found = weights.load_all(directory)
            if found.info.weights_sha256 == weights_sha256:
                return found
    raise WeightsError(f"the weights {weights_sha256[:12]}… are not on this installation")
