"""Hand-edited paragraphs against the fields and against each other, as questions before signing (template.md T7, T9).

Each is settled by accepting it; a changed word or a changed field asks again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reporting.reports.consistency import Problem, Severity
from reporting.reports.house_rules import HouseRules
from reporting.reports.labels import in_chinese
from reporting.reports.places import Place
from reporting.reports.prose import Mismatch, compare, parity
from reporting.reports.rendering import IMPRESSION, Language, Rendering
from reporting.reports.sheet import Sheet
from reporting.reports.template import TITLES, Block
from reporting.reports.wording import concept_text

SECTIONS = (*(block.value for block in Block), IMPRESSION)


@dataclass(frozen=True)
class Basis:
    """What the fields said when a paragraph was edited."""

    generated: str


def section_label(section: str) -> str:
    """ "Disc levels" / "椎间盘节段", or the impression."""
    if section == IMPRESSION:
        return _("Impression")
    return TITLES[Block(section)][1 if in_chinese() else 0]


def prose_problems(
    sheet: Sheet, renderings: Mapping[Language, Rendering], bases: Mapping[tuple[str, str], Basis]
) -> list[Problem]:
    """Every question about hand-edited paragraphs, in the order of the report."""
    found: list[Problem] = []
    for section in SECTIONS:
        edited = [language for language in Language if renderings[language].manual(section)]
        own = [p for language in edited for p in _of_one(sheet, renderings[language], section, bases)]
        found += own
        if len(edited) == len(Language) and not own:  # one alone was compared with the fields, as the other is
            found += _between(renderings, section, sheet.rules)
    return found


def _of_one(
    sheet: Sheet, rendering: Rendering, section: str, bases: Mapping[tuple[str, str], Basis]
) -> Iterator[Problem]:
    text, generated = rendering.manual(section), rendering.generated(section)
    language = rendering.language
    for mismatch in compare(text, generated, sheet):
        yield _problem(f"text_{mismatch.kind}", _message(mismatch, section), section, language, text, mismatch)
    basis = bases.get((section, language.value))
    if basis is not None and basis.generated != generated:
        message = _("%(section)s: the fields have changed since this paragraph was edited") % {
            "section": section_label(section)
        }
        yield _problem("text_outdated", message, section, language, text + generated, None)


def _between(renderings: Mapping[Language, Rendering], section: str, rules: HouseRules) -> Iterator[Problem]:
    english, chinese = (renderings[each].manual(section) for each in (Language.EN, Language.ZH))
    different = parity(english, chinese, rules)
    if different:
        message = _("%(section)s: English and Chinese do not say the same: %(what)s") % {
            "section": section_label(section),
            "what": "; ".join(dict.fromkeys(_named(m) for m in different)),
        }
        yield _problem("text_language", message, section, Language.EN, english + chinese, different[0])


def _named(mismatch: Mismatch) -> str:
    return " ".join(part for part in (mismatch.level, concept_text(mismatch.concept)) if part)


def _message(mismatch: Mismatch, section: str) -> str:
    words = {
        "section": section_label(section),
        "what": _named(mismatch),
        "level": mismatch.level,
        "mm": mismatch.side,
    }
    texts = {
        "side": _("%(section)s: the paragraph names another side than the fields: %(what)s"),
        "level": _("%(section)s: the paragraph names another level than the fields: %(what)s"),
        "negation": _("%(section)s: the paragraph and the fields contradict each other: %(what)s"),
        "unsupported": _("%(section)s: no field says what the paragraph says: %(what)s"),
        "number": _("%(section)s: no field holds %(mm)s mm"),
        "missing": _("%(section)s: the paragraph leaves out: %(what)s"),
    }
    return texts[mismatch.kind] % words


def _problem(
    code: str, message: str, section: str, language: Language, text: str, mismatch: Mismatch | None
) -> Problem:
    places: tuple[Place, ...] = mismatch.places[:8] if mismatch is not None else ()
    about = [code, section, language.value, text, str(mismatch)]
    fingerprint = hashlib.sha256(json.dumps(about, ensure_ascii=True).encode()).hexdigest()
    return Problem(code, Severity.ASK, message, places, fingerprint, section, language.value)
