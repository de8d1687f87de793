"""A page of charts, put together: its title and notices, the tabs and choices around it, and the charts."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart
from reporting.department_audit.charts.dimension_words import DIMENSIONS, value_word
from reporting.department_audit.filters import Dimension
from reporting.vocabulary import MachineFinding

FEW_REPORTS = 50


@dataclass(frozen=True)
class Link:
    name: str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Page:
    """``choices``: pages of the same kind, such as those of the other findings."""

    title: str
    charts: tuple[Chart, ...]
    lead: str = ""
    choices: tuple[Link, ...] = ()
    choices_name: str = ""


def tabs(current: str, query: str) -> list[Link]:
    """The kinds of pages; the filter goes along."""
    found = [
        ("overview", _("Overview"), reverse("department_audit:overview")),
        ("finding", _("One finding"), reverse("department_audit:finding", args=[MachineFinding.HERNIATION.value])),
        ("groups", _("By group"), reverse("department_audit:groups", args=[Dimension.LEVEL.value])),
        ("process", _("Reports and times"), reverse("department_audit:process")),
        ("readers", _("Readers and machine"), reverse("department_audit:readers")),
        ("cases", _("Cases"), reverse("department_audit:cases")),
    ]
    # These have no filter of their own.
    others = [
        ("peer-learning", _("Peer learning"), reverse("department_audit:peer_learning")),
        ("monitoring", _("Monitoring"), reverse("department_audit:monitoring")),
        ("thresholds", _("Thresholds"), reverse("department_audit:thresholds")),
    ]
    return [
        *(Link(name, _with(address, query), key == current) for key, name, address in found),
        *(Link(name, address, key == current) for key, name, address in others),
    ]


def finding_choices(current: str, query: str) -> tuple[Link, ...]:
    return tuple(
        Link(
            value_word("finding", finding.value).label,
            _with(reverse("department_audit:finding", args=[finding.value]), query),
            finding.value == current,
        )
        for finding in MachineFinding
    )


def dimension_choices(current: Dimension, query: str) -> tuple[Link, ...]:
    return tuple(
        Link(str(name), _with(reverse("department_audit:groups", args=[dimension.value]), query), dimension is current)
        for dimension, name in DIMENSIONS.items()
        if dimension is not Dimension.FINDING
    )


def notices_of(reports: int) -> tuple[str, ...]:
    """What a reader of these figures must know before reading one."""
    found: list[str] = []
    if reports == 0:
        found.append(
            _(
                "No signed report matches. Figures appear within a minute after a report is signed. "
                "To look at invented ones, in a database of their own: make demo-audit."
            )
        )
    elif reports < FEW_REPORTS:
        found.append(_("Only %(n)s reports: intervals are wide, and many figures are not estimable.") % {"n": reports})
    return tuple(found)


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
