"""PDF by typst. The report travels as data, never as markup, and only our own font is used."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from reporting.core.errors import DomainError
from reporting.reports.exports.document import Document

_LAYOUT = Path(__file__).with_name("report.typ")
FAMILY = "Noto Sans S Chinese"


class FontsMissing(DomainError):
    """The report font is not installed (npm ci in the project root); a page without Chinese would be no report."""

    code = "fonts_missing"
    http_status = 503


def report_fonts() -> typst.Fonts:
    """The report font and what a site put beside it to fill gaps; none of the system. Raises :class:`FontsMissing`."""
    folder = Path(settings.FONTS_DIR)
    if not any(folder.glob("NotoSansHans-*.otf")):
        raise FontsMissing(_("The report font is not installed, so no PDF can be made. Tell the administrator."))
    return _fonts_in(folder)


@functools.lru_cache(maxsize=2)
def _fonts_in(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


def pdf_of(document: Document) -> bytes:
    """A tagged PDF/A-2a. Raises :class:`FontsMissing`.

    A patient's name may hold a character that no font here has. It must not keep a report from being printed, so then
    the file is a plain tagged PDF, which shows a box and still holds the character.
    """
    return printed(_LAYOUT, document.as_data())


def printed(layout: Path, data: Mapping[str, Any]) -> bytes:
    """``data`` set by a layout of typst, with ``font`` beside it, as :func:`pdf_of` does."""
    fonts = report_fonts()
    said = json.dumps({**data, "font": FAMILY}, ensure_ascii=False)
    try:
        return _compiled(layout, fonts, said, archival=True)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(layout, fonts, said, archival=False)


def _compiled(layout: Path, fonts: typst.Fonts, data: str, *, archival: bool) -> bytes:
    content: bytes = typst.compile(
        layout,
        format="pdf",
        font_paths=fonts,
        sys_inputs={"document": data},
        pdf_standards=["a-2a"] if archival else None,
    )
    return content
