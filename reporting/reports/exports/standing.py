"""A report as it stood with one of its versions: what every form of export begins with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reporting.core.errors import WrongState
from reporting.reports.models import ReportVersion, VersionKind
from reporting.reports.signing import version_fault


@dataclass(frozen=True)
class Standing:
    """``versions``: up to ``version``, in order. ``base``: the one whose findings stand; ``content``: what it holds."""

    version: ReportVersion
    versions: tuple[ReportVersion, ...]
    base: ReportVersion
    content: dict[str, Any]

    @property
    def addenda(self) -> tuple[tuple[ReportVersion, str], ...]:
        """Each addendum with its words, in order."""
        added = (one for one in self.versions if one.kind == VersionKind.ADDENDUM)
        return tuple((one, json.loads(one.content)["text"]) for one in added)

    def impression(self, language: str) -> list[str]:
        """The paragraph written by hand, or else the generated sentences; no addenda."""
        text = self.content["text"][language]
        by_hand: str = text.get("impression_manual", "")
        return [by_hand] if by_hand.strip() else [sentence["text"] for sentence in text["impression"]]


def require_verified(version: ReportVersion) -> None:
    """Raise :class:`WrongState` unless ``version`` and all before it are what was signed."""
    for each in version.report.versions.filter(number__lte=version.number).select_related("signature", "report"):
        if version_fault(each) is not None:
            raise WrongState(_("This report does not verify and is not handed out. Tell the administrator."))


def standing_of(version: ReportVersion) -> Standing:
    """The report as it stood with ``version``, each version with its signature."""
    until = version.report.versions.filter(number__lte=version.number).select_related("signature").order_by("number")
    versions = tuple(until)
    base = [one for one in versions if one.kind != VersionKind.ADDENDUM][-1]
    return Standing(version, versions, base, json.loads(base.content))
