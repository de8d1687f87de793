"""What differs between two contents of a report, field by field: what a senior changed, as a junior wants to see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporting.reports.models import Report, VersionKind
from reporting.reports.services.reading import Preview

_SAID = ("human_confirmed", "human_changed", "not_evaluable")


@dataclass(frozen=True)
class FieldChange:
    """One place: what a person said in each content; ``None`` is nothing, ``not_evaluable`` stands for itself."""

    key: str
    before: Any
    after: Any


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """In the order of the keys; what only the machine said is not compared."""
    old, new = _said(before), _said(after)
    keys = sorted(old.keys() | new.keys())
    return [FieldChange(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]


def _said(content: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for entry in content.get("findings", ()):
        if entry["state"] in _SAID:
            found[entry["key"]] = "not_evaluable" if entry["state"] == "not_evaluable" else entry["value"]
    return found


def changed_since_handed_over(report: Report, shown: Preview) -> tuple[str, list[FieldChange]]:
    """Who handed the report over last, and what differs from that in the report as it is (or as it was signed).

    The author before anybody else: a senior who changes a report and approves it again changed what the author wrote.
    """
    handed = report.versions.filter(kind=VersionKind.PRELIMINARY).order_by("-number").select_related("created_by")
    version = handed.filter(created_by=report.author_id).first() or handed.first()
    if version is None:
        return "", []
    return version.created_by.full_name, changed_fields(json.loads(version.content), shown.content)
