"""Fields → prose, in English and Chinese, from the same values. Pure; nothing the machine alone said is printed."""

from __future__ import annotations

from reporting.reports.rendering.findings import sections
from reporting.reports.rendering.impression import impression
from reporting.reports.rendering.sentences import Language, Rendering, Section, Sentence, Voice
from reporting.reports.sheet import Sheet

__all__ = ["Language", "Rendering", "Section", "Sentence", "render"]


def render(sheet: Sheet, language: Language) -> Rendering:
    """The whole report in one language. Only values in a human state are read."""
    voice = Voice(language)
    return Rendering(language, sections(sheet, voice), impression(sheet, voice))
