"""Where test data that is not ours to ship may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_data(*parts: str) -> Path:
    """A path in the public sample data, or skip with the reason when it is not on this machine."""
    root = Path(os.environ.get("DENS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"public sample data not present: {'/'.join(parts)} (set DENS_SHARED_DATA)")
    return path
