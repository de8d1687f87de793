"""Where the files of registered algorithms are kept on this installation: under their digest, never changed.

A version that is active stays runnable after the program was updated with other weights, until two people activate
another one. Workers and the commands that register share the folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from inference import weights


def weights_folder(store: Path, weights_sha256: str) -> Path:
    """Where a set of our own weights is kept, whether or not it is there."""
    return store / "weights" / weights_sha256


def bundle_folder(store: Path, bundle_sha256: str) -> Path:
    """Where an imported bundle is kept, whether or not it is there."""
    return store / "bundles" / bundle_sha256


def keep_weights(store: Path, directory: Path = weights.DIRECTORY) -> Path:
    """Copy a set of weights into the store; done again it changes nothing.

    Raises:
        WeightsError: a file is missing or differs from the manifest.
    """
    digest = weights.load_all(directory).info.weights_sha256

    def copy(target: Path) -> None:
        for name in (*weights.read_manifest(directory), weights.MANIFEST):
            shutil.copyfile(directory / name, target / name)

    return keep(weights_folder(store, digest), copy)


def keep(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Make ``folder`` appear whole or not at all; one that is there is left as it is."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        fill(staging)
        staging.chmod(0o755)
        try:
            os.rename(staging, folder)
        except OSError:
            if not folder.is_dir():  # else somebody else kept the same content in this moment
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder
