"""Where the figures come from: program, weights, machine, time. Never a path, a user or a host name."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from inference import weights
from inference.evaluation.patients import BOOTSTRAP_SEED, LEVEL, RESAMPLES
from inference.phantom import PHANTOM_VERSION, POSITIVE_MM
from inference.phantom.thresholds import STRICTLY_ABOVE
from inference.weights import WeightsCard

ROOT = Path(__file__).resolve().parents[2]
_CARD_FACTS = ("device", "minutes", "steps", "preset")


def commit() -> str:
    """The program's commit, ``+`` where files were changed since; empty where nobody knows.

    Where git or its folder is missing, as in an image, whoever built it may say so in ``DENS_COMMIT``.
    """
    if told := os.environ.get("DENS_COMMIT"):
        return told
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "inference", "fixtures/weights")
    except (OSError, subprocess.SubprocessError):
        return ""
    return found + ("+" if changed else "")


def provenance(cards: Mapping[str, WeightsCard], program: str) -> dict[str, Any]:
    """Everything that is the same for all conditions of a run; ``program``: its commit, or empty."""
    info = weights.algorithm_info()
    digests = weights.read_manifest()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": program,
        "phantom_version": PHANTOM_VERSION,
        "positive_mm": {
            finding.value: f"{'>' if finding in STRICTLY_ABOVE else '≥'} {limit:g}"
            for finding, limit in POSITIVE_MM.items()
        },
        "algorithm": {"name": info.name, "version": info.version, "weights_sha256": info.weights_sha256},
        "networks": {name: _network(card, digests.get(f"{name}.safetensors", "")) for name, card in cards.items()},
        "hardware": hardware(),
        "bootstrap": {"unit": "patient", "resamples": RESAMPLES, "seed": BOOTSTRAP_SEED, "level": LEVEL},
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }


def hardware() -> str:
    """Cores, architecture and graphics card in words."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = f"{count} core{'s' if count != 1 else ''}, {platform.machine()}"
    return f"{cores}, {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else f"{cores}, no GPU"


def _network(card: WeightsCard, digest: str) -> dict[str, Any]:
    facts = {name: card.training[name] for name in _CARD_FACTS if name in card.training}
    return {
        "sha256": digest,
        "version": card.version,
        "phantom_version": card.phantom_version,
        "trained_on": card.trained_on,
        "seeds": dict(card.seeds),
        "temperature": card.temperature,
        "threshold": card.threshold,
        "size_scale": card.size_scale,
        "size_offset_mm": card.size_offset_mm,
        **facts,
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()
