"""State tables as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from reporting.core.errors import WrongState

S = TypeVar("S", bound=StrEnum)


class Transitions(Generic[S]):
    """Which state may become which; every cell is tested."""

    def __init__(self, table: Mapping[S, frozenset[S]]) -> None:
        self.table = table

    def allows(self, current: S, new: S) -> bool:
        return new in self.table.get(current, frozenset())

    def check(self, current: S, new: S) -> None:
        """Raise :class:`WrongState` unless ``current`` may become ``new``."""
        if not self.allows(current, new):
            raise WrongState(_("%(now)s cannot become %(new)s") % {"now": current.value, "new": new.value})
