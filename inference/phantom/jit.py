"""The one way in which the phantom compiles a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile with numba: cached on disk, and without the interpreter lock so that threads can render side by side."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(function))
