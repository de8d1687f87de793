"""What rendering returns: sentences that know which fields they were made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reporting.reports.places import Place
from reporting.reports.template.spec import Block


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
    block: Block
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Rendering:
    """A whole report in one language."""

    language: Language
    sections: tuple[Section, ...]
    impression: tuple[Sentence, ...]

    @property
    def findings_text(self) -> str:
        """Every sentence of the findings, one section a line."""
        gap = " " if self.language is Language.EN else ""
        return "\n".join(gap.join(s.text for s in section.sentences) for section in self.sections if section.sentences)

    @property
    def impression_text(self) -> str:
        """The numbered impression, one item a line."""
        return "\n".join(f"{number}. {s.text}" for number, s in enumerate(self.impression, 1))

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
        return self.say(f" ({value:g} mm)", f"({value:g} mm)")
