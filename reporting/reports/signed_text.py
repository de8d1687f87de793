"""The words of a signed report, read back from what was signed: a later wording never changes them."""

from __future__ import annotations

import json
from typing import Any

from reporting.reports.models import Report, VersionKind
from reporting.reports.rendering import Language, Rendering, Section, Sentence
from reporting.reports.template import Block


def signed_renderings(report: Report) -> dict[Language, Rendering] | None:
    """Both languages of the final version; ``None`` while there is none."""
    version = report.versions.filter(kind=VersionKind.FINAL).first()
    if version is None:
        return None
    texts = json.loads(version.content)["text"]
    return {language: _rendering(language, texts[language.value]) for language in Language}


def _rendering(language: Language, text: dict[str, Any]) -> Rendering:
    sections = tuple(
        Section(Block(part["block"]), part["title"], _sentences(part["sentences"]), part.get("manual", ""))
        for part in text["findings"]
    )
    return Rendering(language, sections, _sentences(text["impression"]), text.get("impression_manual", ""))


def _sentences(told: list[dict[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(one["text"], tuple(one["sources"])) for one in told)
