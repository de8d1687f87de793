"""Programs of the operating system that tests speak with."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def program(name: str) -> str | None:
    """Where it is, or ``None``.

    Not in the virtual environment: pynetdicom brings a ``storescu`` and ``storescp`` there, and would be its own peer.
    """
    own = Path(sys.executable).parent
    places = [place for place in os.get_exec_path() if Path(place).resolve() != own.resolve()]
    return shutil.which(name, path=os.pathsep.join(places))
