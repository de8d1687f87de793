"""What stands above every page of the audit: the filter as a form and as chips, and how fresh the facts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.functional import cached_property

from reporting.department_audit.charts.dimension_words import filter_name, value_word
from reporting.department_audit.filters import Filter
from reporting.department_audit.forms import FilterForm

_DATES = ("month_from", "month_to")


@dataclass(frozen=True)
class Chip:
    """One filter in use; ``query_without`` is the address' query when it is taken away."""

    name: str
    value: str
    query_without: str


class FilterBar:
    """``fixed``: filters that the page decides (the finding on a finding's page) and that no chip can take away.

    ``extra``: what else stands in the page's address and stays there.
    """

    def __init__(
        self,
        chosen: Filter,
        offered: Mapping[str, Sequence[str]],
        as_of_text: str,
        fixed: Sequence[str] = (),
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.chosen, self.as_of_text, self.extra = chosen, as_of_text, dict(extra or {})
        self._offered, self._fixed = offered, fixed

    @cached_property
    def form(self) -> FilterForm:
        return FilterForm(self.chosen, self._offered, self._fixed)

    @cached_property
    def chips(self) -> list[Chip]:
        query = {name: value for name, value in self.chosen.query().items() if name not in self._fixed}
        return [
            Chip(
                filter_name(name),
                value if name in _DATES else value_word(name, value).label,
                urlencode({other: kept for other, kept in query.items() if other != name} | self.extra),
            )
            for name, value in query.items()
        ]
