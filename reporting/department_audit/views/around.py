"""What stands around every page of the audit: tabs, filter, and how fresh the facts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.department_audit.figures import Freshness, freshness, offered
from reporting.department_audit.filter_bar import FilterBar
from reporting.department_audit.filters import Filter
from reporting.department_audit.page import tabs
from reporting.department_audit.words import AgeBand, Protocol, ReaderGroup, Truth
from reporting.vocabulary import DiscLevel, MachineFinding, Side, Vertebra

_ALWAYS = {
    "finding": [each.value for each in MachineFinding],
    "level": [*(each.value for each in Vertebra), *(each.value for each in DiscLevel)],
    "side": [Side.LEFT.value, Side.RIGHT.value],
    "age_band": AgeBand.values,
    "protocol": Protocol.values,
    "reader_group": ReaderGroup.values,
    "truth": Truth.values,
}


def around(
    kind: str, chosen: Filter, fixed: Sequence[str] = (), extra: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """``kind``: the tab. ``fixed``: filters that the page decides; ``extra``: what else stands in its address."""
    bar = FilterBar(chosen, offered() | _ALWAYS, as_of(freshness()), fixed, extra or {})
    kept = {name: value for name, value in chosen.query().items() if name not in (*fixed, "outcome")}
    return {"nav": "audit", "tabs": tabs(kind, urlencode(kept)), "filters": bar}


def as_of(known: Freshness) -> str:
    """How far the facts go: the newest signature that is counted, and how many reports wait."""
    if known.newest is None:
        return _("No facts yet.")
    newest = f"{timezone.localtime(known.newest):%Y-%m-%d %H:%M}"
    text = _("Facts up to the report signed %(newest)s.") % {"newest": newest}
    if known.waiting:
        text += " " + _("%(n)s reports wait to be counted.") % {"n": known.waiting}
    return text
