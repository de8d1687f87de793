"""A template version as files for other programs: what there is, what kind it is, and how it is made. One table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reporting.reports.exports.mrrt import mrrt_html
from reporting.reports.rendering import Language
from reporting.reports.template import Template
from reporting.reports.template.elements import elements_csv, elements_json


@dataclass(frozen=True)
class TemplateFile:
    """``kind``: its media type."""

    kind: str
    of: Callable[[Template], str]


_HTML = "text/html; charset=utf-8"
TEMPLATE_FILES = {
    "elements.json": TemplateFile("application/json", elements_json),
    "elements.csv": TemplateFile("text/csv; charset=utf-8", elements_csv),
    "mrrt-en.html": TemplateFile(_HTML, lambda template: mrrt_html(template, Language.EN)),
    "mrrt-zh.html": TemplateFile(_HTML, lambda template: mrrt_html(template, Language.ZH)),
}
"""By the end of the file's name."""
