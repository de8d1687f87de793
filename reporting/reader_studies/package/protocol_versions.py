"""What a protocol was locked with, and what was amended since, in the active language."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.utils.translation import gettext as _

from reporting.reader_studies.models import Protocol, ReaderStudy
from reporting.reader_studies.package.document import Fact, Section, Table


def frozen(content: dict[str, Any]) -> Section:
    """Algorithm and report template that the lock holds."""
    facts: list[Fact] = []
    if algorithm := content["algorithm"]:
        facts += [
            (_("Algorithm"), f"{algorithm['name']} {algorithm['version']}"),
            (_("Weights, SHA-256"), algorithm["weights_sha256"]),
        ]
    else:
        facts.append((_("Algorithm"), _("none")))
    facts += [
        (_("Report template, version"), str(content["template"]["version"])),
        (_("Report template, SHA-256"), content["template"]["digest"]),
    ]
    return Section(_("Versions in use"), tuple(facts))


def versions(study: ReaderStudy, protocols: list[Protocol]) -> Section:
    """When what was locked and amended, why, and the digest of each version."""
    assert study.locked_at is not None
    facts: list[Fact] = [(_("Locked"), _moment(study.locked_at)), (_("SHA-256 of the lock"), protocols[0].digest)]
    if study.closed_at:
        facts.append((_("Reading closed"), _moment(study.closed_at)))
    rows = []
    for before, after in zip([None, *protocols], protocols, strict=False):
        rows.append((str(after.number), _moment(after.created_at), _changed(before, after), after.digest))
    head = (_("Version"), _("Made"), _("What changed, and why"), "SHA-256")
    table = Table(head, tuple(rows), (0, 0, 1, 0))
    return Section(_("Lock and amendments"), tuple(facts), tables=(table,))


def _changed(before: Protocol | None, after: Protocol) -> str:
    if before is None:
        return _("locked")
    old, new = json.loads(before.content), json.loads(after.content)
    names = {
        "washout_days": _("washout, days"),
        "stopping_rule": _("stopping rule"),
        "stopping_limits": _("limits of the reading"),
        "withdrawn": _("withdrawn readers"),
        "retracted": _("retracted cases"),
    }
    said = [
        f"{names.get(key, key)}: {_word(old.get(key))} → {_word(new[key])}"
        for key in sorted(new)
        if key != "amends" and new[key] != old.get(key)
    ]
    return "; ".join([*said, after.reason])


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name} {limit}" for name, limit in sorted(value.items())) or "–"
    return "–" if value in (None, "", {}) else str(value)


def _moment(at: dt.datetime) -> str:
    """In UTC: a package does not depend on where it is made."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
