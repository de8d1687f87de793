"""What must be answered because somebody may have to be called."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reporting.reports.consistency.problems import Checks, Problem, Severity
from reporting.reports.critical import criticals, urgency_is_unknown
from reporting.reports.fingerprints import fingerprint


def _category_changed(c: Checks) -> Iterator[Problem]:
    """Somebody may already have been told otherwise: asked anew, and the earlier answer stays."""
    before = c.sheet.facts.earlier_category
    now = min((critical.trigger.category for critical in criticals(c.sheet, c.rules)), default=0)
    if before is None or before == now:
        return
    words = {"before": before or _("none"), "now": now or _("none")}
    message = _("Critical category %(before)s in the last version, %(now)s now: is this critical?") % words
    fired = tuple(place for critical in criticals(c.sheet, c.rules) for place in critical.places)
    asked_of = fingerprint(c.sheet, f"critical.category_changed.{before}.{now}", fired)
    yield Problem("critical.category_changed", Severity.ASK, message, tuple(dict.fromkeys(fired)), asked_of)


def critical(c: Checks) -> Iterator[Problem]:
    for critical in criticals(c.sheet, c.rules):
        if critical.trigger.category == 1:
            code = f"critical.{critical.trigger.code}"
            message = _("Critical finding: please answer yes or no")
            yield Problem(code, Severity.ASK, message, critical.places, critical.fingerprint)
    yield from _category_changed(c)
    places = urgency_is_unknown(c.sheet)
    if places and not any(critical.trigger.code == "compression_urgent" for critical in criticals(c.sheet, c.rules)):
        message = _("The cord is compressed and onset or symptoms are not given: is this critical, category 1?")
        yield c.ask("critical.urgency_unknown", message, *dict.fromkeys(places))
