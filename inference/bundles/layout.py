"""File names of a MONAI bundle, and the one key under which its metadata speaks to us."""

from __future__ import annotations

METADATA = "configs/metadata.json"
INFERENCE = "configs/inference.json"
WEIGHTS = "models/model.safetensors"
README = "docs/README.md"
LICENCE = "LICENSE"

NETWORK_KEY = "network_def"
"""Of ``INFERENCE``: the network and its arguments, with ``_target_`` naming the class (MONAI's convention)."""

OURS = "dens"
"""Of ``METADATA``: which of our networks it stands for, with temperature and threshold."""
