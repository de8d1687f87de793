"""PDF by typst. The report travels as data, never as markup, and only our own font is used."""

from __future__ import annotations

import json
from pathlib import Path

import typst
from django.conf import settings

from reporting.core.errors import DomainError
from reporting.reports.exports.document import Document

_LAYOUT = Path(__file__).with_name("report.typ")


class FontsMissing(DomainError):
    """The report font is not installed (npm ci in the project root); a page without Chinese would be no report."""

    code = "fonts_missing"
    http_status = 503


def pdf_of(document: Document) -> bytes:
    """A tagged PDF/A-2a. Raises :class:`FontsMissing`."""
    fonts = Path(settings.FONTS_DIR)
    if not any(fonts.glob("NotoSansHans-*.otf")):
        raise FontsMissing(f"no report font in {fonts.name}: run npm ci")
    content: bytes = typst.compile(
        _LAYOUT,
        format="pdf",
        font_paths=[fonts],
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document.as_data(), ensure_ascii=False)},
        pdf_standards=["a-2a"],
    )
    return content
