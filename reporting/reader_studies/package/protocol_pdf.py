"""The protocol as a PDF, set as the printed report is: the same font, tagged, the same bytes each time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.package.protocol_sections import sections
from reporting.reports.exports.pdf import printed

_LAYOUT = Path(__file__).with_name("protocol.typ")


def protocol_pdf(study: ReaderStudy) -> bytes:
    """In the active language. Raises :class:`reporting.reports.exports.pdf.FontsMissing`."""
    protocols = list(study.protocols.order_by("number"))
    newest = protocols[-1]
    made = newest.created_at.astimezone(dt.UTC)
    version = _("Protocol, version %(number)s of %(day)s") % {"number": newest.number, "day": f"{made:%Y-%m-%d}"}
    data = {
        "language": "zh" if (get_language() or "").startswith("zh") else "en",
        "kind": _("Reader study"),
        "title": study.title,
        "version": version,
        "footer": f"SHA-256 {newest.digest}",
        "page": _("Page {page} of {pages}"),
        "made_at": {name: getattr(made, name) for name in ("year", "month", "day", "hour", "minute", "second")},
        "sections": [section.as_data() for section in sections(study, protocols)],
    }
    return printed(_LAYOUT, data)
