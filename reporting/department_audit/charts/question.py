"""What a chart is asked: with which filter, and where lists of cases are. Charts know nothing of requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from reporting.department_audit.charts.comparison import compared_with
from reporting.department_audit.charts.dimension_words import value_word
from reporting.department_audit.filters import Dimension, Filter
from reporting.department_audit.words import Truth


@dataclass(frozen=True)
class Question:
    """``cases_address``: the page that lists cases, without its query."""

    filter: Filter
    cases_address: str

    @property
    def truth(self) -> Truth:
        return Truth(self.filter.truth)

    def of_finding(self, finding: str) -> Question:
        return replace(self, filter=replace(self.filter, finding=finding))

    def cases(self, by: Dimension | None = None, value: str = "", **more: str) -> str:
        """The query that lists the reports behind a number: the filter, narrowed to one group and cell or outcome.

        Empty for a group that no filter can name (places without a side).
        """
        if by is not None and not value:
            return ""
        narrowed = self.filter.with_value(by, value) if by is not None else self.filter
        return urlencode(narrowed.query() | {name: text for name, text in more.items() if text})

    def title(self, subject: str) -> str:
        """Every title names its comparison: "Concordance with the final read: Slip, by vendor"."""
        return f"{compared_with(self.truth)}: {subject}"

    @property
    def finding_label(self) -> str:
        return value_word("finding", self.filter.finding).label if self.filter.finding else _("all findings together")
