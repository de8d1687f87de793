"""An algorithm of the registry → the networks it runs with, opened under exactly the digest that was registered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference import algorithm_store, weights
from inference.bundles.files import BundleRefused
from inference.bundles.reading import combined_digest, load_network, read_bundle
from inference.results import AlgorithmInfo
from inference.weights import NetworkSet, WeightsError


@dataclass(frozen=True)
class WantedNetworks:
    """Identity of an algorithm made of networks, as registered.

    ``bundle``: digest of the bundle whose network stands in for our ``network``; the others come from the set ``base``.
    """

    name: str
    version: str
    weights_sha256: str
    bundle: str = ""
    network: str = ""
    base: str = ""

    @property
    def info(self) -> AlgorithmInfo:
        return AlgorithmInfo(self.name, self.version, self.weights_sha256)


def open_networks(wanted: WantedNetworks, store: Path) -> NetworkSet:
    """Load what an algorithm runs with, from what ships or from the store.

    Raises:
        WeightsError: it is not on this installation, was changed, or does not fit this version of the program.
    """
    networks = open_weights(wanted.base or wanted.weights_sha256, store).networks
    if wanted.bundle:
        try:
            bundle = read_bundle(
                algorithm_store.bundle_folder(store, wanted.bundle), wanted.bundle, network=wanted.network
            )
            if combined_digest(wanted.base, bundle) != wanted.weights_sha256:
                raise WeightsError(f"the bundle {wanted.bundle[:12]}… is not what was registered")
            networks = {**networks, bundle.network: (load_network(bundle), bundle.card)}
        except BundleRefused as error:
            raise WeightsError(str(error)) from error
    return NetworkSet(wanted.info, networks)


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
