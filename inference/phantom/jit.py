"""The one way in which the phantom compiles a function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def _cache_folder() -> str:
    """A folder named after the package's source.

    numba looks only at the file of the function it compiles; a change in a module that this function calls would be
    missed, and old machine code would run.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(here.glob("*.py")))).hexdigest()[:12]
    base = Path(numba.config.CACHE_DIR) if numba.config.CACHE_DIR else here / "__pycache__"
    return str(base / f"phantom-{digest}")


_CACHE_FOLDER = _cache_folder()


def compiled(function: Function) -> Function:
    """Compile with numba: cached on disk, and without the interpreter lock so that threads can render side by side.

    Compiled functions must not allocate: reference counting is left out (``_nrt``), which makes them three times
    faster because they pass many array views around.
    """
    usual = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = _CACHE_FOLDER
    try:
        return cast(Function, njit(cache=True, nogil=True, fastmath=True, error_model="numpy", _nrt=False)(function))
    finally:
        numba.config.CACHE_DIR = usual
