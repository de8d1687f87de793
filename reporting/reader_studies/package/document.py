"""What a document of the package says, as plain words: sections of facts, paragraphs and tables."""

from __future__ import annotations

from dataclasses import dataclass

Fact = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """``widths``: shares of the line, 0 for as wide as its words. ``numeric``: columns that end at the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    title: str = ""
    numeric: tuple[int, ...] = ()

    def as_data(self) -> dict[str, object]:
        is_numeric = [column in self.numeric for column in range(len(self.head))]
        return {
            "title": self.title,
            "head": self.head,
            "rows": self.rows,
            "widths": self.widths,
            "numeric": is_numeric,
        }


@dataclass(frozen=True)
class Section:
    title: str
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    def as_data(self) -> dict[str, object]:
        return {
            "title": self.title,
            "facts": self.facts,
            "paragraphs": self.paragraphs,
            "tables": [table.as_data() for table in self.tables],
        }
