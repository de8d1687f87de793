"""What rendering returns: sentences that know which fields they were made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reporting.reports.places import Place
from reporting.reports.template.spec import Block

IMPRESSION = "impression"


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


@dataclass(frozen=True)
class Sentence:
    """One sentence of the report; ``sources`` are the keys of the fields it says something about."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One block; ``manual`` is the paragraph that a person wrote instead of the sentences, or empty."""

    block: Block
    title: str
    sentences: tuple[Sentence, ...]
    manual: str = ""


@dataclass(frozen=True)
class Rendering:
    """A whole report in one language, with the paragraphs that a person wrote where somebody did."""

    language: Language
    sections: tuple[Section, ...]
    impression: tuple[Sentence, ...]
    impression_manual: str = ""

    @property
    def findings_text(self) -> str:
        """The findings as they print, one section a line."""
        told = (section.manual or self.generated(section.block.value) for section in self.sections)
        return "\n".join(paragraph for paragraph in told if paragraph)

    @property
    def impression_text(self) -> str:
        """The impression as it prints, one item a line."""
        return self.impression_manual or self.generated(IMPRESSION)

    def generated(self, section: str) -> str:
        """A paragraph as the fields say it: sentences of a block, or the numbered items of the impression."""
        if section == IMPRESSION:
            return "\n".join(f"{number}. {s.text}" for number, s in enumerate(self.impression, 1))
        gap = " " if self.language is Language.EN else ""
        return gap.join(s.text for part in self.sections if part.block.value == section for s in part.sentences)

    def manual(self, section: str) -> str:
        """The paragraph that a person wrote there, or an empty string."""
        if section == IMPRESSION:
            return self.impression_manual
        return next((part.manual for part in self.sections if part.block.value == section), "")

    def printed(self, section: str) -> str:
        return self.manual(section) or self.generated(section)

    @property
    def text(self) -> str:
        findings, impression = ("FINDINGS", "IMPRESSION") if self.language is Language.EN else ("所见", "诊断意见")
        return f"{findings}\n{self.findings_text}\n\n{impression}\n{self.impression_text}"


@dataclass(frozen=True)
class Voice:
    """Says things in one language. Every concept is worded once per language, side by side, from the same values."""

    language: Language

    def say(self, en: str, zh: str) -> str:
        return en if self.language is Language.EN else zh

    def sentence(self, en: str, zh: str, places: Iterable[Place]) -> Sentence:
        text = self.say(en, zh)
        return Sentence(text[:1].upper() + text[1:], tuple(dict.fromkeys(str(p) for p in places)))

    def side(self, side: str) -> str:
        words = {"left": ("left", "左侧"), "right": ("right", "右侧"), "both": ("bilateral", "双侧")}
        return self.say(*words[side])

    def all_of(self, items: list[str]) -> str:
        """ "a, b and c" in running text."""
        if len(items) < 2:
            return "".join(items)
        return self.say(f"{', '.join(items[:-1])} and {items[-1]}", f"{'、'.join(items[:-1])}及{items[-1]}")

    def mm(self, value: float | None) -> str:
        """A confirmed number in brackets, or nothing."""
        if value is None:
            return ""
        return self.say(f" ({value:g} mm)", f"（{value:g} mm）")
