"""Fields → prose, in English and Chinese, from the same values. Pure; nothing the machine alone said is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reporting.reports.rendering.findings import sections
from reporting.reports.rendering.impression import impression
from reporting.reports.rendering.sentences import IMPRESSION, Language, Rendering, Section, Sentence, Voice
from reporting.reports.sheet import Sheet

__all__ = [
    "IMPRESSION",
    "Language",
    "Paragraphs",
    "Rendering",
    "Section",
    "Sentence",
    "Voice",
    "render",
    "with_paragraphs",
]

Paragraphs = Mapping[tuple[str, str], str]
"""Hand-edited paragraphs by section (a block, or ``IMPRESSION``) and language."""


def render(sheet: Sheet, language: Language) -> Rendering:
    """The whole report in one language. Only values in a human state are read."""
    voice = Voice(language)
    return Rendering(language, sections(sheet, voice), impression(sheet, voice))


def with_paragraphs(rendering: Rendering, paragraphs: Paragraphs) -> Rendering:
    """The rendering with what a person wrote instead; the generated sentences stay beside it."""
    language = rendering.language.value
    told = tuple(replace(part, manual=paragraphs.get((part.block.value, language), "")) for part in rendering.sections)
    return replace(rendering, sections=told, impression_manual=paragraphs.get((IMPRESSION, language), ""))
